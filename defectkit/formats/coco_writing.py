"""COCO documents from label sets."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from defectkit.formats.coco_rle import pack_counts, runs_to_counts
from defectkit.formats.report import Problem, RepairKind, RepairReport, ReportBuilder
from defectkit.formats.shapes import Ring
from defectkit.formats.writing import file_name_of, note_boxes, outlines_of
from defectkit.records import Image, Instances, LabelSet

Document = dict[str, Any]


def coco_document(labels: LabelSet, path: Path, images: Mapping[str, Image]) -> tuple[Document, RepairReport]:
    """Return the COCO document of a label set, and what it does not hold.

    Parameters
    ----------
    labels : LabelSet
    path : pathlib.Path
        Where it will be written, for the report.
    images : mapping of str to Image
        For file names.
    """
    report = ReportBuilder(path.name)
    categories = {kind: number for number, kind in enumerate(labels.types, start=1)}
    ids = _ids(labels, report)
    image_rows: list[Document] = []
    annotations: list[Document] = []
    for number, (name, instances) in enumerate(labels.instances.items(), start=1):
        note_boxes(instances, name, report)
        height, width = instances.shape
        image_rows.append({"id": number, "file_name": file_name_of(name, images), "width": width, "height": height})
        annotations.extend(_annotations(instances, ids[name], number, categories))
    document = {
        "info": {"description": labels.description or labels.name, "version": labels.version},
        "images": image_rows,
        "annotations": annotations,
        "categories": [
            {"id": number, "name": kind, "supercategory": labels.taxonomy.root(kind)}
            for kind, number in categories.items()
        ],
    }
    return document, report.report()


def _ids(labels: LabelSet, report: ReportBuilder) -> dict[str, list[int]]:
    """Keep ids that are distinct in the whole file and positive (evaluators take 0 for "none"), else count anew."""
    own = np.concatenate([np.zeros(0, np.int64), *(i.ids for i in labels.instances.values())])
    if own.size == 0 or (own.min() > 0 and np.unique(own).size == own.size):
        return {name: instances.ids.tolist() for name, instances in labels.instances.items()}
    report.add(
        RepairKind.NOTED, Problem.NOT_STORED, "ids must differ in the whole file: annotations are numbered from 1"
    )
    ids = {}
    begin = 1
    for name, instances in labels.instances.items():
        ids[name] = list(range(begin, begin + len(instances)))
        begin += len(instances)
    return ids


def _annotations(instances: Instances, ids: list[int], image_id: int, categories: Mapping[str, int]) -> list[Document]:
    outlines = outlines_of(instances)
    counts = iter(runs_to_counts(instances.runs.take(np.flatnonzero(~outlines.drawn)), instances.shape))
    polygon_areas, polygon_boxes = instances.polygons.areas(), instances.polygons.boxes()
    mask_areas, mask_boxes = instances.areas, instances.boxes
    rows = []
    for i, kind in enumerate(instances.type_names):
        drawn = bool(outlines.drawn[i])
        top, left, bottom, right = (polygon_boxes if drawn else mask_boxes)[i].tolist()
        row: Document = {
            "id": ids[i],
            "image_id": image_id,
            "category_id": categories[kind],
            "segmentation": [_flat(outlines.rings[i][0])]
            if drawn
            else {"size": list(instances.shape), "counts": pack_counts(next(counts))},
            "area": float(polygon_areas[i]) if drawn else int(mask_areas[i]),
            "bbox": [left, top, right - left, bottom - top],
            "iscrowd": 0,
        }
        if not np.isnan(instances.scores[i]):
            row["score"] = float(instances.scores[i])
        rows.append(row)
    return rows


def _flat(ring: Ring) -> list[float]:
    flat: list[float] = ring[:, ::-1].ravel().tolist()
    return flat
