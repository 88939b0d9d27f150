"""Scoring: how well a network in training finds defects, and from which score on it is to be believed."""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.conventions import convention
from defectkit.detectors.card import ReportedMetric
from defectkit.matching.matchers import matcher
from defectkit.matching.overlaps import overlaps
from defectkit.measurement.stacking import Stack
from defectkit.records.instances import Instances
from defectkit.statistics import Bootstrap, percentile_interval
from defectkit.statistics.drawing import image_weights
from defectkit.statistics.scores import scores

Counts = NDArray[np.int64]
"""Last axis: defects found, defects labelled, defects given."""

MIN_SCORES = tuple(k / 20 for k in range(1, 20))
"""The lowest scores that are tried: 0.05 to 0.95."""

NAMES = {"find_precision": "precision", "find_recall": "recall", "find_f1_score": "f1_score"}
"""What a card reports of finding defects, named as an evaluation names it."""

NOTHING = 1.0
"""A score where nothing is labelled and nothing given, as an evaluation has it."""


def find_counts(truth: Instances, given: Instances, min_scores: Sequence[float] = MIN_SCORES) -> Counts:
    """Return what is found of one image's labels at each lowest score, shape (len(min_scores), 3).

    Matcher, IoU and threshold are those of the convention ``defectkit``, whatever the types, so counts and scores are
    those of :func:`defectkit.workflows.evaluate`.

    Examples
    --------
    >>> import numpy as np
    >>> square = np.ones((1, 4, 4), bool)
    >>> truth = Instances.from_masks(square, types=["bdot"], shape=(4, 4))
    >>> guess = Instances.from_masks(square, types=["bdot"], shape=(4, 4), scores=[0.6])
    >>> find_counts(truth, guess, (0.5, 0.7)).tolist()
    [[1, 1, 1], [0, 1, 0]]
    """
    ours = convention("defectkit")
    pairs = overlaps(truth, given, ours)
    sides = Stack(parts=[truth]), Stack(parts=[given])
    rule = matcher(ours.matcher).rule
    counts = np.zeros((len(min_scores), 3), dtype=np.int64)
    for k, min_score in enumerate(min_scores):
        kept = given.scores >= min_score
        (n_found,) = rule(*sides, pairs.take(kept[pairs.predicted]), [ours.iou_threshold]).n_found
        counts[k] = n_found, len(truth), np.count_nonzero(kept)
    return counts


def f1_scores(counts: Counts) -> NDArray[np.float64]:
    """Return ``2 found / (labelled + given)`` along the last axis; 1 where there is neither."""
    return scores(counts[..., 0], counts[..., 1], counts[..., 2], nothing=NOTHING).f1_score


def best_of(counts: Counts) -> int:
    """Return which row of ``counts``, shape (K, 3), has the highest F1 score; the middle one of equals."""
    reached = f1_scores(counts)
    best = np.flatnonzero(reached == reached.max())
    return int(best[len(best) // 2])


def reported_metrics(counts: Counts, *, measured_on: str, seed: int = 0) -> tuple[ReportedMetric, ...]:
    """Return precision, recall and F1 score of finding defects for a model card, each with its interval.

    Parameters
    ----------
    counts : array of int64, shape (I, 3)
        One row per image.
    measured_on : str
        Which images and labels.
    seed : int
        Of the resampling.

    Notes
    -----
    Counts are pooled over the images. Values and intervals are those that an evaluation of the same images, in the same
    order, gives with :class:`~defectkit.statistics.Bootstrap`. One image has no interval, and a score that is undefined
    (the precision where nothing is given) is not reported.
    """
    how = Bootstrap(seed=seed)
    drawn = image_weights(len(counts), how.n_resamples, seed=how.seed) @ counts
    values, resampled = (
        attrs.asdict(scores(c[..., 0], c[..., 1], c[..., 2], nothing=NOTHING)) for c in (counts.sum(axis=0), drawn)
    )
    reported = []
    for name, score in NAMES.items():
        value = float(values[score])
        if np.isnan(value):
            continue
        low, high, _ = percentile_interval(resampled[score], how.confidence)
        has_interval = len(counts) > 1 and bool(np.isfinite([low, high]).all())
        reported.append(
            ReportedMetric(
                name=name,
                value=value,
                low=float(low) if has_interval else None,
                high=float(high) if has_interval else None,
                measured_on=f"{measured_on}; {how.describe(len(counts))}" if has_interval else measured_on,
            )
        )
    return tuple(reported)
