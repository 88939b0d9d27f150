"""RegionFormat: a label format that says what regions there are, and leaves the rest to be done for it."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.errors import LabelWriteError
from defectkit.formats.interface import LabelFormat, LabelReading, RepairReport
from defectkit.formats.reader import LabelReader
from defectkit.formats.region import Joined, LabelFile, LabelledImage, NoArea, Outline, Region
from defectkit.formats.regions import RegionColumns
from defectkit.formats.report import Problem, RepairKind
from defectkit.formats.traced import Vertex, traced_evidence
from defectkit.formats.type_names import UNTYPED, as_category_table
from defectkit.records import Image, LabelSet, Taxonomy

GRID = 2.0**20
"""Fractions are rounded to this part of a pixel: what was drawn on the pixel grid comes back on it."""

LARGEST_FRACTION = 2.0
"""A fraction of width or height above this is no fraction; a little above 1 is a region that leaves the frame."""


@attrs.frozen(kw_only=True)
class RegionFormat(LabelFormat):
    """A label format that gives the regions of its files; to be derived from.

    A subclass has ``name``, ``description``, ``suffixes`` and :meth:`contents`. Done for it are: finding the image of
    each entry and what is unpaired, types, ids, mending and filling outlines, refusing what is no area, cutting at the
    frame, repeated regions, stored areas and boxes, and the report on all of it.

    Parameters
    ----------
    types : mapping of str to str, or text
        From the categories of the file to defect types, see
        :func:`~defectkit.formats.type_names.as_category_table`.
    vertices : Vertex
        What the vertices of outlines are; see :class:`~defectkit.formats.traced.Vertex`.

    Examples
    --------
    A file with one line for each disc: image, type, x, y, radius.

    >>> from defectkit.formats import LabelFile, LabelledImage, Outline, Region
    >>> from defectkit.formats.shapes import ellipse
    >>> class Discs(RegionFormat):
    ...     name = "discs"
    ...     description = "One disc per line: image, type, x, y, radius."
    ...     suffixes = (".discs",)
    ...
    ...     def contents(self, path):
    ...         by_image = {}
    ...         for line in path.read_text().splitlines():
    ...             image, kind, x, y, radius = line.split(",")
    ...             area = Outline.of_ring(ellipse(float(y), float(x), float(radius), float(radius)))
    ...             by_image.setdefault(image, []).append(Region(area=area, type=kind))
    ...         return LabelFile(images=[LabelledImage(file_name=n, regions=r) for n, r in by_image.items()])
    """

    has_fractions: ClassVar[bool] = False
    """Whether coordinates are parts of the width and height of the image."""

    types: Mapping[str, str] = attrs.field(factory=dict, converter=as_category_table)
    vertices: Vertex = attrs.field(default=Vertex.GUESS, converter=Vertex)

    @abstractmethod
    def contents(self, path: Path) -> LabelFile:
        """Return what a label file, or a folder of them, holds.

        Parameters
        ----------
        path : pathlib.Path

        Returns
        -------
        LabelFile

        Raises
        ------
        LabelReadError
            If this is no file of this format. A single region that cannot be read is no such error: its area is
            :class:`~defectkit.formats.region.NoArea`.
        """

    def read(self, path: Path, images: Mapping[str, Image], taxonomy: Taxonomy) -> LabelReading:
        """Read labels; see :meth:`LabelFormat.read`."""
        reader = LabelReader(path, images, taxonomy, self.types)
        content = self.contents(path)
        for remark in content.remarks:
            reader.report.add(remark.kind, remark.problem, remark.what)
        declared: dict[tuple[str, ...], str] = {}
        for category in content.categories:
            names = category.names
            if category.is_used or reader.types.knows(*names):
                declared[names] = reader.types.of(*names) if names or "*" in self.types else UNTYPED
            else:
                what = f"no region has the category {names[0]!r}: it is left out"
                reader.report.add(RepairKind.NOTED, Problem.UNUSED_TYPE, what)
        for entry in content.images:
            columns = reader.open(entry)
            if columns is not None:
                self._gather(reader, columns, entry, declared)
        for region, why in content.orphans:
            reader.report.add(RepairKind.REFUSED, Problem.NO_IMAGE, why, region=region)
        return reader.finish(declared.values(), vertex=self._vertex(reader))

    def _gather(
        self,
        reader: LabelReader,
        columns: RegionColumns,
        entry: LabelledImage,
        declared: Mapping[tuple[str, ...], str],
    ) -> None:
        untyped = 0
        used: set[int] = set()
        for place, region in enumerate(entry.regions):
            name = region.name or f"region {place}"
            types = (*region.type, *(hint for hint in region.hints if reader.types.knows(hint)))
            if types and types in declared:
                kind = declared[types]
            elif types or "*" in self.types:
                kind = reader.types.of(*types, image=columns.image, region=name, file=columns.file)
            else:
                kind = UNTYPED
                untyped += 1
            number = place if region.id is None else region.id
            if number in used:
                number = max(used) + 1
                columns.mend(name, Problem.MALFORMED, f"another region has its id, {region.id}: its id is {number}")
            used.add(number)
            drawn = _in_pixels(region, columns.shape, self.name) if self.has_fractions else region
            columns.add(drawn, defect_id=number, defect_type=kind, name=name)
        if untyped:
            columns.note("", Problem.NO_TYPE, f"no type is named for {untyped} regions: read as {UNTYPED!r}")

    def _vertex(self, reader: LabelReader) -> Vertex:
        if self.vertices is not Vertex.GUESS:
            return self.vertices
        parts = [columns.traceable() for columns in reader.columns.values()]
        if not parts:
            return Vertex.CORNERS
        sizes = np.concatenate([part[1] for part in parts])
        evidence = traced_evidence(
            np.concatenate([part[0] for part in parts]),
            np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
            np.concatenate([part[2] for part in parts]),
        )
        if not evidence:
            return Vertex.CORNERS
        what = (
            f"its outlines are read as lines through the centres of border pixels, so that each area reaches half a "
            f"pixel further: {evidence}. The format option vertices=corners reads them as they stand"
        )
        reader.report.add(RepairKind.NOTED, Problem.VERTICES, what)
        return Vertex.CENTRES

    def write(self, labels: LabelSet, path: Path, images: Mapping[str, Image]) -> RepairReport:
        """Refuse to write: a format that can be written overrides this; see :meth:`LabelFormat.write`.

        Raises
        ------
        LabelWriteError
            Always.
        """
        raise LabelWriteError(f"the format {self.name!r} is only read; choose another one to write")


def _in_pixels(region: Region, shape: tuple[int, int], format_name: str) -> Region:
    """Return a region whose outlines are given in parts of width and height with outlines in pixels."""
    area = region.area
    outlines = area.parts if isinstance(area, Joined) else [area]
    scaled = []
    for outline in outlines:
        if not isinstance(outline, Outline):
            return region
        try:
            rows = np.asarray(outline.rows, dtype=np.float64)
            cols = np.asarray(outline.cols, dtype=np.float64)
        except (TypeError, ValueError, OverflowError):
            return attrs.evolve(region, area=NoArea(Problem.MALFORMED, "its coordinates are not numbers"))
        both = np.concatenate([rows, cols])
        if np.abs(both[np.isfinite(both)]).max(initial=0) > LARGEST_FRACTION:
            why = f"its coordinates are pixels, but {format_name} holds fractions of width and height"
            return attrs.evolve(region, area=NoArea(Problem.MALFORMED, why))
        pixels = Outline(on_grid(rows * shape[0]).tolist(), on_grid(cols * shape[1]).tolist(), outline.is_exact)
        scaled.append(pixels)
    return attrs.evolve(region, area=Joined(scaled) if isinstance(area, Joined) else scaled[0])


def on_grid(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return values rounded to the grid of :data:`GRID`."""
    rounded: NDArray[np.float64] = np.round(values * GRID) / GRID
    return rounded
