"""The polygons of a VIA file, parsed from JSON, to masks."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from defectkit.geometry.masks import masks_to_runs
from defectkit.geometry.polygons import Polygons, polygons_to_runs
from defectkit.geometry.runs import Runs
from tests.benchmarks.contest import PART, Answers, Contestant, Fact, Row, Run, Yardstick
from tests.benchmarks.inputs import VIA, frames_of

Points = tuple[list[float], list[float]]
"""The x and the y of a polygon, as VIA has them."""


def via_points(folder: Path) -> list[list[Points]]:
    """Return the polygons of each image as ``json.load`` gives them."""
    document = json.loads((folder / VIA).read_text(encoding="utf-8"))
    return [
        [
            (region["shape_attributes"]["all_points_x"], region["shape_attributes"]["all_points_y"])
            for region in entry["regions"]
        ]
        for entry in document.values()
    ]


def side_of(folder: Path) -> int:
    return frames_of(folder)[0].truth.shape[0]


def ours(folder: Path) -> Run:
    images, side = via_points(folder), side_of(folder)

    def masks(polygons: list[Points]) -> Runs:
        rows, columns = [y for _, y in polygons], [x for x, _ in polygons]
        return polygons_to_runs(Polygons.from_columns(rows, columns), (side, side))

    return lambda: (masks(polygons) for polygons in images)


def joined(masks: Any) -> Any:
    return Runs.concatenate(masks)


def pycocotools(folder: Path) -> Run:
    from pycocotools import mask

    images, side = via_points(folder), side_of(folder)

    def masks(polygons: list[Points]) -> Any:
        flat = [[number for point in zip(x, y, strict=True) for number in point] for x, y in polygons]
        return mask.frPyObjects(flat, side, side)

    return lambda: (masks(polygons) for polygons in images)


def decoded(images: Any) -> Runs:
    from pycocotools import mask

    return Runs.concatenate(masks_to_runs([mask.decode(one).astype(bool) for one in encoded]) for encoded in images)


def polygon2mask(folder: Path, step: int = 1) -> Run:
    """Prepare scikit-image's polygon2mask, whose pixel (0, 0) has its center at (0, 0), for one image in ``step``."""
    from skimage.draw import polygon2mask as fill

    images, side = via_points(folder)[::step], side_of(folder)
    return lambda: (fill((side, side), np.array((y, x)).T - 0.5) for polygons in images for x, y in polygons)


def rasterio(folder: Path, step: int = 1) -> Run:
    """Prepare GDAL, one polygon at a time, for one image in ``step``."""
    from rasterio.features import rasterize

    images, side = via_points(folder)[::step], side_of(folder)

    def mask(x: list[float], y: list[float]) -> Any:
        ring = [*zip(x, y, strict=True), (x[0], y[0])]
        return rasterize([({"type": "Polygon", "coordinates": [ring]}, 1)], out_shape=(side, side), dtype="uint8")

    return lambda: (mask(x, y) for polygons in images for x, y in polygons)


def scanned(masks: Any) -> Runs:
    return masks_to_runs(np.asarray(mask, bool) for mask in masks)


def agree(answers: Answers) -> list[Fact]:
    own = answers["defectkit"]
    facts = [Fact(what="polygons filled", value=float((own.areas() > 0).sum()), at_least=1)]
    for name, theirs in answers.items():
        if name == "defectkit":
            continue
        off = differing(own, theirs)
        exact = name == "rasterio"
        facts.append(
            Fact(
                what=f"pixels off {name}, of {own.areas().sum()}",
                value=off,
                unit="px",
                at_most=0 if exact else 0.1 * float(own.areas().sum()),
            )
        )
    return facts


def differing(a: Runs, b: Runs) -> int:
    """Return how many pixels are in one mask of a pair and not in the other, over all pairs."""
    from defectkit.geometry.overlap import intersections

    pairs = intersections(a, b)
    common = pairs.intersection[pairs.first == pairs.second].sum()
    return int(a.areas().sum() + b.areas().sum() - 2 * common)


ROW = Row(
    name="polygons",
    title="VIA polygons to masks",
    contestants=(
        Contestant(name="defectkit", prepare=ours, answer=joined),
        Contestant(
            name="pycocotools",
            prepare=pycocotools,
            modules=("pycocotools",),
            distribution="pycocotools",
            answer=decoded,
        ),
        Contestant(
            name="polygon2mask",
            prepare=polygon2mask,
            modules=("skimage",),
            distribution="scikit-image",
            answer=scanned,
            prepare_part=partial(polygon2mask, step=PART),
        ),
        Contestant(
            name="rasterio",
            prepare=rasterio,
            modules=("rasterio",),
            distribution="rasterio",
            answer=scanned,
            prepare_part=partial(rasterio, step=PART),
        ),
    ),
    yardsticks=(
        Yardstick(what="faster than pycocotools", slow="pycocotools", fast="defectkit", at_least=2.5),
        Yardstick(what="faster than scikit-image's polygon2mask", slow="polygon2mask", fast="defectkit", at_least=80),
        Yardstick(what="faster than rasterio", slow="rasterio", fast="defectkit"),
    ),
    agree=agree,
)
