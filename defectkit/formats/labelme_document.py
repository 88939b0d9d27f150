"""Labelme documents as records: decoded once, field by field, from what a JSON file holds."""

from __future__ import annotations

import base64
import binascii
import io
from pathlib import Path
from typing import Any

import attrs
import numpy as np

from defectkit.errors import LabelReadError
from defectkit.files.names import readable
from defectkit.formats.fields import describe, frame
from defectkit.formats.region import Area, Joined, Mask, NoArea, Outline, Remark, label_area, mended_remark, note
from defectkit.formats.report import Problem
from defectkit.formats.shapes import ellipse, rectangle

_NO_AREA = ("point", "points", "line")
MOST_PIXELS = 2**28
"""Pixels that the mask of one shape may have."""
FARTHEST = 2**31


@attrs.define(eq=False)
class LabelmeShape:
    """A shape, or several that share a group and a label.

    Parameters
    ----------
    place : int
        Of the first of them in the file.
    name : str
    label : str
    area : Area
    remarks : list of Remark
    """

    place: int
    name: str
    label: str
    area: Area
    remarks: list[Remark]


@attrs.define(eq=False)
class LabelmeDocument:
    """A labelme file."""

    image_path: str
    shape: tuple[int, int] | None
    shapes: list[LabelmeShape]


def decode_labelme(file: Path, document: Any) -> LabelmeDocument:
    """Return the records of a labelme file.

    Raises
    ------
    LabelReadError
        If it is no labelme file.
    """
    if not isinstance(document, dict) or not isinstance(document.get("shapes"), list):
        raise LabelReadError(f"{file}: it is no labelme file: a JSON object with a list 'shapes' is needed")
    try:
        shape = frame(document.get("imageHeight"), document.get("imageWidth"))
    except LabelReadError as error:
        raise LabelReadError(f"{file}: {error}") from error
    groups: dict[tuple[str, str], list[LabelmeShape]] = {}
    for place, drawn in enumerate(document["shapes"]):
        if not isinstance(drawn, dict):
            refused = NoArea(Problem.MALFORMED, f"it is {describe(drawn)}, not an object")
            groups["", f"place {place}"] = [LabelmeShape(place, f"shape {place}", "", refused, [])]
            continue
        label = _text(drawn.get("label"))
        group = drawn.get("group_id")
        key = f"place {place}" if group is None else f"group {describe(group)}"
        remarks: list[Remark] = []
        area = _area(drawn, remarks)
        groups.setdefault((label, key), []).append(LabelmeShape(place, f"shape {place}", label, area, remarks))
    path = document.get("imagePath")
    return LabelmeDocument(
        image_path=path if isinstance(path, str) and path.strip() else "",
        shape=shape,
        shapes=[shape for (_, key), shapes in groups.items() for shape in _joined(key, shapes)],
    )


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return "" if value is None or isinstance(value, list | dict) else describe(value)


def _joined(group: str, shapes: list[LabelmeShape]) -> list[LabelmeShape]:
    """Return the shapes of a group as one; those that are refused stay by themselves."""
    areas = [s for s in shapes if isinstance(s.area, Outline | Mask)]
    if len(areas) < 2:
        return shapes
    first = areas[0]
    places = ", ".join(str(s.place) for s in areas)
    what = f"the shapes {places} share the {group} and the label {readable(first.label)!r}: read as one defect"
    parts = [s.area for s in areas if isinstance(s.area, Outline | Mask)]
    remarks = [remark for s in areas for remark in s.remarks]
    one = LabelmeShape(first.place, first.name, first.label, Joined(parts), [*remarks, note(Problem.PARTS, what)])
    return [one, *(s for s in shapes if not isinstance(s.area, Outline | Mask))]


def _area(drawn: dict[str, Any], remarks: list[Remark]) -> Area:
    kind = drawn.get("shape_type") or "polygon"
    if not isinstance(kind, str):
        return NoArea(Problem.MALFORMED, f"its shape is {describe(kind)}")
    if kind in _NO_AREA:
        return NoArea(Problem.NOT_AN_AREA, f"a {kind} has no area")
    try:
        points: Any = drawn.get("points")
        outline = Outline.of_points(points)
        count = len(outline.rows)
        if kind == "rectangle" and count == 2:
            top, bottom = sorted(outline.rows)
            left, right = sorted(outline.cols)
            return label_area(rectangle, top, left, bottom, right)
        if kind in ("polygon", "oriented_rectangle", "rectangle"):
            outline.is_exact = kind != "polygon"
            return outline
        if kind == "linestrip":
            if count < 3:
                return NoArea(Problem.NOT_AN_AREA, f"a line of {count} points encloses no area")
            remarks.append(mended_remark(Problem.OPEN, "a line strip: closed from its last point to its first"))
            return outline
        if kind == "circle":
            if count < 2:
                raise LabelReadError("it has no point on its border")
            radius = float(np.hypot(outline.rows[1] - outline.rows[0], outline.cols[1] - outline.cols[0]))
            return label_area(ellipse, outline.rows[0], outline.cols[0], radius, radius)
        if kind == "mask":
            return _mask(drawn.get("mask"), outline)
    except LabelReadError as error:
        return NoArea(Problem.MALFORMED, f"a {kind} that cannot be read: {error}")
    return NoArea(Problem.MALFORMED, f"its shape is {describe(kind)}, which is not known")


def _mask(text: Any, corners: Outline) -> Mask:
    import PIL.Image

    if not corners.rows or not all(abs(v) < FARTHEST for v in (*corners.rows, *corners.cols)):
        raise LabelReadError("its box is not given by numbers that an image could hold")
    if not isinstance(text, str):
        raise LabelReadError(f"its mask is {describe(text)}, not a picture as text")
    try:
        packed = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise LabelReadError("its mask is not in base64") from error
    try:
        with PIL.Image.open(io.BytesIO(packed), formats=("PNG", "TIFF", "BMP", "JPEG")) as picture:
            width, height = picture.size
            if width * height > MOST_PIXELS:
                raise LabelReadError(f"its mask says that it has {width} x {height} pixels")
            pixels = np.asarray(picture.convert("L")) > 0
    except LabelReadError:
        raise
    except Exception as error:  # Pillow lets through whatever struct, zlib and its decoders raise on damaged bytes
        raise LabelReadError("its mask is no picture that can be read") from error
    return Mask(pixels, top=round(min(corners.rows)), left=round(min(corners.cols)))
