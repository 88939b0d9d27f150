"""PrefixTable: pixel size and foil thickness by how the name of an image begins."""

from __future__ import annotations

import re

import attrs

from defectkit.datasets.entry import FORMAT
from defectkit.datasets.images_entry import CalibrationFacts
from defectkit.errors import CatalogueError
from defectkit.records import Calibration, Source, Specimen


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
    page: int | None = None
    note: str = ""
    specimen: Specimen | None = None

    def __attrs_post_init__(self) -> None:
        try:
            re.compile(self.match)
        except re.error as error:
            raise CatalogueError(f"match {self.match!r} is no regular expression: {error}") from error
        self.calibration()

    def calibration(self) -> Calibration:
        """Return the record."""
        return CalibrationFacts(
            pixel_size=self.pixel_size,
            pixel_size_source=self.pixel_size_source,
            foil_thickness=self.foil_thickness,
            foil_thickness_source=self.foil_thickness_source,
        ).calibration()


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
