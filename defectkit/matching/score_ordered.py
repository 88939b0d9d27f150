"""Score-ordered matching: COCO's way, the most confident prediction first."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from defectkit.matching.matchings import Matchings
from defectkit.matching.overlaps import Overlaps
from defectkit.matching.thresholds import threshold_array

HIGHEST_THRESHOLD = 1 - 1e-10
"""COCO caps thresholds here, so that equal masks match at 1 whatever rounding did."""


def score_ordered(overlaps: Overlaps, scores: NDArray[np.float64], iou_thresholds: Sequence[float]) -> Matchings:
    """Return the matching of each threshold in which predictions choose in descending order of score.

    Parameters
    ----------
    overlaps : Overlaps
        Of one image, or of several side by side.
    scores : numpy.ndarray, shape (n_predicted,), float64
        NaN comes last; equal scores, and those without, keep the order of the predictions.
    iou_thresholds : sequence of float
        In any order.

    Returns
    -------
    Matchings
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
    return match_in_order(overlaps, np.argsort(-scores, kind="stable"), iou_thresholds)


def match_in_order(overlaps: Overlaps, order: NDArray[np.int64], iou_thresholds: Sequence[float]) -> Matchings:
    """Return the same where the order in which predictions choose is known.

    Parameters
    ----------
    overlaps : Overlaps
    order : numpy.ndarray, shape (n_predicted,), int64
        The predictions, the one that chooses first in front.
    iou_thresholds : sequence of float
    """
    from defectkit.matching.kernels import pairs_in_order

    last_first = np.arange(overlaps.n_true - 1, -1, -1)
    truth, predicted, iou = overlaps.columns
    reachable = np.minimum(threshold_array(iou_thresholds), HIGHEST_THRESHOLD)
    pairs, offsets = pairs_in_order(predicted, truth, iou, order, last_first, reachable)
    return Matchings(overlaps=overlaps, pairs=pairs, offsets=offsets, iou_thresholds=tuple(iou_thresholds))
