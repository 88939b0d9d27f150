"""Greedy matching: the pair of highest IoU first, then the next of those left."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from defectkit.matching.matchings import Matchings
from defectkit.matching.overlaps import Overlaps
from defectkit.matching.thresholds import threshold_array


def greedy(overlaps: Overlaps, iou_thresholds: Sequence[float]) -> Matchings:
    """Return the greedy matching for each threshold.

    Parameters
    ----------
    overlaps : Overlaps
        Of one image, or of several side by side.
    iou_thresholds : sequence of float
        In any order.

    Returns
    -------
    Matchings
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
    from defectkit.matching.kernels import greedy_pairs

    order = np.argsort(-overlaps.iou, kind="stable")
    pairs, offsets = greedy_pairs(
        *overlaps.columns, order, overlaps.n_true, overlaps.n_predicted, threshold_array(iou_thresholds)
    )
    return Matchings(overlaps=overlaps, pairs=pairs, offsets=offsets, iou_thresholds=tuple(iou_thresholds))
