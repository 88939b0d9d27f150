"""Lexicographic matching: the way of Jacobs et al. (2022), truths in the order of their coordinates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from defectkit.conventions import BoxRule
from defectkit.matching.matching import Matching
from defectkit.matching.overlaps import Overlaps, boxes
from defectkit.measurement.sizes import Side, outlines
from defectkit.records.instances import Instances


def lexicographic(
    overlaps: Overlaps,
    truth_order: NDArray[np.int64],
    predicted_order: NDArray[np.int64],
    iou_thresholds: Sequence[float],
) -> tuple[Matching, ...]:
    """Return the matching of each threshold in which truths choose, one after the other.

    Parameters
    ----------
    overlaps : Overlaps
        Of one image.
    truth_order, predicted_order : numpy.ndarray, shape (n_true,) and (n_predicted,), int64
        The order of the defects of each side, from :func:`reading_order`.
    iou_thresholds : sequence of float
        In any order.

    Returns
    -------
    tuple of Matching
        One for each threshold.

    Notes
    -----
    Each truth takes the free prediction of highest IoU, the first of equal ones, if that reaches the threshold;
    otherwise the prediction stays free. Types and scores play no part. How many are found depends on the order. The
    rule is that of Jacobs et al. (2022), https://doi.org/10.1016/j.xcrp.2022.100876.

    Examples
    --------
    >>> pairs = Overlaps.from_dense([[0.50, 0.45], [0.48, 0.10]])
    >>> forth, back = np.array([0, 1]), np.array([1, 0])
    >>> lexicographic(pairs, forth, forth, [0.3])[0].n_found, lexicographic(pairs, back, forth, [0.3])[0].n_found
    (1, 2)
    """
    rank = np.empty(overlaps.n_predicted, np.int64)
    rank[predicted_order] = np.arange(overlaps.n_predicted)
    candidates: list[list[tuple[float, int, int]]] = [[] for _ in range(overlaps.n_true)]
    columns = (overlaps.truth.tolist(), (-overlaps.iou).tolist(), rank[overlaps.predicted].tolist())
    for i, negative, place, j in zip(*columns, overlaps.predicted.tolist(), strict=True):
        candidates[i].append((negative, place, j))
    for choices in candidates:
        choices.sort()
    turns = truth_order.tolist()

    def at(threshold: float) -> Matching:
        used = set[int]()
        pairs = []
        for i in turns:
            best = next((choice for choice in candidates[i] if choice[2] not in used), None)
            if best is not None and -best[0] >= threshold:
                used.add(best[2])
                pairs.append((i, best[2], -best[0]))
        return Matching.of(pairs, n_true=overlaps.n_true, n_predicted=overlaps.n_predicted, iou_threshold=threshold)

    return tuple(at(threshold) for threshold in iou_thresholds)


def reading_order(instances: Instances, side: Side) -> NDArray[np.int64]:
    """Return the indices of the defects of one side, sorted by (x list, y list, type, box) of their outlines.

    Parameters
    ----------
    instances : Instances
        N defects.
    side : Side
        Of truth the drawn polygon is read, vertex by vertex as drawn and cut to integers; of a prediction the vertices
        of the hull of its pixel indices, sorted by column, then row.

    Returns
    -------
    numpy.ndarray, shape (N,), int64
    """
    rings = outlines(instances, side)
    extents = boxes(instances, side, BoxRule.DRAWN)

    def key(k: int) -> tuple[Any, ...]:
        points = [(col, row) for row, col in rings.ring(k).tolist()]
        if side is Side.PREDICTION:
            points.sort()
        top, left, bottom, right = extents[k].tolist()
        return [x for x, _ in points], [y for _, y in points], names[k], (left, top, right, bottom)

    names = instances.type_names
    return np.array(sorted(range(len(instances)), key=key), dtype=np.int64)
