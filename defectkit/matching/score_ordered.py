"""Score-ordered matching: COCO's way, the most confident prediction first."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from defectkit.matching.matching import Matching
from defectkit.matching.overlaps import Overlaps

HIGHEST_THRESHOLD = 1 - 1e-10
"""COCO caps thresholds here, so that equal masks match at 1 whatever rounding did."""


def score_ordered(
    overlaps: Overlaps, scores: NDArray[np.float64], iou_thresholds: Sequence[float]
) -> tuple[Matching, ...]:
    """Return the matching of each threshold in which predictions choose in descending order of score.

    Parameters
    ----------
    overlaps : Overlaps
        Of one image.
    scores : numpy.ndarray, shape (n_predicted,), float64
        NaN comes last; equal scores, and those without, keep the order of the predictions.
    iou_thresholds : sequence of float
        In any order.

    Returns
    -------
    tuple of Matching
        One for each threshold.

    Notes
    -----
    Each prediction takes the free truth of highest IoU, the last of equal ones, if that reaches the threshold. These
    are the matches of pycocotools for annotations of one category without ``iscrowd``; crowds are not modelled, since
    no label of a defect is one.

    Examples
    --------
    >>> pairs = Overlaps.from_dense([[0.6, 0.7]])
    >>> (matching,) = score_ordered(pairs, np.array([0.9, 0.2]), [0.5])
    >>> matching.predicted.tolist()
    [0]
    """
    candidates: list[list[tuple[float, int]]] = [[] for _ in range(overlaps.n_predicted)]
    for i, j, iou in zip(overlaps.truth.tolist(), overlaps.predicted.tolist(), overlaps.iou.tolist(), strict=True):
        candidates[j].append((iou, i))
    for choices in candidates:
        choices.sort(reverse=True)
    turns = np.argsort(-scores, kind="stable").tolist()

    def at(threshold: float) -> Matching:
        lowest = min(threshold, HIGHEST_THRESHOLD)
        used = set[int]()
        pairs = []
        for j in turns:
            best = next((choice for choice in candidates[j] if choice[1] not in used), None)
            if best is not None and best[0] >= lowest:
                used.add(best[1])
                pairs.append((best[1], j, best[0]))
        return Matching.of(pairs, n_true=overlaps.n_true, n_predicted=overlaps.n_predicted, iou_threshold=threshold)

    return tuple(at(threshold) for threshold in iou_thresholds)
