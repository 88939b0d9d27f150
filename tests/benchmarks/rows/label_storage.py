"""A label set on disk: its bytes, and reading all of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from defectkit.storage import Store
from tests.benchmarks.contest import Answers, Contestant, Fact, Row, Run, Yardstick
from tests.benchmarks.inputs import COCO_TRUTH, LABEL_IMAGES, STORE, TRUTH_KEY


def ours(folder: Path) -> Run:
    return lambda: Store.open(folder / STORE).labels(TRUTH_KEY)


def our_areas(labels: Any) -> list[list[int]]:
    return [np.sort(instances.areas).tolist() for instances in labels.instances.values()]


def coco_json(folder: Path) -> Run:
    def run() -> Any:
        with (folder / COCO_TRUTH).open(encoding="utf-8") as file:
            return json.load(file)

    return run


def json_areas(document: Any) -> list[list[int]]:
    areas: dict[int, list[int]] = {image["id"]: [] for image in document["images"]}
    for annotation in document["annotations"]:
        areas[annotation["image_id"]].append(annotation["area"])
    return [sorted(own) for own in areas.values()]


def label_images(folder: Path) -> Run:
    import zarr

    def run() -> Any:
        array = zarr.open_array(folder / LABEL_IMAGES, mode="r")
        return (array[k] for k in range(array.shape[0]))

    return run


def image_areas(images: Any) -> list[list[int]]:
    return [sorted(np.bincount(image.ravel())[1:].tolist()) for image in images]


def agree(answers: Answers) -> list[Fact]:
    own = answers["defectkit"]
    return [
        Fact(
            what="label sets that hold other areas", value=sum(own != theirs for theirs in answers.values()), at_most=0
        ),
        Fact(what="defects", value=sum(map(len, own)), at_least=1),
    ]


def measure(folder: Path) -> list[Fact]:
    group = folder / STORE / "labels"
    stored = size(group)  # there is but one label set
    return [
        Fact(what="bytes of the COCO JSON over ours", value=size(folder / COCO_TRUTH) / stored, at_least=5),
        Fact(what="bytes of the label images over ours", value=size(folder / LABEL_IMAGES) / stored),
        Fact(what="bytes of ours", value=stored / 1e3, unit="kB"),
    ]


def size(path: Path) -> int:
    """Return the bytes of a file, or of all files in a folder."""
    return path.stat().st_size if path.is_file() else sum(f.stat().st_size for f in path.rglob("*") if f.is_file())


ROW = Row(
    name="label_storage",
    title="label storage",
    contestants=(
        Contestant(name="defectkit", prepare=ours, answer=our_areas),
        Contestant(name="json.load", prepare=coco_json, distribution="", answer=json_areas),
        Contestant(name="label images in Zarr", prepare=label_images, distribution="zarr", answer=image_areas),
    ),
    yardsticks=(
        Yardstick(
            what="faster read than COCO JSON, masks not decoded", slow="json.load", fast="defectkit", at_least=2.5
        ),
        Yardstick(what="faster read than label images", slow="label images in Zarr", fast="defectkit", at_least=10),
    ),
    agree=agree,
    measure=measure,
)
