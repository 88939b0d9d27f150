"""Calibrating: one calibration out of what was given, what lies beside the image and what its tags say."""

from __future__ import annotations

import enum
import math
from collections.abc import Sequence

import attrs

from defectkit.errors import CalibrationConflictError, MissingCalibrationError, RecordError
from defectkit.formats.images.calibration_table import CalibrationTable
from defectkit.formats.images.tiff_tags import TOLERANCE
from defectkit.records import Calibration, Image, Source
from defectkit.units import LENGTH, QuantityLike, as_quantity


class OnConflict(enum.StrEnum):
    """What happens when two sources state pixel sizes that are more than 1 % apart."""

    RAISE = "raise"
    USE_GIVEN = "use-given"


def calibrated(
    image: Image,
    *,
    pixel_size: QuantityLike | None = None,
    foil_thickness: QuantityLike | None = None,
    calibration: Calibration | None = None,
    tables: Sequence[CalibrationTable] = (),
    on_conflict: OnConflict | str = OnConflict.RAISE,
) -> Image:
    """Return an image with the calibration that counts, and notes on what does not.

    Parameters
    ----------
    image : Image
        As its format read it: with the calibration of its own tags, or none.
    pixel_size : str or pint.Quantity, optional
        What the caller says; length / pixel, or a length.
    foil_thickness : str or pint.Quantity, optional
    calibration : Calibration, optional
        Instead of ``pixel_size`` and ``foil_thickness``.
    tables : sequence of CalibrationTable
        What comes next, the most trusted first.
    on_conflict : OnConflict
        ``RAISE``, or ``USE_GIVEN``: the most trusted source counts, and the image gets a note.

    Returns
    -------
    Image
        What is given counts most, then the tables, then the tags of the file. Without any pixel size it has no
        calibration.

    Raises
    ------
    CalibrationConflictError
        If two of these pixel sizes differ by more than 1 % and ``on_conflict`` is ``RAISE``.
    MissingCalibrationError
        If there is a foil thickness but no pixel size.
    RecordError
        If both ``calibration`` and one of the numbers are given, or a table cannot be understood.
    UnitError
        If a given number has no unit or a wrong one.

    Examples
    --------
    >>> import numpy as np
    >>> image = calibrated(Image.from_array("one", np.zeros((2, 2))), pixel_size="0.25 nm")
    >>> image.calibration.pixel_size_nm
    (0.25, 0.25)
    """
    if calibration is not None and (pixel_size is not None or foil_thickness is not None):
        raise RecordError(f"image {image.name!r}: give either a calibration or a pixel size and thickness, not both")
    given = calibration if pixel_size is None else Calibration.square(pixel_size)
    known = [table.of(image.name) for table in tables]
    sizes = [("the given pixel size", given), *((k.origin, k.calibration) for k in known)]
    sizes.append((f"the tags of {image.path or image.name}", image.calibration))
    stated = [(origin, size) for origin, size in sizes if size is not None]

    notes = list(image.notes)
    for origin, size in stated[1:]:
        if not _agree(stated[0][1], size):
            conflict = f"{_sizes(stated[0][1])} by {stated[0][0]}, but {_sizes(size)} by {origin}"
            if OnConflict(on_conflict) is OnConflict.RAISE:
                raise CalibrationConflictError(
                    f"image {image.name!r}: {conflict}. Find out which is right; to use the first, confirm it: "
                    "on_conflict='use-given'"
                )
            notes.append(f"pixel sizes disagree: {conflict}; the first is used")

    thicknesses: list[tuple[QuantityLike, Source | None, str]] = []
    if foil_thickness is not None:
        thicknesses.append((foil_thickness, Source.GIVEN, "the given thickness"))
    if calibration is not None and calibration.foil_thickness is not None:
        thicknesses.append((calibration.foil_thickness, calibration.foil_thickness_source, "the given calibration"))
    thicknesses += [
        (k.foil_thickness, k.foil_thickness_source, k.origin) for k in known if k.foil_thickness is not None
    ]
    if thicknesses:
        thickness, source, origin = thicknesses[0]
        used = as_quantity(thickness, LENGTH, what="foil thickness")
        notes += [
            f"foil thicknesses disagree: {thickness!s} by {origin}, {other!s} by {other_origin}; the first is used"
            for other, _, other_origin in thicknesses[1:]
            if not math.isclose(used.m, as_quantity(other, LENGTH, what="foil thickness").m, rel_tol=TOLERANCE)
        ]
    if not stated:
        if foil_thickness is not None:
            raise MissingCalibrationError(
                f"image {image.name!r}: a foil thickness alone calibrates nothing; give its pixel size too, "
                'for instance pixel_size="0.25 nm" (--pixel-size "0.25 nm")'
            )
        return attrs.evolve(image, notes=tuple(notes))
    result = stated[0][1]
    if thicknesses:
        result = attrs.evolve(result, foil_thickness=thickness, foil_thickness_source=source)
    return attrs.evolve(image, calibration=result, notes=tuple(notes))


def _agree(a: Calibration, b: Calibration) -> bool:
    return all(math.isclose(x, y, rel_tol=TOLERANCE) for x, y in zip(a.pixel_size_nm, b.pixel_size_nm, strict=True))


def _sizes(calibration: Calibration) -> str:
    along_y, along_x = calibration.pixel_size_nm
    return f"{along_x:.6g} nm/px" if along_y == along_x else f"{along_x:.6g} x {along_y:.6g} nm/px"
