"""The format ``via``: native JSON of the VGG Image Annotator, versions 1 and 2."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import attrs

from defectkit.errors import LabelReadError
from defectkit.formats.interface import LabelFormat, LabelReading, RepairReport
from defectkit.formats.reader import LabelReader, read_json
from defectkit.formats.regions import RegionColumns
from defectkit.formats.report import Problem
from defectkit.formats.shapes import ellipse, rectangle
from defectkit.formats.type_names import as_category_table
from defectkit.formats.via_writing import via_project
from defectkit.formats.writing import written_json
from defectkit.records import Image, LabelSet, Taxonomy

Table = Mapping[str, Any]


@attrs.frozen(kw_only=True)
class ViaFormat(LabelFormat):
    """Project files and annotation files of VIA 1 and 2; never VIA's own COCO export, which is known to be wrong.

    Parameters
    ----------
    attribute : str, optional
        The region attribute that holds the type; found by itself where the file uses only one.
    types : mapping of str to str, or text
        From values of that attribute to defect types, see :func:`~defectkit.formats.type_names.as_category_table`.

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
    types: Mapping[str, str] = attrs.field(factory=dict, converter=as_category_table)

    def read(self, path: Path, images: Mapping[str, Image], taxonomy: Taxonomy) -> LabelReading:
        """Read a project or annotation file; see :meth:`LabelFormat.read`.

        Raises
        ------
        LabelReadError
            If this is no VIA 1 or 2 file, or if it has several region attributes and none is chosen.
        """
        reader = LabelReader(path, images, taxonomy, self.types)
        entries, options = _entries(path, read_json(path))
        attribute = self._attribute(path, entries)
        shown = options.get(attribute, {}) if attribute else {}
        for entry in entries:
            regions = _regions(entry)
            columns = reader.open_by_file_name(entry["filename"], regions=len(regions))
            if columns is None:
                continue
            for number, (label, region) in enumerate(regions):
                names = _type_names(region, attribute, shown)
                if isinstance(names, str):
                    columns.refuse(label, Problem.MALFORMED, names)
                    continue
                kind = reader.types.of(*names, image=columns.image, region=label)
                _add(columns, region.get("shape_attributes"), defect_id=number, defect_type=kind, region=label)
        return reader.finish()

    def _attribute(self, path: Path, entries: list[dict[str, Any]]) -> str | None:
        used = {key: None for entry in entries for _, region in _regions(entry) for key in _attributes(region)}
        if self.attribute is not None:
            if used and self.attribute not in used:
                raise LabelReadError(
                    f"{path}: no region has the attribute {self.attribute!r}; they have: {', '.join(map(repr, used))}"
                )
            return self.attribute
        if len(used) > 1:
            raise LabelReadError(
                f"{path}: the regions have the attributes {', '.join(map(repr, used))}; "
                f"say which one is the type: attribute={next(iter(used))!r}"
            )
        return next(iter(used), None)

    def write(self, labels: LabelSet, path: Path, images: Mapping[str, Image]) -> RepairReport:
        """Write a VIA 2 project; see :meth:`LabelFormat.write`. Scores are not held."""
        document, report = via_project(labels, path, images, attribute=self.attribute or "defect_type")
        written_json(path, document)
        return report

    @classmethod
    def recognizes(cls, path: Path) -> bool:
        """Return whether ``path`` is a JSON file with VIA's image entries."""
        if path.suffix.lower() != ".json" or not path.is_file():
            return False
        try:
            _entries(path, read_json(path))
        except LabelReadError:
            return False
        return True


