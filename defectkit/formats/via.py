"""The format ``via``: native JSON of the VGG Image Annotator, versions 1 and 2."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import ClassVar

import attrs

from defectkit.errors import LabelReadError
from defectkit.files.names import readable
from defectkit.formats.interface import RepairReport
from defectkit.formats.names import list_names
from defectkit.formats.reader import decodes, read_json
from defectkit.formats.region import LabelFile, LabelledImage, Lazy, Region
from defectkit.formats.region_format import RegionFormat
from defectkit.formats.via_document import ViaImage, decode_via
from defectkit.formats.via_writing import via_project
from defectkit.formats.writing import write_json
from defectkit.records import Image, LabelSet


@attrs.frozen(kw_only=True)
class ViaFormat(RegionFormat):
    """Project files and annotation files of VIA 1 and 2; never VIA's own COCO export, which is known to be wrong.

    Parameters
    ----------
    attribute : str, optional
        The region attribute that holds the type; found by itself where the file uses only one.
    types, vertices
        As for every :class:`~defectkit.formats.RegionFormat`; the categories are the values of that attribute.

    Notes
    -----
    Coordinates are taken as they are: VIA's (x, y) = (0, 0) is the upper left corner of the first pixel. Polygons,
    circles, ellipses (``theta`` in radians, from x towards y) and rectangles become polygons. A polyline of three
    points or more is closed, and reported as mended; points and shorter lines are no areas and are refused. An image
    entry without regions is an image without a defect. A region's number in the file is its id.

    Several values ticked for one region are refused. A mask of several parts, or with holes, is written as one polygon
    with bridges of no width, which every reader by the even-odd rule fills rightly.
    """

    name: ClassVar[str] = "via"
    description: ClassVar[str] = "VGG Image Annotator: native JSON of versions 1 and 2 (project or annotations)."
    suffixes: ClassVar[tuple[str, ...]] = (".json",)

    attribute: str | None = None

    def contents(self, path: Path) -> LabelFile:
        """Return what a project or annotation file holds; see :meth:`RegionFormat.contents`.

        Raises
        ------
        LabelReadError
            If this is no VIA 1 or 2 file, or if it has several region attributes and none is chosen.
        """
        entries, shown = decode_via(path, read_json(path))
        attribute = self._attribute(path, entries)
        named = shown.get(attribute, {}) if attribute else {}
        images = [
            LabelledImage(
                file_name=entry.file_name,
                regions=Lazy(partial(self._regions, entry, attribute, named)),
                n_regions=len(entry),
            )
            for entry in entries
        ]
        return LabelFile(images=images)

    def _regions(self, entry: ViaImage, attribute: str | None, shown: Mapping[str, str]) -> Iterator[Region]:
        for number, region in enumerate(entry.regions()):
            names = region.type_names(attribute, shown)
            yield Region(area=region.area, type=names, id=number, name=region.name, remarks=region.remarks)

    def _attribute(self, path: Path, entries: list[ViaImage]) -> str | None:
        used = {readable(key): None for entry in entries for key in entry.attribute_names()}
        if self.attribute is not None:
            if used and self.attribute not in used:
                raise LabelReadError(
                    f"{path}: no region has the attribute {self.attribute!r}; they have: {list_names(map(repr, used))}"
                )
            return self.attribute
        if len(used) > 1:
            raise LabelReadError(
                f"{path}: the regions have the attributes {list_names(map(repr, used))}; "
                f"say which one is the type by the format option attribute={next(iter(used))}"
            )
        return next(iter(used), None)

    def write(self, labels: LabelSet, path: Path, images: Mapping[str, Image]) -> RepairReport:
        """Write a VIA 2 project; see :meth:`LabelFormat.write`. Scores are not stored."""
        document, report = via_project(labels, path, images, attribute=self.attribute or "defect_type")
        write_json(path, document)
        return report

    @classmethod
    def recognizes(cls, path: Path) -> bool:
        """Return whether ``path`` is a JSON file with VIA's image entries."""
        return decodes(path, ".json", lambda file: decode_via(file, read_json(file)))
