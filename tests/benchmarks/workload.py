"""The workload: frames with elliptical defects, and predictions that miss, invent, shift and overlap."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.geometry.polygons import Polygons, polygons_to_runs
from defectkit.records import Instances

Floats = NDArray[np.float64]

TYPES = ("bdot", "loop_111", "loop_100")
VERTICES = 32
"""Of the polygon that stands for an ellipse."""

GAP = 2.0
"""Pixels between true defects, so that a label image can hold them."""


@attrs.frozen(kw_only=True)
class Workload:
    """How much there is to do.

    Parameters
    ----------
    images : int
    side : int
        Rows and columns of a frame.
    defects : int
        True ones in each image.
    dropped, added : float
        Of the true defects, how many are not predicted and how many more are: half of these on a true defect.
    jitter : float
        Standard deviation in pixels of the center of a prediction, and in percent of its axes.
    """

    images: int = 182
    side: int = 1024
    defects: int = 75
    dropped: float = 0.15
    added: float = 0.15
    jitter: float = 1.5
    seed: int = 20221


FULL = Workload()
QUICK = Workload(images=6, side=512, defects=20)


@attrs.frozen(kw_only=True, eq=False)
class Frame:
    """One image of the workload: truth, the outlines it was drawn with, and predictions with scores."""

    name: str
    truth: Instances
    outlines: Polygons
    predicted: Instances


def frames(workload: Workload) -> Iterator[Frame]:
    """Give the images one by one; each depends on the seed and its number only."""
    for number in range(workload.images):
        yield frame(workload, number)


def frame(workload: Workload, number: int) -> Frame:
    """Return image ``number``."""
    rng = np.random.default_rng((workload.seed, number))
    true = _apart(workload, rng)
    kept = true[rng.permutation(len(true))[: round(len(true) * (1 - workload.dropped))]]
    n_added = round(len(true) * workload.added)
    on_top = true[rng.choice(len(true), n_added // 2, replace=False)]
    anywhere = _ellipses(workload, rng, n_added - n_added // 2)
    found = _shaken(np.concatenate([kept, on_top, anywhere]), workload.jitter, rng)
    found = found[rng.permutation(len(found))]
    return Frame(
        name=f"image-{number:06d}",
        truth=_instances(workload, rng, true),
        outlines=outlines(true),
        predicted=_instances(workload, rng, found, scores=rng.uniform(0.05, 1.0, len(found))),
    )


def _ellipses(workload: Workload, rng: np.random.Generator, n: int) -> Floats:
    """Return n ellipses (n, 5): center row and column, major and minor semi-axis, angle."""
    major = 6.0 + rng.gamma(2.0, 4.0, n).clip(max=22.0)
    minor = major * rng.uniform(0.4, 1.0, n)
    margin = 30.0
    row, col = rng.uniform(margin, workload.side - margin, (2, n))
    return np.stack([row, col, major, minor, rng.uniform(0, np.pi, n)], axis=1)


def _apart(workload: Workload, rng: np.random.Generator) -> Floats:
    """Return true ellipses whose circumscribed circles keep clear of each other."""
    placed = np.zeros((0, 5))
    while len(placed) < workload.defects:
        (candidate,) = _ellipses(workload, rng, 1)
        far = np.hypot(*(placed[:, :2] - candidate[:2]).T) > placed[:, 2] + candidate[2] + GAP
        if far.all():
            placed = np.concatenate([placed, candidate[None]])
    return placed


def _shaken(ellipses: Floats, jitter: float, rng: np.random.Generator) -> Floats:
    shaken = ellipses.copy()
    shaken[:, :2] += rng.normal(0, jitter, (len(ellipses), 2))
    shaken[:, 2:4] *= 1 + rng.normal(0, jitter / 20, (len(ellipses), 2))
    shaken[:, 4] += rng.normal(0, 0.1, len(ellipses))
    return shaken


def _instances(workload: Workload, rng: np.random.Generator, ellipses: Floats, **columns: Any) -> Instances:
    shape = (workload.side, workload.side)
    return Instances(
        shape=shape,
        types=TYPES,
        type_codes=rng.integers(0, len(TYPES), len(ellipses)).astype(np.int16),
        runs=polygons_to_runs(outlines(ellipses), shape),
        **columns,
    )


def outlines(ellipses: Floats) -> Polygons:
    """Return the polygons of ellipses (N, 5), :data:`VERTICES` vertices each."""
    around = np.linspace(0, 2 * np.pi, VERTICES, endpoint=False)
    row, col, major, minor, angle = ellipses.T[:, :, None]
    along, across = major * np.cos(around), minor * np.sin(around)
    rows = row + along * np.sin(angle) + across * np.cos(angle)
    cols = col + along * np.cos(angle) - across * np.sin(angle)
    return Polygons(
        vertices=np.stack([rows.ravel(), cols.ravel()], axis=1),
        offsets=np.arange(len(ellipses) + 1, dtype=np.int64) * VERTICES,
    )
