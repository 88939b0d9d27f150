"""Average precision: COCO's area under the precision-recall curve, without its cap on detections."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

import attrs
import numpy as np
from numpy.typing import ArrayLike, NDArray

from defectkit.matching.score_ordered import match_in_order
from defectkit.metrics.interface import Metric
from defectkit.statistics.cached import cached
from defectkit.statistics.comparison import Comparison, Part
from defectkit.statistics.selection import of_type
from defectkit.statistics.totals import Totals
from defectkit.statistics.units import Sum, Units
from defectkit.statistics.variables import Variable, overall

if TYPE_CHECKING:
    pass

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
    from defectkit.statistics.kernels import precisions_at_recalls

    order = np.argsort(-np.asarray(scores, np.float64), kind="stable")
    found = np.asarray(is_found, np.bool_)[order]
    one = np.ones((1, 1))
    precisions = precisions_at_recalls(one, np.zeros(len(found), np.int64), found[None], one[0] * n_true, RECALLS)
    return float(precisions.mean())


@attrs.frozen(kw_only=True, eq=False)
class Ranked:
    """The predictions of one type, or of all, in descending order of score, equal ones in their order.

    Parameters
    ----------
    unit : numpy.ndarray, shape (M,), int64
        The unit of each.
    found : numpy.ndarray, shape (10, M), bool
        Which stand for a true defect at each of :data:`COCO_THRESHOLDS`.
    has_scores : bool
        Whether all of them have a score.
    """

    unit: NDArray[np.int64]
    found: NDArray[np.bool_]
    has_scores: bool

    @classmethod
    def of(cls, units: Units, defect_type: str | None) -> Ranked:
        """Match the defects of a type among themselves; None takes all, whatever their type."""
        comparison = units.comparison
        own = of_type(comparison, defect_type)
        number = np.full(comparison.predicted.n, -1, np.int64)
        number[own.predicted] = np.arange(len(own.predicted))
        order = number[_by_score(comparison)]
        order = order[order >= 0]
        place = np.empty_like(order)
        place[order] = np.arange(len(order))
        matchings = match_in_order(own.overlaps, order, COCO_THRESHOLDS)
        found = np.zeros((len(COCO_THRESHOLDS), len(order)), np.bool_)
        found[matchings.thresholds_of_pairs, place[own.overlaps.predicted[matchings.pairs]]] = True
        unit = units.of_predicted[own.predicted[order]]
        return cls(unit=unit, found=found, has_scores=not np.isnan(comparison.predicted.scores[own.predicted]).any())

    def average_precisions(self, weights: Floats, n_true: Floats) -> Floats:
        """Return the average precision at each threshold in B resamples, shape (B, 10).

        Parameters
        ----------
        weights : numpy.ndarray, shape (B, U)
            How often each unit is there; a prediction of weight ``w`` counts as ``w`` equal ones.
        n_true : numpy.ndarray, shape (B,)
        """
        from defectkit.statistics.kernels import precisions_at_recalls

        if not self.has_scores:
            return np.full((len(weights), len(COCO_THRESHOLDS)), np.nan)
        return np.asarray(precisions_at_recalls(weights, self.unit, self.found, n_true, RECALLS).mean(axis=-1))


@cached
def _by_score(comparison: Comparison) -> NDArray[np.int64]:
    """Return the predicted defects of all images in descending order of score, equal ones in their order."""
    return np.argsort(-comparison.predicted.scores, kind="stable")


@cached
def ranked(units: Units) -> tuple[Ranked, ...]:
    """Return the ranked predictions of each type, then of all."""
    return tuple(Ranked.of(units, defect_type) for defect_type in (*units.comparison.types, None))


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

    def sums(self, units: Units) -> Mapping[str, Sum]:
        """Return the number of true defects of each type, then of all."""
        n_types = len(units.comparison.types)
        by_type = units.counted(units.of_true, units.comparison.true.codes, (n_types,)).values
        return {"true": Sum(values=np.concatenate([by_type, by_type.sum(axis=1, keepdims=True)], axis=1))}

    def values(self, totals: Totals) -> Mapping[str, Variable]:
        """Return the average precisions."""
        weights, n_true = totals.drawn.unit_weights, totals["true"].astype(np.float64)
        each = [r.average_precisions(weights, n_true[:, k].copy()) for k, r in enumerate(ranked(totals.units))]
        table = np.stack(each, axis=1)
        columns = {
            "average_precision": (table.mean(axis=-1), "average precision at IoU 0.50 to 0.95"),
            "average_precision_50": (table[..., 0], "average precision at IoU 0.50"),
            "average_precision_75": (table[..., 5], "average precision at IoU 0.75"),
        }
        variables: dict[str, Variable] = {}
        for name, (values, title) in columns.items():
            variable = Variable(dims=("defect_type",), values=values, long_name=title)
            variables |= {name: variable, **overall(totals.comparison, name, variable)}
        return variables