def _entries(path: Path, document: Any) -> tuple[list[dict[str, Any]], dict[str, dict[str, str]]]:
    """Return the image entries, and for each region attribute what its values are shown as."""
    if not isinstance(document, dict):
        raise LabelReadError(f"{path}: VIA files hold a JSON object, not a {type(document).__name__}")
    if {"project", "config", "metadata"} <= document.keys():
        raise LabelReadError(f"{path}: a project of VIA 3; export its annotations as COCO JSON and read them as 'coco'")
    table = document.get("_via_img_metadata", document)
    entries = list(table.values()) if isinstance(table, dict) else []
    if not isinstance(table, dict) or not all(
        isinstance(e, dict) and isinstance(e.get("filename"), str) and isinstance(e.get("regions"), dict | list)
        for e in entries
    ):
        raise LabelReadError(
            f"{path}: it has no VIA image entries (each with 'filename' and 'regions'); "
            "give the native JSON: VIA's menu Project > Save, or Annotation > Export Annotations (as json)"
        )
    attributes = document.get("_via_attributes")
    declared = attributes.get("region") if isinstance(attributes, dict) else None
    options = {}
    for name, attribute in declared.items() if isinstance(declared, dict) else ():
        choices = attribute.get("options") if isinstance(attribute, dict) else None
        options[name] = {k: str(v) for k, v in choices.items() if v} if isinstance(choices, dict) else {}
    return entries, options


def _regions(entry: dict[str, Any]) -> list[tuple[str, Any]]:
    regions = entry["regions"]
    numbered = regions.items() if isinstance(regions, dict) else enumerate(regions)
    return [(f"region {key}", region if isinstance(region, dict) else {}) for key, region in numbered]


def _attributes(region: Table) -> Table:
    attributes = region.get("region_attributes")
    return attributes if isinstance(attributes, dict) else {}


def _type_names(region: Table, attribute: str | None, shown: Mapping[str, str]) -> tuple[str, ...] | str:
    """Return what the type of a region is called, or why that cannot be said."""
    value = _attributes(region).get(attribute, "") if attribute else ""
    if isinstance(value, dict):
        ticked = [str(key) for key, on in value.items() if on]
        if len(ticked) > 1:
            return f"it has {len(ticked)} types ticked: {', '.join(ticked)}"
        value = ticked[0] if ticked else ""
    value = "" if value is None else str(value)
    return (value, shown[value]) if shown.get(value) else (value,)


def _add(columns: RegionColumns, shape: Any, *, defect_id: int, defect_type: str, region: str) -> None:
    given = shape if isinstance(shape, dict) else {}
    kind = given.get("name")
    try:
        if kind in ("polygon", "polyline"):
            cols, rows = given["all_points_x"], given["all_points_y"]
            if kind == "polyline" and len(cols) < 3:
                columns.refuse(region, Problem.NOT_AN_AREA, f"a line of {len(cols)} points encloses no area")
                return
            if kind == "polyline":
                columns.mend(region, Problem.OPEN, "a line: closed from its last point to its first")
            columns.add_outline(rows, cols, defect_id=defect_id, defect_type=defect_type, region=region)
        elif kind == "rect":
            x, y, width, height = (float(given[key]) for key in ("x", "y", "width", "height"))
            columns.add_ring(
                rectangle(y, x, y + height, x + width), defect_id=defect_id, defect_type=defect_type, region=region
            )
        elif kind == "circle":
            x, y, radius = (float(given[key]) for key in ("cx", "cy", "r"))
            columns.add_ring(ellipse(y, x, radius, radius), defect_id=defect_id, defect_type=defect_type, region=region)
        elif kind == "ellipse":
            x, y, rx, ry = (float(given[key]) for key in ("cx", "cy", "rx", "ry"))
            ring = ellipse(y, x, rx, ry, float(given.get("theta", 0.0)))
            columns.add_ring(ring, defect_id=defect_id, defect_type=defect_type, region=region)
        elif kind == "point":
            columns.refuse(region, Problem.NOT_AN_AREA, "a point has no area")
        else:
            columns.refuse(region, Problem.MALFORMED, f"its shape is {kind!r}, which VIA does not draw")
    except LabelReadError as error:
        columns.refuse(region, Problem.ZERO_AREA, str(error))
    except (KeyError, TypeError, ValueError) as error:
        columns.refuse(region, Problem.MALFORMED, f"a {kind} that lacks a number ({error})")
