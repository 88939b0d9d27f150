"""The format ``coco``: instance annotations in COCO JSON."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import attrs
import numpy as np

from defectkit.errors import DefectkitError, LabelReadError
from defectkit.formats.boxes import BoxRegions
from defectkit.formats.coco_checks import StoredMeasures, checked_against
from defectkit.formats.coco_rle import as_counts, counts_to_runs
from defectkit.formats.coco_writing import coco_document
from defectkit.formats.interface import LabelFormat, LabelReading, RepairReport
from defectkit.formats.mending import mend
from defectkit.formats.reader import LabelReader, read_json
from defectkit.formats.regions import RegionColumns
from defectkit.formats.report import Problem, RepairKind
from defectkit.formats.shapes import rectangle
from defectkit.formats.type_names import EVERY_OTHER, as_category_table
from defectkit.formats.writing import written_json
from defectkit.geometry.polygons import polygons_to_runs, rings_to_runs
from defectkit.geometry.runs import Runs
from defectkit.geometry.sets import union
from defectkit.records import Image, LabelSet, Taxonomy

Entry = dict[str, Any]


@attrs.frozen(kw_only=True)
class CocoFormat(LabelFormat):
    """COCO JSON with images, annotations and categories.

    Parameters
    ----------
    types : mapping of str to str, or text
        From category names, or else ids, to defect types, see :func:`~defectkit.formats.type_names.as_category_table`.
    boxes : BoxRegions
        What becomes of annotations without a segmentation.

    Notes
    -----
    Polygons (one or several parts, whose union is the mask), compressed and plain run lengths. Coordinates are
    continuous: (x, y) = (0, 0) is the upper left corner of the first pixel; masks follow the pixel rule of this
    library, so that a mask from a polygon may differ by edge pixels from that of pycocotools, while run lengths give
    the same mask to the bit. An image without annotations is an image without a defect. Areas and boxes are recomputed,
    and reported where a stored one is off. A crowd region is read as one region, and reported. ``score`` is kept. The
    id of a defect is that of its annotation.

    Written are the polygons that masks were drawn with, and compressed run lengths where there is none that gives the
    mask.
    """

    name: ClassVar[str] = "coco"
    description: ClassVar[str] = "COCO instance annotations: polygons and run lengths, with scores."
    suffixes: ClassVar[tuple[str, ...]] = (".json",)

    types: Mapping[str, str] = attrs.field(factory=dict, converter=as_category_table)
    boxes: BoxRegions = attrs.field(default=BoxRegions.REFUSE, converter=BoxRegions)

    def read(self, path: Path, images: Mapping[str, Image], taxonomy: Taxonomy) -> LabelReading:
        """Read a COCO file; see :meth:`LabelFormat.read`.

        Raises
        ------
        LabelReadError
            If this is no COCO file, or an annotation has a category that nothing names.
        """
        reader = LabelReader(path, images, taxonomy, self.types)
        document = _checked(path, read_json(path))
        by_image: dict[Any, list[tuple[int, Entry]]] = defaultdict(list)
        for place, annotation in enumerate(document["annotations"]):
            by_image[annotation["image_id"]].append((place, annotation))
        categories = self._categories(path, reader, document)
        stored: dict[str, StoredMeasures] = {}
        for entry in document["images"]:
            annotations = by_image.pop(entry["id"], [])
            columns = reader.open_by_file_name(entry["file_name"], regions=len(annotations), shape=_shape(entry))
            if columns is None:
                continue
            ids = _ids(annotations, columns)
            regions = [_region(place, annotation) for place, annotation in annotations]
            stored[columns.image] = StoredMeasures.of(ids, regions, [annotation for _, annotation in annotations])
            for defect_id, region, (_, annotation) in zip(ids, regions, annotations, strict=True):
                kind = categories[annotation["category_id"]]
                if annotation.get("iscrowd"):
                    columns.note(region, Problem.CROWD, "it is marked as a crowd: read as one region")
                self._add(columns, annotation, defect_id=defect_id, defect_type=kind, region=region)
        for image_id, annotations in by_image.items():
            for place, annotation in annotations:
                what = f"its image_id {image_id!r} is not among the images of the file"
                reader.report.add(RepairKind.REFUSED, Problem.NO_IMAGE, what, region=_region(place, annotation))
        return checked_against(reader.finish(categories.values()), stored, file=path.name)

    def _categories(self, path: Path, reader: LabelReader, document: Entry) -> dict[Any, str]:
        used = {annotation["category_id"]: None for annotation in document["annotations"]}
        named = {c["id"]: str(c.get("name", "")) for c in document["categories"]}
        found = {}
        for key, name in named.items():
            if key in used or reader.types.knows(name, str(key)):
                found[key] = reader.types.of(name, str(key))
            else:
                what = f"no annotation has the category {name!r}: it is left out"
                reader.report.add(RepairKind.NOTED, Problem.UNUSED_TYPE, what)
        for key in used:
            if key not in named:
                if str(key) not in self.types and EVERY_OTHER not in self.types:
                    raise LabelReadError(
                        f"{path}: annotations have the category_id {key!r}, but the categories of the file are "
                        f"{', '.join(map(repr, named)) or 'none'}; name its type: types={{{str(key)!r}: 'loop'}}"
                    )
                found[key] = reader.types.of(str(key))
        return found

    def _add(self, columns: RegionColumns, annotation: Entry, *, defect_id: int, defect_type: str, region: str) -> None:
        segmentation = annotation.get("segmentation")
        try:
            what: dict[str, Any] = {
                "defect_id": defect_id,
                "defect_type": defect_type,
                "region": region,
                "score": float(annotation.get("score", "nan")),
            }
            if isinstance(segmentation, dict):
                _add_run_lengths(columns, segmentation, what)
            elif isinstance(segmentation, list) and segmentation:
                _add_polygons(columns, segmentation, what)
            elif self.boxes is BoxRegions.AS_RECTANGLES:
                left, top, width, height = (float(v) for v in annotation["bbox"])
                columns.add_ring(rectangle(top, left, top + height, left + width), **what)
                columns.note(region, Problem.NOT_AN_AREA, "only a box: read as a rectangle")
            else:
                columns.refuse(
                    region, Problem.NOT_AN_AREA, "only a box: it has no area (boxes='as-rectangles' reads it)"
                )
        except (DefectkitError, KeyError, TypeError, ValueError) as error:
            columns.refuse(region, Problem.MALFORMED, f"its outline cannot be read: {error}")

    def write(self, labels: LabelSet, path: Path, images: Mapping[str, Image]) -> RepairReport:
        """Write a COCO file; see :meth:`LabelFormat.write`. It holds every mask."""
        document, report = coco_document(labels, path, images)
        written_json(path, document)
        return report

    @classmethod
    def recognizes(cls, path: Path) -> bool:
        """Return whether ``path`` is a JSON file with COCO's tables."""
        if path.suffix.lower() != ".json" or not path.is_file():
            return False
        try:
            _checked(path, read_json(path))
        except LabelReadError:
            return False
        return True


