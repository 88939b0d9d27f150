"""Scoring: how well a network in training finds defects, and from which score on it is to be believed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from defectkit.detectors.card import ReportedMetric
from defectkit.geometry.overlap import iou_pairs
from defectkit.records.instances import Instances

Counts = NDArray[np.int64]
"""Last axis: defects found, defects labelled, defects given."""

IOU_THRESHOLD = 0.3
MIN_SCORES = tuple(k / 20 for k in range(1, 20))
"""The lowest scores that are tried: 0.05 to 0.95."""

N_RESAMPLES = 1000


def find_counts(truth: Instances, given: Instances, min_scores: Sequence[float] = MIN_SCORES) -> Counts:
    """Return what is found of one image's labels at each lowest score, shape (len(min_scores), 3).

    A labelled defect is found by a mask of any type with an IoU of at least 0.3; pairs are taken in falling order of
    their IoU, each defect once.

    Examples
    --------
    >>> import numpy as np
    >>> square = np.ones((1, 4, 4), bool)
    >>> truth = Instances.from_masks(square, types=["bdot"], shape=(4, 4))
    >>> guess = Instances.from_masks(square, types=["bdot"], shape=(4, 4), scores=[0.6])
    >>> find_counts(truth, guess, (0.5, 0.7)).tolist()
    [[1, 1, 1], [0, 1, 0]]
    """
    pairs = iou_pairs(truth.runs, given.runs)
    enough = pairs.iou >= IOU_THRESHOLD
    order = np.argsort(-pairs.iou[enough], kind="stable")
    first, second = pairs.first[enough][order], pairs.second[enough][order]
    counts = np.zeros((len(min_scores), 3), dtype=np.int64)
    for k, min_score in enumerate(min_scores):
        kept = given.scores >= min_score
        free_true, free_given = np.ones(len(truth), bool), kept.copy()
        for i, j in zip(first, second, strict=True):
            if free_true[i] and free_given[j]:
                free_true[i] = free_given[j] = False
        counts[k] = np.count_nonzero(~free_true), len(truth), np.count_nonzero(kept)
    return counts


def f1_scores(counts: Counts) -> NDArray[np.float64]:
    """Return ``2 found / (labelled + given)`` along the last axis; 0 where there is neither."""
    return _ratio(2 * counts[..., 0], counts[..., 1] + counts[..., 2])


def best_of(counts: Counts) -> int:
    """Return which row of ``counts``, shape (K, 3), has the highest F1 score; the middle one of equals."""
    scores = f1_scores(counts)
    best = np.flatnonzero(scores == scores.max())
    return int(best[len(best) // 2])


def reported_metrics(counts: Counts, *, measured_on: str, seed: int = 0) -> tuple[ReportedMetric, ...]:
    """Return precision, recall and F1 score of finding defects for a model card, each with its interval.

    Parameters
    ----------
    counts : array of int64, shape (I, 3)
        One row an image.
    measured_on : str
        Which images and labels.
    seed : int
        Of the resampling.

    Notes
    -----
    Counts are pooled over the images. The interval holds 95 % of 1000 resamplings of the images; one image has none.
    """
    figures = {
        "find_precision": lambda c: _ratio(c[..., 0], c[..., 2]),
        "find_recall": lambda c: _ratio(c[..., 0], c[..., 1]),
        "find_f1_score": f1_scores,
    }
    picked = np.random.default_rng(seed).integers(len(counts), size=(N_RESAMPLES, len(counts)))
    resampled, pooled = counts[picked].sum(axis=1), counts.sum(axis=0)
    reported = []
    for name, figure in figures.items():
        low, high = (float(v) for v in np.percentile(figure(resampled), [2.5, 97.5]))
        several = len(counts) > 1
        reported.append(
            ReportedMetric(
                name=name,
                value=float(figure(pooled)),
                low=low if several else None,
                high=high if several else None,
                measured_on=measured_on,
            )
        )
    return tuple(reported)


def _ratio(part: NDArray[np.int64], whole: NDArray[np.int64]) -> NDArray[np.float64]:
    ratio: NDArray[np.float64] = np.where(whole > 0, part / np.maximum(whole, 1), 0.0)
    return ratio
