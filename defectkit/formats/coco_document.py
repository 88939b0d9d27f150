"""COCO documents as records: decoded once, field by field, from what a JSON file holds."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs

from defectkit.errors import DefectkitError, LabelReadError
from defectkit.files.names import readable
from defectkit.formats.coco_rle import as_counts, counts_to_runs
from defectkit.formats.fields import LARGEST_ID, LARGEST_SIDE, describe, frame, identifier, number, number_or_nan
from defectkit.formats.reader import read_json
from defectkit.formats.region import Area, Joined, NoArea, Outline, Remark, RunMask, mended_remark, note
from defectkit.formats.report import Problem

Key = int | str
_COORDINATES_OF_BOX = 4


@attrs.define(eq=False)
class CocoImage:
    """An image of the table ``images``."""

    id: Key
    file_name: str
    shape: tuple[int, int] | None


@attrs.define(eq=False)
class CocoRow:
    """An annotation, or an entry of a results list, of which only the ids of its image and category are decoded."""

    place: int
    image_id: Key
    category_id: Key
    _row: dict[str, Any]

    @property
    def called(self) -> str:
        """What the report calls it."""
        own = self._row.get("id")
        found = identifier(own)
        name = readable(own[:80]) if isinstance(own, str) else "" if found is None else str(found)
        return f"annotation {name}" if name else f"annotations[{self.place}]"

    def annotation(self) -> CocoAnnotation:
        """Decode the rest."""
        return _annotation(self)


@attrs.define(eq=False)
class CocoAnnotation:
    """An annotation, or an entry of a results list.

    Parameters
    ----------
    place : int
        In the file.
    id : int, optional
        None where there is none, or one that is no number.
    called : str
        What the report calls it.
    category_id : int or str
    area : Area, optional
        None where the annotation has a box alone.
    box : tuple of float, optional
        Left, top, width, height.
    stored_area : float
    score : float
        NaN where there is none.
    is_crowd : bool
    remarks : list of Remark
    """

    place: int
    id: int | None
    called: str
    category_id: Key
    area: Area | None
    box: tuple[float, float, float, float] | None
    stored_area: float
    score: float
    is_crowd: bool
    remarks: list[Remark]


@attrs.define(eq=False)
class CocoDocument:
    """A COCO file: its three tables, and whether ids are text in one of them and numbers in another."""

    images: Sequence[CocoImage]
    rows: Sequence[CocoRow]
    categories: Mapping[Key, str]
    has_mixed_ids: bool


def is_results_list(document: Any) -> bool:
    """Return whether a JSON value is a COCO results list, as Detectron2, MMDetection and SAHI write one."""
    return (
        isinstance(document, list)
        and bool(document)
        and all(isinstance(row, dict) for row in document)
        and "image_id" in document[0]
    )


def holds_results_list(path: Path) -> bool:
    """Return whether a file is a results list, which names no images and no categories."""
    if path.suffix.lower() != ".json" or not path.is_file():
        return False
    try:
        return is_results_list(read_json(path))
    except LabelReadError:
        return False


def coco_tables(path: Path, document: Any) -> dict[str, list[dict[str, Any]]]:
    """Return the tables of a COCO file, its objects not yet looked into.

    Raises
    ------
    LabelReadError
        If it has not the tables of a COCO file.
    """
    names = ("images", "annotations", "categories")
    if not isinstance(document, dict) or not set(names) <= document.keys():
        raise LabelReadError(f"{path}: it is no COCO file: a JSON object with {', '.join(names)} is needed")
    for name in names:
        rows = document[name]
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise LabelReadError(f"{path}: {name!r} is not a list of objects")
    return {name: document[name] for name in names}


def decode_coco(path: Path, document: Any, *, truth: Path | None = None) -> CocoDocument:
    """Return the records of a COCO file, or of a results list with the images and categories of another file.

    Parameters
    ----------
    path : pathlib.Path
    document : JSON value
    truth : pathlib.Path, optional
        The COCO file whose ids of images and categories a results list uses.

    Raises
    ------
    LabelReadError
        If it is no COCO file, a key is missing or of the wrong kind, or an id is used twice.
    """
    if is_results_list(document):
        if truth is None:
            raise LabelReadError(
                f"{path}: a COCO results list, which names no images and no categories: name the COCO file of its "
                "truth by the format option truth=FILE.json"
            )
        tables = coco_tables(truth, read_json(truth))
        rows, where = document, truth
    else:
        tables = coco_tables(path, document)
        rows, where = tables["annotations"], path
    images = [_image(where, place, row) for place, row in enumerate(tables["images"])]
    kinds = tables["categories"]
    categories = [(_key(where, "categories", place, row, "id"), row.get("name")) for place, row in enumerate(kinds)]
    for table, keys in (("images", [i.id for i in images]), ("categories", [key for key, _ in categories])):
        if len({_same(key) for key in keys}) < len(keys):
            raise LabelReadError(f"{where}: an id is used twice in {table!r}")
    known = {_same(image.id): image.id for image in images}
    kept = [_row(path, place, row) for place, row in enumerate(rows)]
    mixed = _align(kept, known, "image_id")
    _align(kept, {_same(key): key for key, _ in categories}, "category_id")
    return CocoDocument(
        images=images,
        rows=kept,
        categories={key: readable(name) if isinstance(name, str) else "" for key, name in categories},
        has_mixed_ids=mixed,
    )


def _key(path: Path, table: str, place: int, row: dict[str, Any], name: str) -> Key:
    if name not in row:
        raise LabelReadError(f"{path}: entry {place} of {table!r} lacks {name}")
    value = row[name]
    if isinstance(value, str):
        return readable(value)
    found = identifier(value)
    if found is None:
        raise LabelReadError(
            f"{path}: entry {place} of {table!r}: {name} is {describe(value)}, but ids must be numbers or text"
        )
    return found


def _same(key: Key) -> Key:
    """Return one form of ids that are the same as text and as number."""
    found = identifier(key)
    return key if found is None else found


def _align(rows: list[CocoRow], known: Mapping[Key, Key], field: str) -> bool:
    """Give rows the ids as the other table writes them; return whether that changed any."""
    changed = False
    for row in rows:
        key = getattr(row, field)
        if key not in known or type(known[key]) is not type(key):
            other = known.get(_same(key), key)
            if type(other) is not type(key):
                setattr(row, field, other)
                changed = True
    return changed


def _image(path: Path, place: int, row: dict[str, Any]) -> CocoImage:
    key = _key(path, "images", place, row, "id")
    name = row.get("file_name")
    if not isinstance(name, str) or not name.strip():
        lacks = "lacks file_name" if name is None else f": file_name is {describe(name)}, not text"
        raise LabelReadError(f"{path}: entry {place} of 'images' {lacks}")
    try:
        shape = frame(row.get("height"), row.get("width"))
    except LabelReadError as error:
        raise LabelReadError(f"{path}: entry {place} of 'images': {error}") from error
    return CocoImage(id=key, file_name=name, shape=shape)


def _row(path: Path, place: int, row: dict[str, Any]) -> CocoRow:
    image_id, category_id = row.get("image_id"), row.get("category_id")
    if type(image_id) is not int or type(category_id) is not int or max(abs(image_id), abs(category_id)) > LARGEST_ID:
        lacking = [key for key in ("image_id", "category_id") if key not in row]
        if lacking:
            raise LabelReadError(f"{path}: entry {place} of 'annotations' lacks {', '.join(lacking)}")
        image_id = _key(path, "annotations", place, row, "image_id")
        category_id = _key(path, "annotations", place, row, "category_id")
    return CocoRow(place, image_id, category_id, row)


def _annotation(kept: CocoRow) -> CocoAnnotation:
    row = kept._row
    remarks: list[Remark] = []
    score = row.get("score")
    area: Area | None
    try:
        area = _area(row.get("segmentation"), remarks)
        if score is not None:
            score = number(score, "its score")
    except DefectkitError as error:
        area = NoArea(Problem.MALFORMED, f"its outline cannot be read: {error}")
        score = None
    return CocoAnnotation(
        place=kept.place,
        id=identifier(row.get("id")),
        called=kept.called,
        category_id=kept.category_id,
        area=area,
        box=_box(row.get("bbox")),
        stored_area=number_or_nan(row.get("area")),
        score=math.nan if score is None else score,
        is_crowd=bool(row.get("iscrowd")),
        remarks=remarks,
    )


def _box(value: Any) -> tuple[float, float, float, float] | None:
    if not isinstance(value, list) or len(value) != _COORDINATES_OF_BOX:
        return None
    left, top, width, height = map(number_or_nan, value)
    return left, top, width, height


def _area(value: Any, remarks: list[Remark]) -> Area | None:
    """Return the area of a segmentation: run lengths, a list of polygons, or one polygon; None where it is empty."""
    if isinstance(value, dict):
        return _run_mask(value)
    if not isinstance(value, list):
        if value is None:
            return None
        raise LabelReadError(f"its segmentation is {describe(value)}")
    if not value:
        return None
    if all(isinstance(v, int | float) for v in value):
        remarks.append(note(Problem.PARTS, "its segmentation is one flat list of numbers: read as one polygon"))
        value = [value]
    elif _is_points(value):
        remarks.append(note(Problem.PARTS, "its segmentation is one list of points: read as one polygon"))
        value = [value]
    if not all(isinstance(part, list) for part in value):
        raise LabelReadError("its segmentation is neither a list of polygons nor run lengths")
    parts = [_polygon(part) for part in value]
    if len(parts) == 1:
        return parts[0]
    left = [part for part in parts if len(part.rows) >= 3]
    if 0 < len(left) < len(parts):
        few = f"{len(parts) - len(left)} of its {len(parts)} parts have fewer than 3 points: left out"
        remarks.append(mended_remark(Problem.PARTS, few))
    left = left or parts[:1]
    return Joined(left) if len(left) > 1 else left[0]


def _is_points(value: list[Any]) -> bool:
    return len(value) >= 3 and all(
        isinstance(p, list) and len(p) == 2 and all(isinstance(v, int | float) for v in p) for p in value
    )


def _polygon(part: list[Any]) -> Outline:
    if part and isinstance(part[0], list):
        return Outline.of_points(part)
    if len(part) % 2:
        raise LabelReadError("a polygon has an odd number of coordinates")
    return Outline(rows=part[1::2], cols=part[0::2])


def _run_mask(value: dict[str, Any]) -> RunMask:
    size, counts = value.get("size"), value.get("counts")
    if not isinstance(size, list) or len(size) != 2:
        raise LabelReadError("its run lengths lack 'size', height and width")
    sides = identifier(size[0]), identifier(size[1])
    if sides[0] is None or sides[1] is None or not all(0 < s <= LARGEST_SIDE for s in sides if s is not None):
        raise LabelReadError("the 'size' of its run lengths is not two whole numbers")
    if not isinstance(counts, str | list):
        raise LabelReadError(f"its run lengths are {describe(counts)}, neither text nor a list")
    size_of_mask = sides[0], sides[1]
    return RunMask(lambda: counts_to_runs(as_counts(counts), size_of_mask), size_of_mask)
