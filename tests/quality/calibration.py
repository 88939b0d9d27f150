"""Calibration: whether a probability of 0.7 is right seven times of ten, and what a threshold does to the count."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import attrs
import numpy as np

from defectkit.geometry.overlap import iou_pairs
from defectkit.records import Instances
from tests.quality.sets import QualitySet

BINS = np.linspace(0, 1, 11)
THRESHOLDS = np.round(np.arange(0.05, 0.96, 0.05), 2)
IOU = 0.3


@attrs.frozen(kw_only=True)
class Reliability:
    """Of the candidates of each bin of probability: how many, their mean probability, and the share that was right."""

    n: tuple[int, ...]
    predicted: tuple[float, ...]
    right: tuple[float, ...]


def reliability(held: QualitySet, candidates: Mapping[str, Instances]) -> Reliability:
    """Return the reliability of the scores of candidates."""
    scores, right = [], []
    for name, truth in held.truth.items():
        scores.append(candidates[name].scores)
        right.append(true_finds(candidates[name], truth))
    p, r = np.concatenate(scores), np.concatenate(right).astype(float)
    which = np.clip(np.digitize(p, BINS) - 1, 0, len(BINS) - 2)
    n = np.bincount(which, minlength=len(BINS) - 1)
    means = [np.bincount(which, values, len(BINS) - 1) / np.maximum(n, 1) for values in (p, r)]
    return Reliability(n=tuple(map(int, n)), predicted=tuple(map(float, means[0])), right=tuple(map(float, means[1])))


def true_finds(found: Instances, truth: Instances, iou: float = IOU) -> np.ndarray:
    """Return which of ``found`` are right: pairs are made from the highest IoU down, each defect once."""
    pairs = iou_pairs(found.runs, truth.runs)
    right, taken = np.zeros(len(found), bool), np.zeros(len(truth), bool)
    for k in np.argsort(-pairs.iou, kind="stable"):
        a, b = pairs.first[k], pairs.second[k]
        if pairs.iou[k] >= iou and not right[a] and not taken[b]:
            right[a] = taken[b] = True
    return right


def counts(held: QualitySet, candidates: Mapping[str, Instances]) -> Sequence[float]:
    """Return how many candidates reach each threshold, as a part of the true number."""
    scores = np.concatenate([candidates[name].scores for name in held.truth])
    n_true = sum(len(truth) for truth in held.truth.values())
    return [float((scores >= threshold).sum() / n_true) for threshold in THRESHOLDS]
