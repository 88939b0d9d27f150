"""Flips and rotations by right angles: the symmetries that a micrograph has, exact to the pixel."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.detectors.learning.example import Example
from defectkit.geometry.masks import crops_to_runs
from defectkit.geometry.polygons import Polygons
from defectkit.geometry.runs import Runs
from defectkit.records.instances import Instances

Points = NDArray[np.float64]


def flip(given: Example) -> Example:
    """Return the example with left and right swapped."""
    width = given.pixels.shape[1]
    return _moved(given, np.fliplr, lambda points: np.stack([points[:, 0], width - points[:, 1]], axis=1))


def rotate(given: Example, quarters: int) -> Example:
    """Return the example rotated counterclockwise by ``quarters`` right angles."""
    for _ in range(quarters % 4):
        given = _quarter_turn(given)
    return given


def _quarter_turn(given: Example) -> Example:
    width = given.pixels.shape[1]
    return _moved(given, np.rot90, lambda points: np.stack([width - points[:, 1], points[:, 0]], axis=1))


def _moved(given: Example, move: Callable[[NDArray[Any]], NDArray[Any]], place: Callable[[Points], Points]) -> Example:
    pixels = np.ascontiguousarray(move(given.pixels))
    old = given.instances
    boxes = old.boxes.astype(np.float64)
    corners = _placed_boxes(boxes, place)
    crops = [np.ascontiguousarray(move(mask)) for mask in _crops(old.runs)]
    moved: Instances = attrs.evolve(
        old,
        shape=pixels.shape,
        runs=crops_to_runs(crops, corners[:, 0].astype(np.int64), corners[:, 1].astype(np.int64), pixels.shape),
        polygons=Polygons(vertices=place(old.polygons.vertices), offsets=old.polygons.offsets),
        given_boxes=_placed_boxes(old.given_boxes, place),
    )
    return Example(pixels=pixels, instances=moved)


def _placed_boxes(boxes: Points, place: Callable[[Points], Points]) -> Points:
    ends = np.stack([place(boxes[:, :2]), place(boxes[:, 2:])])
    return np.concatenate([ends.min(axis=0), ends.max(axis=0)], axis=1)


def _crops(runs: Runs) -> list[NDArray[np.bool_]]:
    crops = []
    for i, (top, left, bottom, right) in enumerate(runs.boxes()):
        mask = np.zeros((bottom - top, right - left), bool)
        for k in range(runs.offsets[i], runs.offsets[i + 1]):
            mask[runs.row[k] - top, runs.start[k] - left : runs.end[k] - left] = True
        crops.append(mask)
    return crops
