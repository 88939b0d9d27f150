"""Average precision: COCO's area under the precision-recall curve, without its cap on detections."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import attrs
import numpy as np
from numpy.typing import ArrayLike, NDArray

from defectkit.matching.score_ordered import in_turn
from defectkit.metrics.interface import Metric
from defectkit.statistics.cached import cached
from defectkit.statistics.comparison import Comparison, Part
from defectkit.statistics.selection import of_type
from defectkit.statistics.variables import Variable, dataset, overall

if TYPE_CHECKING:
    import xarray

Floats = NDArray[np.float64]

COCO_THRESHOLDS = tuple(np.linspace(0.5, 0.95, 10).tolist())
"""0.50, 0.55, ... 0.95, to the bits that pycocotools uses."""

RECALLS = np.linspace(0.0, 1.0, 101)


def interpolated_average_precision(scores: ArrayLike, is_found: ArrayLike, n_true: int) -> float:
    """Return the mean precision at 101 recalls.

    Parameters
    ----------
    scores : array_like, shape (N,)
        Of all predictions of all images, without NaN.
    is_found : array_like, shape (N,), bool
        Whether each stands for a true defect.
    n_true : int

    Returns
    -------
    float
        NaN if there is no true defect; 0 if there are some and nothing was predicted.

    Notes
    -----
    Predictions are sorted by descending score, equal ones in their order. The precision at a recall is the highest at
    that recall or any larger one, 0 beyond the largest reached, as in pycocotools.

    Examples
    --------
    >>> round(interpolated_average_precision([0.9, 0.8, 0.7], [True, False, True], 2), 4)
    0.835
    """
    order = np.argsort(-np.asarray(scores, np.float64), kind="stable")
    return _interpolated(np.asarray(is_found, np.bool_)[order], n_true)


def _interpolated(found: NDArray[np.bool_], n_true: int) -> float:
    """Return the mean precision at 101 recalls of predictions in descending order of score.

    Only where something is found does the recall rise, and is the precision higher than just before.
    """
    if n_true == 0:
        return float("nan")
    places = np.flatnonzero(found)
    hits = np.arange(1, places.size + 1, dtype=np.float64)
    precision = hits / (places + 1 + np.spacing(1))
    highest = np.maximum.accumulate(precision[::-1])[::-1]
    at = np.searchsorted(hits / n_true, RECALLS, side="left")
    return float(np.append(highest, 0.0)[at].mean())


def average_precisions(comparison: Comparison, defect_type: str | None) -> Floats:
    """Return the average precision at each of :data:`COCO_THRESHOLDS`, shape (10,).

    Parameters
    ----------
    comparison : Comparison
    defect_type : str or None
        The type whose defects are matched among themselves; None for all defects without regard to type.

    Returns
    -------
    numpy.ndarray, shape (10,), float64
        NaN without a true defect of the type, and where a prediction has no score.
    """
    own = of_type(comparison, defect_type)
    if np.isnan(comparison.predicted.scores[own.predicted]).any():
        return np.full(len(COCO_THRESHOLDS), np.nan)
    number = np.full(comparison.predicted.n, -1, np.int64)
    number[own.predicted] = np.arange(len(own.predicted))
    turns = number[_by_score(comparison)]
    turns = turns[turns >= 0]
    place = np.empty_like(turns)
    place[turns] = np.arange(len(turns))
    matchings = in_turn(own.overlaps, turns, COCO_THRESHOLDS)
    found = np.zeros((len(COCO_THRESHOLDS), len(turns)), np.bool_)
    found[matchings.thresholds_of_pairs, place[own.overlaps.predicted[matchings.pairs]]] = True
    return np.array([_interpolated(row, own.overlaps.n_true) for row in found])


@cached
def _by_score(comparison: Comparison) -> NDArray[np.int64]:
    """Return the predicted defects of all images in descending order of score, equal ones in their order."""
    return np.argsort(-comparison.predicted.scores, kind="stable")


@attrs.frozen(kw_only=True)
class AveragePrecision(Metric):
    """COCO's average precision, with the IoU of the convention.

    Notes
    -----
    Variables ``average_precision``, the mean over the IoU thresholds 0.50, 0.55, ... 0.95, ``average_precision_50`` and
    ``average_precision_75`` (defect_type); ``all`` disregards types. Each with ``overall_``, the mean over types
    (COCO's mAP), and ``undefined_overall_``. Matching is COCO's, whatever the convention's matcher is; under mask IoU
    the figures are those of pycocotools (``segm``) with ``maxDets`` above the number of predictions, under box IoU
    those of ``bbox``. All areas count. Predictions without scores, such as people's labels, have no average precision:
    NaN.

    T.-Y. Lin et al. (2014), https://doi.org/10.1007/978-3-319-10602-1_48
    """

    name: ClassVar[str] = "average-precision"
    description: ClassVar[str] = "COCO's AP, AP50 and AP75 of each type, without a cap on detections."
    needs: ClassVar[frozenset[Part]] = frozenset()

    def compute(self, comparison: Comparison) -> xarray.Dataset:
        """Return the average precisions."""
        table = np.array([average_precisions(comparison, t) for t in (*comparison.types, None)])
        columns = {
            "average_precision": (table.mean(axis=1), "average precision at IoU 0.50 to 0.95"),
            "average_precision_50": (table[:, 0], "average precision at IoU 0.50"),
            "average_precision_75": (table[:, 5], "average precision at IoU 0.75"),
        }
        variables: dict[str, Variable] = {}
        for name, (values, title) in columns.items():
            variable = Variable(dims=("defect_type",), values=values, long_name=title)
            variables |= {name: variable, **overall(comparison, name, variable)}
        return dataset(comparison, variables)
