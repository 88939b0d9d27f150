"""Selection: the defects of one type on both sides, and how they overlap."""

from __future__ import annotations

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.matching.overlaps import Overlaps
from defectkit.statistics.comparison import Comparison

Indices = NDArray[np.int64]


@attrs.frozen(kw_only=True, eq=False)
class Selection:
    """Defects of a comparison that are matched among themselves.

    Parameters
    ----------
    true, predicted : numpy.ndarray, shape (N,) and (M,), int64
        Their positions among all true and all predicted defects of the comparison.
    overlaps : Overlaps
        Of these defects, numbered as they are here.
    """

    true: Indices
    predicted: Indices
    overlaps: Overlaps


def of_type(comparison: Comparison, defect_type: str | None) -> Selection:
    """Return the defects of one type of all images; None selects all, whatever their type.

    Parameters
    ----------
    comparison : Comparison
    defect_type : str or None
    """
    overlaps = comparison.matchings.overlaps
    if defect_type is None:
        return Selection(true=np.arange(overlaps.n_true), predicted=np.arange(overlaps.n_predicted), overlaps=overlaps)
    true, predicted = comparison.true.is_type(defect_type), comparison.predicted.is_type(defect_type)
    pairs = overlaps.take(true[overlaps.truth] & predicted[overlaps.predicted])
    return Selection(
        true=np.flatnonzero(true),
        predicted=np.flatnonzero(predicted),
        overlaps=Overlaps(
            truth=(np.cumsum(true) - 1)[pairs.truth],
            predicted=(np.cumsum(predicted) - 1)[pairs.predicted],
            iou=pairs.iou,
            n_true=int(true.sum()),
            n_predicted=int(predicted.sum()),
        ),
    )
