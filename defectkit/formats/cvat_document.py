"""CVAT documents as records: decoded once, attribute by attribute, from what an XML file holds."""

from __future__ import annotations

import math
from pathlib import Path
from xml.etree.ElementTree import Element

import attrs
import numpy as np

from defectkit.errors import LabelReadError
from defectkit.files.names import readable
from defectkit.formats.fields import describe, frame, number
from defectkit.formats.region import Area, Joined, Mask, NoArea, Outline, Remark, label_area, mended_remark, note
from defectkit.formats.report import Problem
from defectkit.formats.shapes import ellipse, rectangle, turned

SHAPES = ("box", "ellipse", "mask", "polygon", "polyline")
NO_AREA = {
    "cuboid": "a cuboid has no area in the image",
    "points": "points have no area",
    "skeleton": "a skeleton has no area",
}
MOST_PIXELS = 2**28
"""Pixels that the mask of one shape may have."""


@attrs.define(eq=False)
class CvatShape:
    """A shape, or several that share a group and a label."""

    name: str
    label: str
    area: Area
    remarks: list[Remark]


@attrs.define(eq=False)
class CvatImage:
    """An image and its shapes."""

    file_name: str
    shape: tuple[int, int] | None
    shapes: list[CvatShape]


def decode_cvat(path: Path, root: Element) -> tuple[list[CvatImage], list[str]]:
    """Return the images of a CVAT file, and the labels that it declares.

    Raises
    ------
    LabelReadError
        If this is no file of CVAT, or one of a video.
    """
    if root.tag != "annotations" or root.find("version") is None:
        raise LabelReadError(f"{path}: it is no CVAT file: an element 'annotations' with a 'version' is needed")
    if root.find("track") is not None:
        raise LabelReadError(f"{path}: it holds tracks of a video; export the task as 'CVAT for images 1.1'")
    images = [_image(path, element) for element in root.iterfind("image")]
    labels = [(element.text or "").strip() for element in root.iterfind("./meta//labels/label/name")]
    return images, [readable(label) for label in labels if label]


def _image(path: Path, element: Element) -> CvatImage:
    name = element.get("name", "")
    if not name.strip():
        raise LabelReadError(f"{path}: an image has no name")
    try:
        shape = frame(_whole(element.get("height")), _whole(element.get("width")))
    except LabelReadError as error:
        raise LabelReadError(f"{path}: image {readable(name)!r}: {error}") from error
    groups: dict[tuple[str, str], list[CvatShape]] = {}
    drawn = [shape for shape in element if shape.tag in (*SHAPES, *NO_AREA)]
    for place, given in enumerate(drawn):
        label, group = given.get("label", ""), given.get("group_id", "0")
        key = f"group {group}" if group not in ("", "0") else f"place {place}"
        remarks: list[Remark] = []
        read = CvatShape(f"{given.tag} {place}", label, _area(given, remarks), remarks)
        groups.setdefault((label, key), []).append(read)
    shapes = [shape for (_, key), shapes in groups.items() for shape in _joined(key, shapes)]
    return CvatImage(file_name=name, shape=shape, shapes=shapes)


def _whole(value: str | None) -> int | None:
    return int(value) if value is not None and value.isascii() and value.isdecimal() and len(value) < 12 else None


def _joined(group: str, shapes: list[CvatShape]) -> list[CvatShape]:
    """Return the shapes of a group as one; those that are refused stay by themselves."""
    parts = [s.area for s in shapes if isinstance(s.area, Outline | Mask)]
    if len(parts) < 2:
        return shapes
    first = next(s for s in shapes if isinstance(s.area, Outline | Mask))
    what = f"{len(parts)} shapes share the {readable(group[:40])} and the label {readable(first.label)!r}: one defect"
    remarks = [remark for s in shapes if isinstance(s.area, Outline | Mask) for remark in s.remarks]
    one = CvatShape(first.name, first.label, Joined(parts), [*remarks, note(Problem.PARTS, what)])
    return [one, *(s for s in shapes if not isinstance(s.area, Outline | Mask))]


def _area(shape: Element, remarks: list[Remark]) -> Area:
    kind = shape.tag
    if kind in NO_AREA:
        return NoArea(Problem.NOT_AN_AREA, NO_AREA[kind])
    try:
        if kind == "mask":
            return _mask(shape)
        if kind == "box":
            left, top, right, bottom = (_number(shape, key) for key in ("xtl", "ytl", "xbr", "ybr"))
            return label_area(turned, rectangle(top, left, bottom, right), _rotation(shape))
        if kind == "ellipse":
            x, y, rx, ry = (_number(shape, key) for key in ("cx", "cy", "rx", "ry"))
            return label_area(ellipse, y, x, rx, ry, math.radians(_rotation(shape)))
        outline = _points(shape.get("points", ""))
    except LabelReadError as error:
        return NoArea(Problem.MALFORMED, f"the {kind} cannot be read: {error}")
    if kind == "polyline":
        if len(outline.rows) < 3:
            return NoArea(Problem.NOT_AN_AREA, f"a line of {len(outline.rows)} points encloses no area")
        remarks.append(mended_remark(Problem.OPEN, "a line: closed from its last point to its first"))
    return outline


def _points(text: str) -> Outline:
    pairs = [pair.split(",") for pair in text.split(";") if pair.strip()]
    try:
        return Outline.of_points([(float(x), float(y)) for x, y in pairs])
    except ValueError as error:
        raise LabelReadError("its points are not pairs of numbers") from error


def _number(shape: Element, key: str) -> float:
    text = shape.get(key)
    try:
        return number(None if text is None else float(text), f"its {key!r}")
    except ValueError as error:
        raise LabelReadError(f"its {key!r} is {describe(text)}, but a number is needed") from error


def _rotation(shape: Element) -> float:
    return _number(shape, "rotation") if shape.get("rotation") else 0.0


def _mask(shape: Element) -> Mask:
    left, top, width, height = (_whole(shape.get(key)) for key in ("left", "top", "width", "height"))
    if left is None or top is None or not width or not height:
        raise LabelReadError("its box is not given by whole numbers")
    if width * height > MOST_PIXELS:
        raise LabelReadError(f"its mask says that it has {width} x {height} pixels")
    counts = [_whole(count.strip()) for count in shape.get("rle", "").split(",")]
    lengths = [count for count in counts if count is not None]
    if len(lengths) < len(counts) or sum(lengths) != width * height:
        raise LabelReadError(f"its run lengths are not those of {width} x {height} pixels")
    values = np.arange(len(lengths)) % 2 == 1
    return Mask(np.repeat(values, lengths).reshape(height, width), top=top, left=left)
