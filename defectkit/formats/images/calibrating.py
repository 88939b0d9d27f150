"""Calibrating: one calibration out of what was given, what lies beside the image and what its tags say."""

from __future__ import annotations

import enum
import math
from collections.abc import Sequence

import attrs

from defectkit.advice import GIVE_PIXEL_SIZE
from defectkit.errors import (
    CalibrationConflictError,
    ImageReadError,
    ImplausibleSizeError,
    MissingCalibrationError,
    RecordError,
)
from defectkit.formats.images.calibration_table import CalibrationTable, Known
from defectkit.formats.images.tiff_tags import TOLERANCE
from defectkit.records import Calibration, Image, Source
from defectkit.records.calibration import doubts_of_thickness
from defectkit.units import LENGTH, QuantityLike, as_quantity


class OnConflict(enum.StrEnum):
    """What happens when sources state pixel sizes that are more than 1 % apart, and with a given size to doubt."""

    RAISE = "raise"
    USE_GIVEN = "use-given"


def calibrate(
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
        ``RAISE``, or ``USE_GIVEN``: the most trusted source counts, however large or small what is given may be, and
        the image gets a note.

    Returns
    -------
    Image
        What is given counts most, then the tables, then the tags of the file. Without any pixel size it has no
        calibration.

    Raises
    ------
    CalibrationConflictError
        If two of these pixel sizes differ by more than 1 % and ``on_conflict`` is ``RAISE``.
    ImplausibleSizeError
        If what is given makes a pixel, a frame or a foil that no electron micrograph has
        (:meth:`defectkit.records.Calibration.doubts`) and ``on_conflict`` is ``RAISE``.
    ImageReadError
        If only the tags of the file state a pixel size, and it is such a one.
    MissingCalibrationError
        If there is a foil thickness but no pixel size.
    RecordError
        If both ``calibration`` and one of the numbers are given, or a table cannot be understood or states such a
        size.
    UnitError
        If a given number has no unit or a wrong one.

    Examples
    --------
    >>> import numpy as np
    >>> image = calibrate(Image.from_array("one", np.zeros((64, 64))), pixel_size="0.25 nm")
    >>> image.calibration.pixel_size_nm
    (0.25, 0.25)
    """
    if calibration is not None and (pixel_size is not None or foil_thickness is not None):
        raise RecordError(f"image {image.name!r}: give either a calibration or a pixel size and thickness, not both")
    given = calibration if pixel_size is None else Calibration.square(pixel_size)
    listed_as = image.name if image.path is None or image.frame is None else image.path.stem
    known = [table.of(listed_as) for table in tables]
    confirmed = OnConflict(on_conflict) is OnConflict.USE_GIVEN
    notes = [*image.notes, *_doubted(image, given, foil_thickness, confirmed)]
    for entry in known:
        _check_entry(image, entry)
    stated = [("the given pixel size", given), *((k.origin, k.calibration) for k in known)]
    sizes = [(origin, size) for origin, size in stated if size is not None]
    if image.calibration is not None:
        tags = f"the tags of {image.path or image.name}"
        doubts = image.calibration.doubts(image.shape)
        if doubts and not sizes:
            raise ImageReadError(
                f"{image.path or image.name}: its tags make {' and '.join(doubts)}; "
                "give the right pixel size (--pixel-size), or mend the file"
            )
        if doubts:
            notes.append(f"what its tags say is left out: they make {' and '.join(doubts)}")
        else:
            sizes.append((tags, image.calibration))
    for origin, size in sizes[1:]:
        if not _agree(sizes[0][1], size):
            conflict = f"{_sizes(sizes[0][1])} by {sizes[0][0]}, but {_sizes(size)} by {origin}"
            if not confirmed:
                raise CalibrationConflictError(
                    f"image {image.name!r}: {conflict}. Find out which is right; to use the first, confirm it "
                    "(--confirm-pixel-size)"
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
    if not sizes:
        if foil_thickness is not None:
            raise MissingCalibrationError(
                f"image {image.name!r}: a foil thickness alone calibrates nothing; give its pixel size too, "
                f"for instance {GIVE_PIXEL_SIZE}",
                GIVE_PIXEL_SIZE,
            )
        return attrs.evolve(image, notes=tuple(notes))
    result = sizes[0][1]
    if thicknesses:
        result = attrs.evolve(result, foil_thickness=thickness, foil_thickness_source=source)
    return attrs.evolve(image, calibration=result, notes=tuple(notes))


def _doubted(
    image: Image, given: Calibration | None, foil_thickness: QuantityLike | None, confirmed: bool
) -> tuple[str, ...]:
    """Return notes on what is given and implausible."""
    doubts = () if given is None else given.doubts(image.shape)
    doubts = tuple(dict.fromkeys([*doubts, *doubts_of_thickness(foil_thickness)]))
    if doubts and not confirmed:
        raise ImplausibleSizeError(
            f"image {image.name!r}: the given sizes make {' and '.join(doubts)}. "
            "Look for a slip in the unit; if they are right, confirm them (--confirm-pixel-size)"
        )
    return tuple(f"a given size was confirmed: {doubt}" for doubt in doubts)


def _check_entry(image: Image, entry: Known) -> None:
    size = () if entry.calibration is None else entry.calibration.doubts(image.shape)
    doubts = (*size, *doubts_of_thickness(entry.foil_thickness))
    if doubts:
        raise RecordError(f"{entry.origin}: for the image {image.name!r} it makes {' and '.join(doubts)}; mend it")


def _agree(a: Calibration, b: Calibration) -> bool:
    return all(math.isclose(x, y, rel_tol=TOLERANCE) for x, y in zip(a.pixel_size_nm, b.pixel_size_nm, strict=True))


def _sizes(calibration: Calibration) -> str:
    along_y, along_x = calibration.pixel_size_nm
    return f"{along_x:.6g} nm/px" if along_y == along_x else f"{along_x:.6g} x {along_y:.6g} nm/px"
