"""Optimal matching: as many pairs as there can be, and of those the ones that overlap most."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from defectkit.matching.matching import Matching
from defectkit.matching.overlaps import Overlaps

Indices = NDArray[np.int64]


def optimal(overlaps: Overlaps, iou_thresholds: Sequence[float]) -> tuple[Matching, ...]:
    """Return, for each threshold, a one-to-one matching with the most pairs and, among those, the largest sum of IoU.

    Parameters
    ----------
    overlaps : Overlaps
        Of one image.
    iou_thresholds : sequence of float
        In any order.

    Returns
    -------
    tuple of Matching
        One for each threshold; it does not depend on the order of the defects, unless two matchings are equally good.

    Notes
    -----
    An assignment problem [1]_ for each group of defects that overlaps link to each other. A pair weighs its IoU plus
    more than all IoUs of its group can sum to, so that no overlap outweighs a pair.

    References
    ----------
    .. [1] D. F. Crouse, On implementing 2D rectangular assignment algorithms, IEEE Trans. Aerosp. Electron. Syst. 52
       (2016) 1679, https://doi.org/10.1109/TAES.2016.140952

    Examples
    --------
    >>> (both,) = optimal(Overlaps.from_dense([[0.50, 0.45], [0.48, 0.10]]), [0.3])
    >>> list(zip(both.truth.tolist(), both.predicted.tolist()))
    [(0, 1), (1, 0)]
    """
    return tuple(_optimal(overlaps.take(overlaps.iou >= threshold), threshold) for threshold in iou_thresholds)


def _optimal(candidates: Overlaps, threshold: float) -> Matching:
    truth, predicted = candidates.truth, candidates.predicted
    rivals_true = np.bincount(truth, minlength=candidates.n_true)[truth]
    rivals_predicted = np.bincount(predicted, minlength=candidates.n_predicted)[predicted]
    alone = (rivals_true == 1) & (rivals_predicted == 1)
    chosen = [np.flatnonzero(alone)]
    contested = np.flatnonzero(~alone)
    chosen += [
        group[_assign(truth[group], predicted[group], candidates.iou[group])]
        for group in _groups(contested, truth, predicted)
    ]
    pairs = np.concatenate(chosen)
    return Matching.of(
        np.column_stack((truth[pairs], predicted[pairs], candidates.iou[pairs])),
        n_true=candidates.n_true,
        n_predicted=candidates.n_predicted,
        iou_threshold=threshold,
    )


def _groups(contested: Indices, truth: Indices, predicted: Indices) -> list[Indices]:
    """Return the contested pairs, those of defects that are linked by overlaps together."""
    parent: dict[int, int] = {}

    def root(node: int) -> int:
        while (above := parent.setdefault(node, node)) != node:
            parent[node] = node = parent[above]
        return node

    trues, others = truth[contested].tolist(), (~predicted[contested]).tolist()  # ~ keeps the two sides apart
    for i, j in zip(trues, others, strict=True):
        parent[root(i)] = root(j)
    groups: dict[int, list[int]] = {}
    for pair, i in zip(contested.tolist(), trues, strict=True):
        groups.setdefault(root(i), []).append(pair)
    return [np.array(group) for group in groups.values()]


def _assign(truth: Indices, predicted: Indices, iou: NDArray[np.float64]) -> Indices:
    """Return which pairs of one group to choose."""
    from scipy.optimize import linear_sum_assignment

    rows, row = np.unique(truth, return_inverse=True)
    columns, column = np.unique(predicted, return_inverse=True)
    pair_at = np.full((rows.size, columns.size), -1)
    pair_at[row, column] = np.arange(iou.size)
    weights = np.where(pair_at >= 0, iou[pair_at] + min(rows.size, columns.size) + 1, 0.0)
    picked = pair_at[linear_sum_assignment(weights, maximize=True)]
    return picked[picked >= 0]
