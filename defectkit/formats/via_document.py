"""VIA documents as records: decoded once, field by field, from what a JSON file holds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs

from defectkit.errors import LabelReadError
from defectkit.files.names import readable
from defectkit.formats.fields import describe, number, number_or_nan
from defectkit.formats.region import Area, NoArea, Outline, Remark, label_area, mended_remark
from defectkit.formats.report import Problem
from defectkit.formats.shapes import ellipse, rectangle

Shown = dict[str, dict[str, str]]


@attrs.define(eq=False)
class ViaRegion:
    """A region: its attributes are text, or the texts that are ticked."""

    name: str
    area: Area
    remarks: Sequence[Remark]
    attributes: Mapping[str, str]

    def type_names(self, attribute: str | None, shown: Mapping[str, str]) -> tuple[str, ...]:
        """Return what its type is called by one attribute, the key first and then what is shown for it."""
        value = self.attributes.get(attribute, "") if attribute else ""
        return (value, shown[value]) if shown.get(value) else (value,)


@attrs.define(eq=False)
class ViaImage:
    """An image entry."""

    file_name: str
    _regions: list[Any] | dict[str, Any]

    def __len__(self) -> int:
        return len(self._regions)

    def regions(self) -> Iterator[ViaRegion]:
        """Give the regions, in the order of the file."""
        numbered = self._regions.items() if isinstance(self._regions, dict) else enumerate(self._regions)
        for key, region in numbered:
            yield _region(f"region {key}", region if isinstance(region, dict) else {})

    def attribute_names(self) -> Iterator[str]:
        """Give the names of the attributes of each region."""
        for region in self._regions.values() if isinstance(self._regions, dict) else self._regions:
            attributes = region.get("region_attributes") if isinstance(region, dict) else None
            if isinstance(attributes, dict):
                yield from attributes


def decode_via(path: Path, document: Any) -> tuple[list[ViaImage], Shown]:
    """Return the image entries, and for each region attribute what its values are shown as.

    Raises
    ------
    LabelReadError
        If this is no VIA 1 or 2 file.
    """
    if not isinstance(document, dict):
        raise LabelReadError(f"{path}: VIA files hold a JSON object, not {describe(document)}")
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
    images = [ViaImage(file_name=entry["filename"], regions=entry["regions"]) for entry in entries]
    return images, _shown(document.get("_via_attributes"))


def _shown(attributes: Any) -> Shown:
    declared = attributes.get("region") if isinstance(attributes, dict) else None
    shown = {}
    for name, attribute in declared.items() if isinstance(declared, dict) else ():
        choices = attribute.get("options") if isinstance(attribute, dict) else None
        given = choices.items() if isinstance(choices, dict) else ()
        shown[readable(name)] = {readable(k): _text(v) for k, v in given if v}
    return shown


def _region(name: str, region: dict[str, Any]) -> ViaRegion:
    given = region.get("region_attributes")
    attributes = {}
    ticked: list[str] = []
    for key, value in given.items() if isinstance(given, dict) else ():
        if isinstance(value, dict):
            on = [str(k) for k, is_on in value.items() if is_on]
            ticked = on if len(on) > 1 else ticked
            value = on[0] if on else ""
        attributes[readable(key)] = _text(value)
    remarks: list[Remark] = []
    shape = region.get("shape_attributes")
    area = _area(shape if isinstance(shape, dict) else {}, remarks)
    if ticked:
        area = NoArea(Problem.MALFORMED, f"it has {len(ticked)} types ticked: {', '.join(ticked)}")
    return ViaRegion(name=readable(name[:80]), area=area, remarks=remarks, attributes=attributes)


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return "" if value is None or isinstance(value, list | dict) else describe(value)


def _area(shape: dict[str, Any], remarks: list[Remark]) -> Area:
    kind = shape.get("name")
    try:
        if kind in ("polygon", "polyline"):
            cols, rows = shape.get("all_points_x"), shape.get("all_points_y")
            if not isinstance(cols, list) or not isinstance(rows, list):
                raise LabelReadError("it lacks its points")
            if kind == "polyline" and len(cols) < 3:
                return NoArea(Problem.NOT_AN_AREA, f"a line of {len(cols)} points encloses no area")
            if kind == "polyline":
                remarks.append(mended_remark(Problem.OPEN, "a line: closed from its last point to its first"))
            return Outline(rows=rows, cols=cols)
        if kind == "rect":
            x, y, width, height = (number(shape.get(key), f"its {key!r}") for key in ("x", "y", "width", "height"))
            return label_area(rectangle, y, x, y + height, x + width)
        if kind == "circle":
            x, y, radius = (number(shape.get(key), f"its {key!r}") for key in ("cx", "cy", "r"))
            return label_area(ellipse, y, x, radius, radius)
        if kind == "ellipse":
            x, y, rx, ry = (number(shape.get(key), f"its {key!r}") for key in ("cx", "cy", "rx", "ry"))
            return label_area(ellipse, y, x, rx, ry, number_or_nan(shape.get("theta", 0.0)))
    except LabelReadError as error:
        return NoArea(Problem.MALFORMED, f"a {kind} that cannot be read: {error}")
    if kind == "point":
        return NoArea(Problem.NOT_AN_AREA, "a point has no area")
    return NoArea(Problem.MALFORMED, f"its shape is {describe(kind)}, which VIA does not draw")
