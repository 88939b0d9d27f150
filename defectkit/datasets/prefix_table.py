"""PrefixTable: pixel size and foil thickness by how the name of an image begins."""

from __future__ import annotations

import math
import re

import attrs

from defectkit.datasets.entry import FORMAT
from defectkit.datasets.images_entry import CalibrationFacts
from defectkit.errors import CatalogueError
from defectkit.records import Calibration, Source, Specimen
from defectkit.short_repr import short_repr
from defectkit.units import LENGTH, as_quantity

TOLERANCE = 0.01
"""Pixel sizes that differ by no more than this fraction agree."""


@attrs.frozen(kw_only=True)
class Prefix:
    """One line of a prefix table.

    Parameters
    ----------
    match : str
        A regular expression that the image name has to begin with.
    name : str
        As it was printed.
    pixel_size, pixel_size_source, foil_thickness, foil_thickness_source
        As of :class:`~defectkit.datasets.images_entry.CalibrationFacts`.
    field_width : str, optional
        How wide the frames of the series are, a length. The size of a pixel then follows from the width of the image in
        pixels, in place of ``pixel_size``, which is as printed.
    page : int, optional
        Of the publication.
    note : str
    specimen : Specimen, optional
    """

    match: str
    name: str
    pixel_size: str
    pixel_size_source: Source
    foil_thickness: str | None = None
    foil_thickness_source: Source | None = None
    field_width: str | None = None
    page: int | None = None
    note: str = ""
    specimen: Specimen | None = None

    def __attrs_post_init__(self) -> None:
        try:
            re.compile(self.match)
        except re.error as error:
            raise CatalogueError(f"match {self.match!r} is no regular expression: {error}") from error
        self.calibration()
        if self.field_width is not None:
            as_quantity(self.field_width, LENGTH, what="field_width")

    def calibration(self, width: int | None = None) -> Calibration:
        """Return the record of an image that is ``width`` pixels wide; as printed without a width."""
        size = self.pixel_size
        if self.field_width is not None and width is not None:
            field_nm = float(as_quantity(self.field_width, LENGTH, what="field_width").magnitude)
            size = f"{field_nm / width!r} nm/px"
        return CalibrationFacts(
            pixel_size=size,
            pixel_size_source=self.pixel_size_source,
            foil_thickness=self.foil_thickness,
            foil_thickness_source=self.foil_thickness_source,
        ).calibration()

    def conflict(self, width: int) -> str | None:
        """Return how the printed pixel size contradicts a frame of ``width`` pixels by over 1 %, or None.

        Examples
        --------
        >>> line = Prefix(
        ...     match="BF", name="BF", pixel_size="0.28 nm", pixel_size_source="prefix table", field_width="290 nm"
        ... )
        >>> line.conflict(2048)
        "the table gives 'BF' pixels of 0.28 nm, but its frames are 290 nm wide: 0.141602 nm/px at 2048 px are used"
        """
        printed, used = self.calibration().pixel_size_nm[1], self.calibration(width).pixel_size_nm[1]
        if math.isclose(printed, used, rel_tol=TOLERANCE):
            return None
        return (
            f"the table gives {self.name!r} pixels of {printed:g} nm, but its frames are {self.field_width} wide: "
            f"{used:.6g} nm/px at {width} px are used"
        )


@attrs.frozen(kw_only=True)
class PrefixTable:
    """A table of calibrations: a file ``calibrations/<name>.toml`` of the registry.

    Parameters
    ----------
    format : int
    title : str
    doi : str, optional
    prefix : tuple of Prefix
    """

    format: int
    title: str
    doi: str | None = None
    prefix: tuple[Prefix, ...] = ()

    __repr__ = short_repr

    def __attrs_post_init__(self) -> None:
        if self.format != FORMAT:
            raise CatalogueError(f"format {self.format} is not known; this defectkit reads format {FORMAT}. Upgrade it")

    def find(self, image: str) -> Prefix | None:
        """Return the line whose expression matches the most of the beginning of ``image``, or None.

        Raises
        ------
        CatalogueError
            If two lines match equally much.
        """
        lengths = {p: len(m[0]) for p in self.prefix if (m := re.match(p.match, image)) is not None}
        longest = [p for p, length in lengths.items() if length == max(lengths.values())]
        if len(longest) > 1:
            raise CatalogueError(f"{self.title}: {image!r} begins as {' and as '.join(p.name for p in longest)}")
        return longest[0] if longest else None
