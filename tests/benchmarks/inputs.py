"""Inputs: the workload as each contestant wants it, written once into a folder."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import attrs
import numpy as np

from defectkit.formats.coco_rle import pack_counts, runs_to_counts
from defectkit.geometry.masks import runs_to_label_image
from defectkit.records import Instances, LabelSet, Prediction
from defectkit.storage import Store
from tests.benchmarks.workload import TYPES, Frame, Workload, frames

STORE = "labels.zarr"
TRUTH_KEY = "truth@1"
PREDICTED_KEY = "predicted@1"
COCO_TRUTH = "truth.json"
COCO_RESULTS = "results.json"
LABEL_IMAGES = "label-images.zarr"
VIA = "via.json"

_WORKLOAD = "workload.json"


def write_inputs(workload: Workload, folder: Path) -> None:
    """Write everything that is read from files."""
    made = list(frames(workload))
    (folder / _WORKLOAD).write_text(json.dumps(attrs.asdict(workload)), encoding="utf-8")
    store = Store.create(folder / STORE)
    store.add_labels(LabelSet(name="truth", instances={f.name: f.truth for f in made}))
    store.write_predictions(
        PREDICTED_KEY, (Prediction(image=f.name, instances=f.predicted, detector="workload") for f in made)
    )
    _write_json(folder / COCO_TRUTH, coco_truth(made))
    _write_json(folder / COCO_RESULTS, coco_results(made))
    _write_json(folder / VIA, via_project(made))
    _write_label_images(made, folder / LABEL_IMAGES)


@cache
def frames_of(folder: Path) -> tuple[Frame, ...]:
    """Return the images of the workload that a folder was written for."""
    return tuple(frames(Workload(**json.loads((folder / _WORKLOAD).read_text(encoding="utf-8")))))


def rle(instances: Instances) -> list[dict[str, Any]]:
    """Return the masks as COCO's compressed run lengths, in text."""
    counts = runs_to_counts(instances.runs, instances.shape)
    return [{"size": list(instances.shape), "counts": pack_counts(c)} for c in counts]


def rle_bytes(instances: Instances) -> list[dict[str, Any]]:
    """Return the masks as pycocotools makes them: the counts are bytes."""
    return [{**mask, "counts": mask["counts"].encode()} for mask in rle(instances)]


def coco_truth(made: list[Frame]) -> dict[str, Any]:
    """Return the COCO document of the truth."""
    annotations = []
    for image_id, frame in enumerate(made, start=1):
        masks, areas, boxes = rle(frame.truth), frame.truth.areas.tolist(), frame.truth.boxes.tolist()
        for mask, area, (top, left, bottom, right), code in zip(
            masks, areas, boxes, frame.truth.type_codes.tolist(), strict=True
        ):
            annotations.append(
                {
                    "id": len(annotations) + 1,
                    "image_id": image_id,
                    "category_id": code + 1,
                    "segmentation": mask,
                    "area": area,
                    "bbox": [left, top, right - left, bottom - top],
                    "iscrowd": 0,
                }
            )
    height, width = made[0].truth.shape
    return {
        "info": {},
        "images": [
            {"id": image_id, "file_name": f"{frame.name}.png", "height": height, "width": width}
            for image_id, frame in enumerate(made, start=1)
        ],
        "categories": [{"id": code, "name": name} for code, name in enumerate(TYPES, start=1)],
        "annotations": annotations,
    }


def coco_results(made: list[Frame]) -> list[dict[str, Any]]:
    """Return the predictions as COCO has results."""
    return [
        {"image_id": image_id, "category_id": code + 1, "segmentation": mask, "score": score}
        for image_id, frame in enumerate(made, start=1)
        for mask, code, score in zip(
            rle(frame.predicted), frame.predicted.type_codes.tolist(), frame.predicted.scores.tolist(), strict=True
        )
    ]


def via_project(made: list[Frame]) -> dict[str, Any]:
    """Return a VIA 2 annotation file of the outlines of the truth."""
    return {
        f"{frame.name}.png-1": {
            "filename": f"{frame.name}.png",
            "size": -1,
            "regions": [
                {
                    "shape_attributes": {
                        "name": "polygon",
                        "all_points_x": frame.outlines.ring(k)[:, 1].tolist(),
                        "all_points_y": frame.outlines.ring(k)[:, 0].tolist(),
                    },
                    "region_attributes": {"type": kind},
                }
                for k, kind in enumerate(frame.truth.type_names)
            ],
            "file_attributes": {},
        }
        for frame in made
    }


def _write_json(path: Path, document: Any) -> None:
    path.write_text(json.dumps(document, separators=(",", ":")), encoding="utf-8")


def _write_label_images(made: list[Frame], path: Path) -> None:
    import zarr
    from zarr.codecs import BloscCodec

    side = made[0].truth.shape
    array = zarr.create_array(
        path,
        shape=(len(made), *side),
        chunks=(1, *side),
        dtype=np.uint16,
        compressors=[BloscCodec(cname="zstd", clevel=5, shuffle="shuffle")],
    )
    for k, frame in enumerate(made):
        array[k] = runs_to_label_image(frame.truth.runs, side, np.arange(1, len(frame.truth) + 1, dtype=np.uint16))
