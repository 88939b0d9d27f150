"""Label Studio's documents as records: decoded once, field by field, from what a JSON file holds."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import attrs
import numpy as np

from defectkit.errors import LabelReadError
from defectkit.files.names import readable
from defectkit.formats.fields import describe, frame, number, number_or_nan
from defectkit.formats.label_studio_brush import unpacked
from defectkit.formats.names import list_names
from defectkit.formats.region import Area, NoArea, Outline, Region, RunMask, label_area
from defectkit.formats.region_format import LARGEST_FRACTION, on_grid
from defectkit.formats.report import Problem
from defectkit.formats.shapes import ellipse, rectangle, turned
from defectkit.geometry.masks import masks_to_runs

_UPLOADED = re.compile(r"^[0-9a-f]+-")
"""What Label Studio puts before the name of a file that is uploaded."""

SHAPES = ("polygon", "ellipse", "rectangle", "brush", "keypoint")


@attrs.define(eq=False)
class LabelStudioTask:
    """An image that somebody labelled.

    Parameters
    ----------
    file_name : str
        The last part of its address.
    shape : (int, int), optional
        Height and width, where a region states them.
    regions : list of Region
    """

    file_name: str
    shape: tuple[int, int] | None
    regions: list[Region]


def decode_label_studio(path: Path, document: Any, annotator: str | None) -> tuple[list[LabelStudioTask], int]:
    """Return the labelled images of an export, and how many more nobody has labelled.

    Parameters
    ----------
    path : pathlib.Path
    document : object
    annotator : str, optional
        Whose annotations are taken.

    Raises
    ------
    LabelReadError
        If this is no export in Label Studio's own form, or an image has annotations of several people and no annotator
        is chosen.
    """
    given = check_tasks(path, document)
    tasks = []
    for place, task in enumerate(given):
        name = _file_name(task["data"])
        if not name:
            raise LabelReadError(f"{path}: task {place} has no image among its data")
        annotation = _annotation(path, name, task["annotations"], annotator)
        if annotation is not None:
            tasks.append(_task(path, name, annotation))
    return tasks, len(given) - len(tasks)


def check_tasks(path: Path, document: Any) -> list[dict[str, Any]]:
    """Return a document that is a list of Label Studio's tasks.

    Raises
    ------
    LabelReadError
        If it is none.
    """
    if (
        isinstance(document, list)
        and document
        and all(
            isinstance(task, dict) and isinstance(task.get("data"), dict) and isinstance(task.get("annotations"), list)
            for task in document
        )
    ):
        return document
    raise LabelReadError(
        f"{path}: it is no export of Label Studio: a list of tasks with 'data' and 'annotations' is needed; "
        "export the project as 'JSON', not as 'JSON-MIN'"
    )


def _file_name(data: dict[str, Any]) -> str:
    texts = {key: value for key, value in data.items() if isinstance(value, str) and value.strip()}
    address = texts.get("image") or next(iter(texts.values()), "")
    try:
        parts = urlsplit(address)
        local = parse_qs(parts.query).get("d", [""])[0] if parts.path.endswith("local-files/") else ""
    except ValueError:
        return address
    name = unquote(local or parts.path).replace("\\", "/").rsplit("/", 1)[-1]
    return _UPLOADED.sub("", name) if parts.path.startswith("/data/upload/") else name


def _annotation(path: Path, name: str, given: list[Any], annotator: str | None) -> dict[str, Any] | None:
    done = [each for each in given if isinstance(each, dict) and not each.get("was_cancelled")]
    people = [_person(each.get("completed_by")) for each in done]
    if annotator is not None:
        done = [each for each, person in zip(done, people, strict=True) if person == annotator]
    elif len(done) > 1:
        raise LabelReadError(
            f"{path}: the image {readable(name)!r} has {len(done)} annotations, "
            f"by {list_names(dict.fromkeys(people))}; say whose are meant by the format option annotator={people[0]}"
        )
    return done[-1] if done else None


def _person(value: Any) -> str:
    if isinstance(value, dict):
        value = value.get("email") or value.get("id")
    return readable(str(value))


def _task(path: Path, name: str, annotation: dict[str, Any]) -> LabelStudioTask:
    result = annotation.get("result")
    if not isinstance(result, list):
        raise LabelReadError(f"{path}: the image {readable(name)!r} has an annotation without a list 'result'")
    sizes: dict[tuple[int, int], None] = {}
    regions = []
    for place, drawn in enumerate(result):
        kind = drawn.get("type") if isinstance(drawn, dict) else None
        if not isinstance(kind, str) or kind.removesuffix("labels") not in SHAPES:
            if kind not in ("choices", "textarea", "rating", "relation", "number"):
                refused = NoArea(Problem.MALFORMED, f"its type is {describe(kind)}, which is no shape that is read")
                regions.append(Region(area=refused, name=f"result {place}"))
            continue
        regions.append(_region(place, drawn, kind.removesuffix("labels"), sizes))
    if len(sizes) > 1:
        raise LabelReadError(f"{path}: the regions of {readable(name)!r} state images of {len(sizes)} sizes")
    return LabelStudioTask(file_name=name, shape=next(iter(sizes), None), regions=regions)


def _region(place: int, drawn: dict[str, Any], kind: str, sizes: dict[tuple[int, int], None]) -> Region:
    given = drawn.get("value")
    value = given if isinstance(given, dict) else {}
    labels = value.get(f"{kind}labels", value.get("labels"))
    names = [text for text in labels if isinstance(text, str)] if isinstance(labels, list) else []
    try:
        shape = frame(drawn.get("original_height"), drawn.get("original_width"))
        if shape is None:
            raise LabelReadError("the size of its image is not stated")
        sizes[shape] = None
        if number_or_nan(drawn.get("image_rotation", 0)) != 0:
            raise LabelReadError("its image was turned in Label Studio; turn it back there")
        area = _area(kind, value, shape)
    except LabelReadError as error:
        area = NoArea(Problem.MALFORMED, f"the {kind} cannot be read: {error}")
    if len(names) > 1:
        area = NoArea(Problem.MALFORMED, f"it has {len(names)} labels: {list_names(map(readable, names))}")
    score = number_or_nan(drawn.get("score"))
    return Region(area=area, type=tuple(names[:1]) or ("",), score=score, name=f"{kind} {place}")


def _area(kind: str, value: dict[str, Any], shape: tuple[int, int]) -> Area:
    height, width = shape
    if kind == "keypoint":
        return NoArea(Problem.NOT_AN_AREA, "a point has no area")
    if kind == "brush":
        packed = value.get("rle")
        return RunMask(make=partial(_runs, packed, shape), shape=shape)
    if kind == "polygon":
        outline = Outline.of_points(value.get("points", "nothing"))
        return Outline(rows=_scaled(outline.rows, height), cols=_scaled(outline.cols, width))
    sides = {"x": width, "y": height, "width": width, "height": height, "radiusX": width, "radiusY": height}
    wanted = ("x", "y", "radiusX", "radiusY") if kind == "ellipse" else ("x", "y", "width", "height")
    x, y, across, down = (_scaled([number(value.get(key), f"its {key!r}")], sides[key])[0] for key in wanted)
    rotation = number(value.get("rotation", 0), "its 'rotation'")
    if kind == "ellipse":
        return label_area(ellipse, y, x, across, down, math.radians(rotation))
    return label_area(_turned_rectangle, y, x, down, across, rotation)


def _scaled(percents: Sequence[float], side: int) -> list[float]:
    fractions = np.asarray(percents, np.float64) / 100
    if np.abs(fractions[np.isfinite(fractions)]).max(initial=0) > LARGEST_FRACTION:
        raise LabelReadError("its coordinates are pixels, but Label Studio's are percentages of width and height")
    scaled: list[float] = on_grid(fractions * side).tolist()
    return scaled


def _turned_rectangle(top: float, left: float, height: float, width: float, degrees: float) -> Any:
    return turned(rectangle(top, left, top + height, left + width), degrees, about=(top, left))


def _runs(packed: Any, shape: tuple[int, int]) -> Any:
    return masks_to_runs([unpacked(packed, shape)])
