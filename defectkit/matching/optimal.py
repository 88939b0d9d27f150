"""Optimal matching: as many pairs as there can be, and of those the ones that overlap most."""

from __future__ import annotations

from collections.abc import Sequence

from defectkit.matching.matchings import Matchings
from defectkit.matching.overlaps import Overlaps
from defectkit.matching.thresholds import threshold_array


def optimal(overlaps: Overlaps, iou_thresholds: Sequence[float]) -> Matchings:
    """Return, for each threshold, a one-to-one matching with the most pairs and, among those, the largest sum of IoU.

    Parameters
    ----------
    overlaps : Overlaps
        Of one image, or of several side by side.
    iou_thresholds : sequence of float
        In any order.

    Returns
    -------
    Matchings
        One for each threshold; it does not depend on the order of the defects, unless two matchings are equally good.

    Notes
    -----
    An assignment problem, solved by shortest augmenting paths [1]_ over the pairs that overlap, so that no search
    leaves the defects that overlaps link to each other. A pair weighs its IoU plus more than all IoUs of these can sum
    to, so that no overlap outweighs a pair, and what is matched does not depend on defects elsewhere.

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
    from defectkit.matching.kernels import optimal_pairs

    pairs, offsets = optimal_pairs(
        *overlaps.columns, overlaps.n_true, overlaps.n_predicted, threshold_array(iou_thresholds)
    )
    return Matchings(overlaps=overlaps, pairs=pairs, offsets=offsets, iou_thresholds=tuple(iou_thresholds))
