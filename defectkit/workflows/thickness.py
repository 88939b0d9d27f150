"""Thickness: the foils of images, one for all or each its own."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TypeAlias

import attrs
import numpy as np

from defectkit.errors import DecodingError, DefectkitError, PairingError, RecordError
from defectkit.files.cells import unquoted_cell
from defectkit.files.decoding import read_text
from defectkit.files.names import readable
from defectkit.records.calibration import Source, doubts_of_thickness
from defectkit.records.foil_thickness import FoilThickness
from defectkit.records.image import Image
from defectkit.records.inputs import Images, images_by_name
from defectkit.units import LENGTH, MeasuredLike, shorten, ureg
from defectkit.workflows.analysis import Analysis
from defectkit.workflows.cautions import some_names

ThicknessLike: TypeAlias = "MeasuredLike | Path | Mapping[str, MeasuredLike]"
"""One thickness for all images, one of each by its name, or a CSV file with one of each."""

COLUMNS = ("image", "thickness", "uncertainty", "unit")
SUFFIX = ".csv"


@attrs.frozen(kw_only=True)
class Foils:
    """The thickness of the foil of each image.

    Parameters
    ----------
    of_image : mapping of str to FoilThickness
    is_one : bool
        Whether all images show one foil, so that its error is one for all.
    """

    of_image: Mapping[str, FoilThickness]
    is_one: bool

    @classmethod
    def of(cls, value: ThicknessLike, images: Images) -> Foils:
        """Return the foils of images.

        Parameters
        ----------
        value : str, pint.Quantity, pint.Measurement, pathlib.Path or mapping
            One thickness for all images as :meth:`~defectkit.records.foil_thickness.FoilThickness.of` takes it; or by
            image; or the path of a CSV file (a text that ends in ``.csv`` is one) with the columns ``image`` and
            ``thickness``, and ``uncertainty`` and ``unit`` where numbers do not carry them themselves.
        images : iterable or mapping of Image

        Raises
        ------
        PairingError
            If there is no thickness of an image; names them.
        RecordError
            If the file cannot be understood; names the line.
        UnitError
            If a thickness is no length.
        """
        names = list(images_by_name(images))
        if isinstance(value, Path) or (isinstance(value, str) and value.lower().endswith(SUFFIX)):
            return cls(of_image=_of_names(read_thicknesses(Path(value)), names, str(value)), is_one=False)
        if isinstance(value, Mapping):
            stated = {str(name): FoilThickness.of(each) for name, each in value.items()}
            return cls(of_image=_of_names(stated, names, "the thicknesses"), is_one=False)
        return cls(of_image=dict.fromkeys(names, FoilThickness.of(value)), is_one=True)

    def on(self, image: Image) -> Image:
        """Return an image whose calibration has the thickness of its foil."""
        thickness = ureg.Quantity(self.of_image[image.name].nm, LENGTH)
        calibration = attrs.evolve(
            image.required_calibration(), foil_thickness=thickness, foil_thickness_source=Source.GIVEN
        )
        return attrs.evolve(image, calibration=calibration)

    def settings(self) -> dict[str, str] | str:
        """Return them as text, ready for JSON: one, or one of each image."""
        texts = {name: str(each) for name, each in self.of_image.items()}
        return next(iter(texts.values()), "") if self.is_one else texts


def with_thickness(analysis: Analysis, thickness: ThicknessLike | None) -> Analysis:
    """Return an analysis of the same defects in foils of other thicknesses; its tables by image are left as they are.

    Raises
    ------
    PairingError, RecordError, UnitError
        As :meth:`Foils.of`.
    """
    if thickness is None:
        return analysis
    foils = Foils.of(thickness, analysis.images)
    column = analysis.summary["foil_thickness"]
    values = np.array([foils.of_image[str(name)].nm for name in analysis.summary["image"].values], np.float64)
    return attrs.evolve(
        analysis,
        images=tuple(map(foils.on, analysis.images)),
        summary=analysis.summary.assign(foil_thickness=("image", values, column.attrs)),
        settings={**analysis.settings, "foil_thickness": foils.settings()},
    )


def read_thicknesses(path: Path) -> dict[str, FoilThickness]:
    """Return the thickness of each image that a CSV file names.

    Raises
    ------
    RecordError
        If it cannot be read or understood; names the line.
    """
    where = readable(str(path))
    try:
        reader = csv.DictReader(read_text(path).splitlines(), skipinitialspace=True)
        header = [unquoted_cell((name or "").strip()) for name in reader.fieldnames or ()]
        strange = [name for name in header if name not in COLUMNS]
        if strange or not {"image", "thickness"} <= set(header) or len(set(header)) < len(header):
            raise RecordError(
                f"{where}: its columns are {', '.join(map(shorten, header)) or 'none'}; there have to be image and "
                "thickness, and there may be uncertainty and unit"
            )
        return dict(_rows(reader, header, where))
    except (DecodingError, csv.Error) as error:
        raise RecordError(f"{where}: {error}") from error


def _rows(reader: csv.DictReader[str], header: list[str], where: str) -> Iterator[tuple[str, FoilThickness]]:
    seen: set[str] = set()
    reader.fieldnames = header
    for row in reader:
        line = f"{where}, line {reader.line_num}"
        if None in row or None in row.values():
            raise RecordError(f"{line}: it has not {len(header)} cells like the first line")
        cells = {name: unquoted_cell(value.strip()) for name, value in row.items()}
        if not any(cells.values()):
            continue
        name, unit, error = cells["image"], cells.get("unit", ""), cells.get("uncertainty", "")
        if not name or name in seen:
            raise RecordError(f"{line}: {f'the image {name!r} is there twice' if name else 'it names no image'}")
        seen.add(name)
        try:
            thickness = _thickness(cells["thickness"], error, unit)
        except DefectkitError as fault:
            raise RecordError(f"{line}, of the image {name!r}: {fault}") from fault
        doubts = doubts_of_thickness(ureg.Quantity(thickness.nm, LENGTH))
        if doubts:
            raise RecordError(f"{line}, of the image {name!r}: it makes {doubts[0]}; look for a slip in the unit")
        yield name, thickness


def _thickness(value: str, error: str, unit: str) -> FoilThickness:
    thickness = FoilThickness.of(f"{value} {unit}" if unit else value)
    if not error:
        return thickness
    if thickness.uncertainty_nm or thickness.half_range_nm:
        raise RecordError("its uncertainty is given twice")
    return attrs.evolve(thickness, uncertainty_nm=FoilThickness.of(f"{error} {unit}" if unit else error).nm)


def _of_names(stated: Mapping[str, FoilThickness], names: list[str], where: str) -> dict[str, FoilThickness]:
    found = {name: stated.get(name, stated.get(name.rpartition("/")[2])) for name in names}
    without = [name for name, each in found.items() if each is None]
    if without:
        raise PairingError(f"{where}: there is no foil thickness of {some_names(map(repr, without))}")
    return {name: each for name, each in found.items() if each is not None}
