"""Compared: truth and prediction of images of ours, and their comparison, for the suite of metrics."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np

from defectkit.conventions import convention
from defectkit.records import Instances, Taxonomy
from defectkit.statistics.comparing import compare, compared_types
from defectkit.statistics.comparison import ALL_PARTS, Comparison, Part

Pair = tuple[Instances, Instances]

IOU_THRESHOLDS = (0.1, 0.3, 0.5)
TYPES = ("bdot", "loop_111", "loop_100")
TOLD = (
    "one image of 40 x 60 pixels of 0.5 nm; true: two bdot of 8 x 8 and two loop_111 of 12 x 12 pixels; predicted: "
    "both bdot and one of the loops, as loop_100, to the pixel, and two bdot of 4 x 4 pixels where nothing is"
)
"""What :func:`worked_pairs` shows."""


def comparison_of(
    pairs: Mapping[str, Pair], parts: Collection[Part] = ALL_PARTS, *, pixel_nm: float | None = 0.5
) -> Comparison:
    """Return the comparison of truth and prediction of images, by name, under the default convention.

    Parameters
    ----------
    pairs : mapping of str to (Instances, Instances)
        Truth and prediction of each image.
    parts : collection of Part
        What it holds beyond types, overlaps and matchings.
    pixel_nm : float, optional
        Height and width of a pixel in nm; without one the comparison is in pixels.
    """
    rules, taxonomy = convention("defectkit"), Taxonomy.standard()
    images = [
        compare(
            name,
            truth,
            predicted,
            convention=rules,
            iou_thresholds=IOU_THRESHOLDS,
            taxonomy=taxonomy,
            spacing=(pixel_nm or 1.0, pixel_nm or 1.0),
            parts=parts,
        )
        for name, (truth, predicted) in pairs.items()
    ]
    occurring = {t for image in images for side in (image.true, image.predicted) for t in side.types}
    types, overall_types = compared_types(occurring, rules, taxonomy)
    return Comparison(
        convention=rules,
        iou_thresholds=IOU_THRESHOLDS,
        iou_threshold=0.3,
        types=types,
        overall_types=overall_types,
        length_unit="pixel" if pixel_nm is None else "nanometer",
        images=tuple(images),
    )


def example_pairs() -> dict[str, Pair]:
    """Return truth and prediction of three images: nothing on both sides, too little and too much, and nothing true."""
    shape = (16, 16)
    none = Instances.empty(shape, TYPES)

    def boxes(*tops: int, types: Sequence[str], **columns: Any) -> Instances:
        masks = np.zeros((len(tops), *shape), np.bool_)
        for mask, top in zip(masks, tops, strict=True):
            mask[top : top + 4, 2:9] = True
        return Instances.from_masks(masks, types=types, shape=shape, known_types=TYPES, **columns)

    truth = boxes(0, 6, types=["bdot", "loop_111"])
    predicted = boxes(1, 12, types=["bdot", "loop_100"], scores=np.array([0.9, 0.2]))
    return {
        "empty": (none, none),
        "mixed": (truth, predicted),
        "false": (none, boxes(3, types=["bdot"], scores=np.array([0.5]))),
    }


def worked_pairs() -> dict[str, Pair]:
    """Return truth and prediction of one image that is simple enough to work out a metric of it by hand.

    One image of 40 x 60 pixels of 0.5 nm; true: two bdot of 8 x 8 and two loop_111 of 12 x 12 pixels; predicted: both
    bdot and one of the loops, as loop_100, to the pixel, and two bdot of 4 x 4 pixels where nothing is.
    """
    shape = (40, 60)
    squares = {"a": (2, 2, 8), "b": (2, 20, 8), "c": (20, 2, 12), "d": (20, 30, 12), "e": (2, 40, 4), "f": (14, 50, 4)}

    def masks(names: str, types: Sequence[str], **columns: Any) -> Instances:
        found = np.zeros((len(names), *shape), np.bool_)
        for mask, (top, left, side) in zip(found, map(squares.__getitem__, names), strict=True):
            mask[top : top + side, left : left + side] = True
        return Instances.from_masks(found, types=types, shape=shape, known_types=TYPES, **columns)

    truth = masks("abcd", ["bdot", "bdot", "loop_111", "loop_111"])
    predicted = masks("abcef", ["bdot", "bdot", "loop_100", "bdot", "bdot"], scores=np.array([0.9, 0.8, 0.7, 0.6, 0.5]))
    return {"worked": (truth, predicted)}


def varied_pairs() -> dict[str, Pair]:
    """Return truth and prediction of two images of about twenty defects each, of which no two IoUs are the same."""
    return {name: _varied_pair(seed, shape) for seed, (name, shape) in enumerate((("b", (96, 130)), ("a", (110, 110))))}


def _varied_pair(seed: int, shape: tuple[int, int]) -> Pair:
    rng = np.random.default_rng(seed)
    rows, columns = np.indices(shape) + 0.5
    true, predicted, true_types, types = [], [], [], []
    for k in range(20):
        row, column = 12 + 24 * (k // 5) + rng.uniform(-1, 1), 12 + 22 * (k % 5) + rng.uniform(-1, 1)
        radius, kind = rng.uniform(4, 9), TYPES[k % 3]
        if k % 7 != 3:
            true.append(np.hypot(rows - row, columns - column) < radius)
            true_types.append(kind)
        if k % 5 != 2:
            shift = rng.uniform(-1.5, 1.5, 2)
            mask = np.hypot(rows - row - shift[0], columns - column - shift[1]) < radius * rng.uniform(0.8, 1.2)
            predicted.append(mask)
            types.append(TYPES[(k + (k % 4 == 1)) % 3])
    scores = rng.permutation(len(predicted)) / len(predicted)
    return (
        Instances.from_masks(true, types=true_types, shape=shape, known_types=TYPES),
        Instances.from_masks(predicted, types=types, shape=shape, known_types=TYPES, scores=scores),
    )
