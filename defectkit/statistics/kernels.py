"""Compiled kernels of statistics that depend on an order, not on sums: of scores, or of sizes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from defectkit.geometry.kernels.jit import Column, kernel

Floats = NDArray[np.float64]


@kernel
def precisions_at_recalls(weights: Column, unit: Column, found: Column, n_true: Column, recalls: Column) -> Floats:
    """Return the interpolated precision at each recall, shape (B, T, recalls); NaN without a true defect.

    Predictions come in descending order of score, each with its unit; ``found`` (T, M) says which stand for a true
    defect. One of weight ``w`` counts as ``w`` equal ones. The precision at a recall is the highest at that recall or
    any larger one, 0 beyond the largest reached. Only where something is found does the recall rise.
    """
    n_thresholds, n = found.shape
    result = np.full((weights.shape[0], n_thresholds, recalls.size), np.nan)
    places = np.empty(found.sum(), np.int64)
    first = np.zeros(n_thresholds + 1, np.int64)
    for t in range(n_thresholds):
        first[t + 1] = first[t]
        for m in range(n):
            if found[t, m]:
                places[first[t + 1]] = m
                first[t + 1] += 1
    own = np.empty(n, np.float64)
    every = np.empty(n, np.float64)
    needed = np.empty(recalls.size, np.float64)
    for b in range(weights.shape[0]):
        if not n_true[b] > 0:
            continue
        total = 0.0
        for m in range(n):
            own[m] = weights[b, unit[m]]
            total += own[m]
            every[m] = total + np.spacing(1.0)
        for k in range(recalls.size):
            needed[k] = _hits_for(recalls[k], n_true[b])
        for t in range(n_thresholds):
            hits = 0.0
            for j in range(first[t], first[t + 1]):
                hits += own[places[j]]
            k = recalls.size - 1
            highest = 0.0
            for j in range(first[t + 1] - 1, first[t] - 1, -1):
                m = places[j]
                if own[m] > 0:
                    while k >= 0 and hits < needed[k]:
                        result[b, t, k] = highest
                        k -= 1
                    highest = max(highest, hits / every[m])
                    hits -= own[m]
            while k >= 0:
                result[b, t, k] = highest
                k -= 1
    return result


@kernel
def _hits_for(recall: float, n_true: float) -> float:
    """Return the lowest number of hits whose share of ``n_true``, as it is rounded, reaches a recall."""
    hits: float = np.ceil(recall * n_true)
    while hits > 0 and (hits - 1) / n_true >= recall:
        hits -= 1
    while hits / n_true < recall:
        hits += 1
    return hits


@kernel
def distribution_distances(weights: Column, unit: Column, is_true: Column, values: Column) -> Floats:
    """Return the largest gap of two weighted cumulative distributions and the area between them, shape (B, 2).

    Values of both sides come ascending, each with its unit. NaN where a side has no weight.
    """
    result = np.full((weights.shape[0], 2), np.nan)
    for b in range(weights.shape[0]):
        n_true = 0.0
        n_predicted = 0.0
        for m in range(values.size):
            if is_true[m]:
                n_true += weights[b, unit[m]]
            else:
                n_predicted += weights[b, unit[m]]
        if not (n_true > 0 and n_predicted > 0):
            continue
        largest = 0.0
        area = 0.0
        below_true = 0.0
        below_predicted = 0.0
        for m in range(values.size):
            if is_true[m]:
                below_true += weights[b, unit[m]]
            else:
                below_predicted += weights[b, unit[m]]
            if m + 1 == values.size or values[m + 1] > values[m]:
                gap = abs(below_true / n_true - below_predicted / n_predicted)
                largest = max(largest, gap)
                if m + 1 < values.size:
                    area += gap * (values[m + 1] - values[m])
        result[b, 0] = largest
        result[b, 1] = area
    return result