def _checked(path: Path, document: Any) -> Entry:
    if isinstance(document, list) and document and isinstance(document[0], dict) and "image_id" in document[0]:
        raise LabelReadError(
            f"{path}: a COCO results list, which names no images; put it as 'annotations' beside the 'images' and "
            "'categories' of its ground truth"
        )
    tables = {"images": ("id", "file_name"), "annotations": ("image_id", "category_id"), "categories": ("id",)}
    if not isinstance(document, dict) or not tables.keys() <= document.keys():
        raise LabelReadError(f"{path}: it is no COCO file: a JSON object with {', '.join(tables)} is needed")
    for table, keys in tables.items():
        rows = document[table]
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise LabelReadError(f"{path}: {table!r} is not a list of objects")
        for number, row in enumerate(rows):
            lacking = [key for key in keys if key not in row]
            if lacking:
                raise LabelReadError(f"{path}: entry {number} of {table!r} lacks {', '.join(lacking)}")
            if not all(isinstance(row[key], int | str) for key in keys):
                raise LabelReadError(f"{path}: entry {number} of {table!r}: {', '.join(keys)} must be numbers or text")
        if "id" in keys and len({str(row["id"]) for row in rows}) < len(rows):
            raise LabelReadError(f"{path}: an id is used twice in {table!r}")
    return document


def _shape(entry: Entry) -> tuple[int, int] | None:
    height, width = entry.get("height"), entry.get("width")
    return (int(height), int(width)) if height and width else None


def _region(place: int, annotation: Entry) -> str:
    return f"annotation {annotation['id']}" if "id" in annotation else f"annotations[{place}]"


def _ids(annotations: list[tuple[int, Entry]], columns: RegionColumns) -> list[int]:
    ids = [annotation.get("id") for _, annotation in annotations]
    numbers = [number for number in ids if isinstance(number, int)]
    if len(numbers) == len(ids) and len(set(numbers)) == len(ids):
        return numbers
    columns.mend("", Problem.MALFORMED, "annotation ids are missing or repeated: the place in the file is the id")
    return [place for place, _ in annotations]


def _add_run_lengths(columns: RegionColumns, segmentation: Entry, what: dict[str, Any]) -> None:
    size = tuple(int(side) for side in segmentation["size"])
    if size != columns.shape:
        raise LabelReadError(f"its mask has {size} rows and columns, but the image has {columns.shape}")
    columns.add_mask(counts_to_runs(as_counts(segmentation["counts"]), columns.shape), **what)


def _add_polygons(columns: RegionColumns, segmentation: list[Any], what: dict[str, Any]) -> None:
    if len(segmentation) > 1:
        parts = [part for part in segmentation if len(part) >= 6]
        if 0 < len(parts) < len(segmentation):
            dropped = (
                f"{len(segmentation) - len(parts)} of its {len(segmentation)} parts have fewer than 3 points: left out"
            )
            columns.mend(what["region"], Problem.PARTS, dropped)
        segmentation = parts or segmentation[:1]
    if any(len(part) % 2 for part in segmentation):
        raise LabelReadError("a polygon has an odd number of coordinates")
    if len(segmentation) == 1:
        columns.add_outline(segmentation[0][1::2], segmentation[0][0::2], **what)
        return
    vertices = np.concatenate([np.asarray(part, dtype=np.float64).reshape(-1, 2)[:, ::-1] for part in segmentation])
    offsets = np.concatenate([[0], np.cumsum([len(part) // 2 for part in segmentation])]).astype(np.int64)
    mended = mend(vertices, offsets, columns.shape)
    for fault in mended.faults:
        kind = columns.refuse if fault.kind is RepairKind.REFUSED else columns.mend
        kind(f"{what['region']}, part {fault.index}", fault.problem, fault.what)
    runs = polygons_to_runs(mended.polygons, columns.shape)
    for rings in mended.parts.values():
        runs = Runs.concatenate([runs, rings_to_runs([rings], columns.shape)])
    columns.note(what["region"], Problem.PARTS, f"its {len(segmentation)} parts are one mask, without an outline")
    columns.add_mask(union(runs, np.zeros(len(runs), np.int64), 1), **what)
