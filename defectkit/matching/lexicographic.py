"""Lexicographic matching: the way of Jacobs et al. (2022), truths in the order of their coordinates."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from defectkit.conventions import BoxRule
from defectkit.geometry.polygons import Polygons
from defectkit.matching.matchings import Matchings
from defectkit.matching.overlaps import Overlaps, boxes
from defectkit.matching.thresholds import threshold_array
from defectkit.measurement.outlines import Side, outlines
from defectkit.records.instances import Instances


def lexicographic(
    overlaps: Overlaps,
    truth_order: NDArray[np.int64],
    predicted_order: NDArray[np.int64],
    iou_thresholds: Sequence[float],
) -> Matchings:
    """Return the matching of each threshold in which truths choose, one after the other.

    Parameters
    ----------
    overlaps : Overlaps
        Of one image, or of several side by side.
    truth_order, predicted_order : numpy.ndarray, shape (n_true,) and (n_predicted,), int64
        The order of the defects of each side, from :func:`reading_order`.
    iou_thresholds : sequence of float
        In any order.

    Returns
    -------
    Matchings
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
    from defectkit.matching.kernels import pairs_in_order

    rank = np.empty(overlaps.n_predicted, np.int64)
    rank[predicted_order] = np.arange(overlaps.n_predicted)
    pairs, offsets = pairs_in_order(*overlaps.columns, truth_order, rank, threshold_array(iou_thresholds))
    return Matchings(overlaps=overlaps, pairs=pairs, offsets=offsets, iou_thresholds=tuple(iou_thresholds))


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
    names = instances.type_names

    def key(k: int) -> tuple[Any, ...]:
        ring = rings.vertices[rings.offsets[k] : rings.offsets[k + 1]]
        points = [(col, row) for row, col in ring.tolist()]
        if side is Side.PREDICTION:
            points.sort()
        top, left, bottom, right = extents[k].tolist()
        return [x for x, _ in points], [y for _, y in points], names[k], (left, top, right, bottom)

    first = _first_columns(rings, side)
    order = np.argsort(first, kind="stable")
    differs = np.flatnonzero(first[order][1:] != first[order][:-1]) + 1
    for begin, end in itertools.pairwise([0, *differs.tolist(), len(order)]):
        if end - begin > 1:
            order[begin:end] = sorted(order[begin:end].tolist(), key=key)
    return order


def _first_columns(rings: Polygons, side: Side) -> NDArray[np.float64]:
    """Return the x with which the list of each ring begins: by it alone most are told apart; -inf for no vertex."""
    drawn = np.diff(rings.offsets) > 0
    first = np.full(len(rings), -np.inf)
    if drawn.any():
        columns, begin = rings.vertices[:, 1], rings.offsets[:-1][drawn]
        first[drawn] = columns[begin] if side is Side.TRUTH else np.minimum.reduceat(columns, begin)
    return first
