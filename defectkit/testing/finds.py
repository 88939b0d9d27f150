"""Finds: comparisons of images of which nothing is known but which of their defects were found."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from defectkit.conventions import convention
from defectkit.matching.matchings import FramedMatchings, Matchings
from defectkit.matching.overlaps import Overlaps
from defectkit.statistics.comparison import Comparison, Defects, Foregrounds, ImageComparison, Measures

TYPE = "bdot"
IOU_THRESHOLD = 0.3
N_PIXELS = 100


def comparison_of_finds(found: Sequence[NDArray[np.bool_]], false_finds: Sequence[int] | None = None) -> Comparison:
    """Return a comparison for simulations of statistics, such as how often an interval holds the truth.

    Parameters
    ----------
    found : sequence of numpy.ndarray, shape (N,), bool
        For each image, which of its true defects were found.
    false_finds : sequence of int, optional
        For each image, how many defects were predicted where nothing is; by default none.

    Examples
    --------
    >>> from defectkit.metrics import Find
    >>> comparison = comparison_of_finds([np.array([True, False]), np.array([True])], [0, 2])
    >>> Find().compute(comparison)["find_recall"].values.round(3).tolist()
    [0.667]
    """
    false = [0] * len(found) if false_finds is None else list(false_finds)
    each = [_image(f"{k:03d}", own, n) for k, (own, n) in enumerate(zip(found, false, strict=True))]
    return Comparison(
        convention=convention("defectkit"),
        iou_thresholds=(IOU_THRESHOLD,),
        iou_threshold=IOU_THRESHOLD,
        types=(TYPE,),
        overall_types=(TYPE,),
        length_unit="pixel",
        images=tuple(each),
    )


def _image(name: str, found: NDArray[np.bool_], n_false: int) -> ImageComparison:
    pairs = np.flatnonzero(found)
    n_true, n_predicted = len(found), len(pairs) + n_false
    overlaps = Overlaps(
        truth=pairs,
        predicted=np.arange(len(pairs)),
        iou=np.ones(len(pairs)),
        n_true=n_true,
        n_predicted=n_predicted,
    )
    matchings = Matchings(
        overlaps=overlaps,
        pairs=np.arange(len(pairs)),
        offsets=np.array([0, len(pairs)]),
        iou_thresholds=(IOU_THRESHOLD,),
    )
    return ImageComparison(
        image=name,
        field_area=1.0,
        n_pixels=N_PIXELS,
        true=_defects(n_true, np.full(n_true, np.nan)),
        predicted=_defects(n_predicted, np.linspace(0.9, 0.1, n_predicted)),
        block=FramedMatchings(
            matchings=matchings, true_frames=np.array([0, n_true]), predicted_frames=np.array([0, n_predicted])
        ),
        place=0,
        foregrounds=Foregrounds(true=N_PIXELS, predicted=N_PIXELS, shared=N_PIXELS),
    )


def _defects(n: int, scores: NDArray[np.float64]) -> Defects:
    return Defects(
        names=(TYPE,),
        codes=np.zeros(n, np.int64),
        scores=scores,
        ids=np.arange(n),
        measures=Measures(sizes=np.ones(n), shapes=np.ones(n)),
    )
