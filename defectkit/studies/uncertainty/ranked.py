"""Ranked: statistics that depend on the order of scores or sizes, for weighted defects."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from defectkit.metrics.average_precision import COCO_THRESHOLDS, RECALLS
from defectkit.statistics.variables import SUBSETS
from defectkit.studies.uncertainty.evidence import Evidence
from defectkit.studies.uncertainty.sums import Sums

Floats = NDArray[np.float64]


def average_precisions(evidence: Evidence, totals: Sums) -> Floats:
    """Return the average precision of each type, then of all, at each of COCO's thresholds, shape (B, K + 1, 10).

    Notes
    -----
    A prediction of weight ``w`` counts as ``w`` equal predictions. Those of equal score keep the order of the sample.
    """
    n_types, n_resamples = len(evidence.types), len(totals.true_weights)
    result = np.full((n_resamples, n_types + 1, len(COCO_THRESHOLDS)), np.nan)
    for k in range(n_types + 1):
        everything = k == n_types
        own = np.arange(len(evidence.scores)) if everything else np.flatnonzero(evidence.predicted.code == k)
        true = totals.true_weights if everything else totals.true_weights[:, evidence.true.code == k]
        if np.isnan(evidence.scores[own]).any():
            continue
        order = own[np.argsort(-evidence.scores[own], kind="stable")]
        weights = totals.predicted_weights[:, order]
        partner = evidence.coco_partner[0 if everything else 1, order]
        for t in range(len(COCO_THRESHOLDS)):
            result[:, k, t] = _average_precision(weights, partner[:, t] >= 0, true.sum(axis=1))
    return result


def _average_precision(weights: Floats, is_found: NDArray[np.bool_], n_true: Floats) -> Floats:
    hits = np.cumsum(weights * is_found, axis=1)
    every = np.cumsum(weights, axis=1)
    precision = hits / (every + np.spacing(1))
    highest = np.maximum.accumulate(precision[:, ::-1], axis=1)[:, ::-1]
    beyond = np.zeros((len(weights), 1))
    heights = np.concatenate([highest, beyond], axis=1)
    values = np.full(len(weights), np.nan)
    for b, n in enumerate(n_true):
        if n > 0:
            at = np.searchsorted(hits[b] / n, RECALLS, side="left")
            values[b] = heights[b, np.minimum(at, weights.shape[1])].mean()
    return values


def size_distances(evidence: Evidence, totals: Sums) -> Mapping[str, Floats]:
    """Return the statistics of the metric ``size-distribution``, shape (B, 2, K + 1)."""
    n_types, n_resamples = len(evidence.types), len(totals.true_weights)
    shape = (n_resamples, len(SUBSETS), n_types + 1)
    ks, movers = np.full(shape, np.nan), np.full(shape, np.nan)
    partner = evidence.partner_at[:, evidence.primary]
    found = (np.isin(np.arange(len(evidence.true.code)), partner), partner >= 0)
    for s in range(len(SUBSETS)):
        for k in range(n_types + 1):
            sides = []
            for column, is_found, weights in (
                (evidence.true, found[0], totals.true_weights),
                (evidence.predicted, found[1], totals.predicted_weights),
            ):
                picked = ~np.isnan(column.size)
                if s == 1:
                    picked &= is_found
                if k < n_types:
                    picked &= column.code == k
                sides.append((column.size[picked], weights[:, picked]))
            ks[:, s, k], movers[:, s, k] = _distances(*sides)
    return {"size_ks_distance": ks, "size_earth_movers_distance": movers}


def _distances(true: tuple[Floats, Floats], predicted: tuple[Floats, Floats]) -> tuple[Floats, Floats]:
    """Return Kolmogorov-Smirnov and earth mover's distance of weighted values, NaN where a side has no weight."""
    values = np.concatenate([true[0], predicted[0]])
    n_resamples = len(true[1])
    if not values.size:
        return np.full(n_resamples, np.nan), np.full(n_resamples, np.nan)
    order = np.argsort(values, kind="stable")
    ascending = values[order]
    starts = np.flatnonzero(np.diff(ascending, prepend=-np.inf) > 0)
    shares = []
    for own, other, first in ((true[1], predicted[1], True), (predicted[1], true[1], False)):
        nothing = np.zeros_like(other)
        weights = np.concatenate([own, nothing] if first else [nothing, own], axis=1)[:, order]
        with np.errstate(invalid="ignore"):  # a side without weight is NaN
            shares.append(np.cumsum(np.add.reduceat(weights, starts, axis=1), axis=1) / own.sum(axis=1)[:, None])
    apart = np.abs(shares[0] - shares[1])
    return apart.max(axis=1), (apart[:, :-1] * np.diff(ascending[starts])).sum(axis=1)
