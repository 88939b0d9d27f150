"""Greedy matching: the pair of highest IoU first, then the next of those left."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from defectkit.matching.matching import Matching
from defectkit.matching.overlaps import Overlaps


def greedy(overlaps: Overlaps, iou_thresholds: Sequence[float]) -> tuple[Matching, ...]:
    """Return the greedy matching for each threshold.

    Parameters
    ----------
    overlaps : Overlaps
        Of one image.
    iou_thresholds : sequence of float
        In any order.

    Returns
    -------
    tuple of Matching
        One for each threshold.

    Notes
    -----
    Pairs are taken in descending order of IoU (equal ones in the order of truth, then prediction) where both defects
    are still free. What happens above a threshold does not depend on what comes below it, so one pass, cut at each
    threshold, is exact.

    Examples
    --------
    Greedy takes 0.50 and is left with 0.10:

    >>> one, two = greedy(Overlaps.from_dense([[0.50, 0.45], [0.48, 0.10]]), [0.3, 0.05])
    >>> one.n_found, two.n_found
    (1, 2)
    """
    order = np.argsort(-overlaps.iou, kind="stable")
    truth, predicted = overlaps.truth[order].tolist(), overlaps.predicted[order].tolist()
    used_true, used_predicted = set[int](), set[int]()
    taken = []
    for k, (i, j) in enumerate(zip(truth, predicted, strict=True)):
        if i not in used_true and j not in used_predicted:
            used_true.add(i)
            used_predicted.add(j)
            taken.append(k)
    pairs = order[taken]
    columns = np.column_stack((overlaps.truth[pairs], overlaps.predicted[pairs], overlaps.iou[pairs]))
    return tuple(
        Matching.of(
            columns[columns[:, 2] >= threshold],
            n_true=overlaps.n_true,
            n_predicted=overlaps.n_predicted,
            iou_threshold=threshold,
        )
        for threshold in iou_thresholds
    )
