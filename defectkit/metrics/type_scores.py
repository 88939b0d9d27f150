"""Type scores: precision, recall and F1 of the type of defects, over found pairs and from end to end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

import attrs
import numpy as np
from numpy.typing import ArrayLike, NDArray

from defectkit.metrics.confusion import confusion_counts
from defectkit.metrics.find import SCORES, TITLES
from defectkit.metrics.interface import Metric
from defectkit.statistics.comparison import Comparison, Part
from defectkit.statistics.scores import Scores, scores
from defectkit.statistics.totals import Totals
from defectkit.statistics.units import Sum, Units
from defectkit.statistics.variables import Variable, overall

if TYPE_CHECKING:
    pass


def type_scores(matrices: ArrayLike) -> Scores:
    """Return precision, recall and F1 of each type over found pairs.

    Parameters
    ----------
    matrices : array_like, shape (..., types, types)
        Counts of found pairs, true type by predicted type.

    Returns
    -------
    Scores
        Arrays of shape (..., types + 1): each type, then all pairs together, where all three are the share of pairs
        with the right type. NaN for a type without a pair on either side.

    Examples
    --------
    >>> type_scores([[8, 2], [1, 9]]).f1_score.round(3).tolist()
    [0.842, 0.857, 0.85]
    """
    m = np.asarray(matrices, np.float64)
    right = np.diagonal(m, axis1=-2, axis2=-1)
    return scores(_with_total(right), _with_total(m.sum(axis=-1)), _with_total(m.sum(axis=-2)), nothing=np.nan)


def end_to_end_scores(matrices: ArrayLike) -> Scores:
    """Return precision, recall and F1 of each type where misses and false finds count.

    Parameters
    ----------
    matrices : array_like, shape (..., types + 1, types + 1)
        Counts, true type by predicted type, with the background last.

    Returns
    -------
    Scores
        Arrays of shape (..., types + 1): each type, then all together. Right is a pair of one type; all predicted and
        all true defects of the type are below. NaN for a type that is on neither side.

    Examples
    --------
    Of ten dots eight were found, two of these taken for loops; one dot was predicted where nothing is:

    >>> s = end_to_end_scores([[6, 2, 2], [0, 0, 0], [1, 0, 0]])
    >>> s.precision.round(3).tolist(), s.recall.tolist()
    ([0.857, 0.0, 0.667], [0.6, nan, 0.6])
    """
    m = np.asarray(matrices, np.float64)
    right = np.diagonal(m, axis1=-2, axis2=-1)[..., :-1]
    true, predicted = m.sum(axis=-1)[..., :-1], m.sum(axis=-2)[..., :-1]
    return scores(_with_total(right), _with_total(true), _with_total(predicted), nothing=np.nan)


def cohen_kappa(matrices: ArrayLike) -> NDArray[np.float64]:
    """Return Cohen's kappa of the types of found pairs.

    Parameters
    ----------
    matrices : array_like, shape (..., types, types)

    Returns
    -------
    numpy.ndarray, shape (...), float64
        1 for full agreement, 0 for what chance gives; NaN without a pair, and where both sides know a single type, so
        that agreement could not fail.

    Notes
    -----
    ``(p_o - p_e) / (1 - p_e)`` with the share of pairs that agree and the share expected of the two sides' frequencies,
    https://doi.org/10.1177/001316446002000104.

    Examples
    --------
    >>> float(cohen_kappa([[8, 2], [1, 9]]).round(3))
    0.7
    """
    m = np.asarray(matrices, np.float64)
    n = m.sum(axis=(-2, -1))
    with np.errstate(divide="ignore", invalid="ignore"):  # the NaN cases of the docstring
        observed = np.trace(m, axis1=-2, axis2=-1) / n
        expected = (m.sum(axis=-1) * m.sum(axis=-2)).sum(axis=-1) / n**2
        kappa = (observed - expected) / (1 - expected)
    return np.asarray(np.where(expected == 1, np.nan, kappa))


def _with_total(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.concatenate([values, values.sum(axis=-1, keepdims=True)], axis=-1)


def _variables(comparison: Comparison, prefix: str, title: str, values: Scores) -> dict[str, Variable]:
    variables: dict[str, Variable] = {}
    for name in SCORES:
        variable = Variable(
            dims=("iou_threshold", "defect_type"),
            values=getattr(values, name),
            long_name=f"{TITLES[name]} of {title}",
        )
        variables |= {f"{prefix}_{name}": variable, **overall(comparison, f"{prefix}_{name}", variable)}
    return variables


@attrs.frozen(kw_only=True)
class TypeScores(Metric):
    """Precision, recall, F1 and kappa of the type over found pairs.

    Notes
    -----
    Variables ``type_precision``, ``type_recall`` and ``type_f1_score`` (iou_threshold, defect_type), pooled over
    images, where ``all`` is the share of pairs with the right type; each with ``overall_``, the unweighted mean over
    the types of the convention (the "defect ID" scores of Jacobs et al. 2022,
    https://doi.org/10.1016/j.xcrp.2022.100876), and ``undefined_overall_``; ``type_kappa`` (iou_threshold). Types
    without a found pair on either side are NaN and left out of the mean.
    """

    name: ClassVar[str] = "type"
    description: ClassVar[str] = "Precision, recall, F1 and kappa of the type, over the pairs that were found."
    needs: ClassVar[frozenset[Part]] = frozenset()

    def sums(self, units: Units) -> Mapping[str, Sum]:
        """Return the confusion matrix of each unit."""
        return {"confusion": confusion_counts(units)}

    def values(self, totals: Totals) -> Mapping[str, Variable]:
        """Return the scores, for each IoU threshold."""
        found = totals["confusion"][..., :-1, :-1]
        variables = _variables(totals.comparison, "type", "the type of found defects", type_scores(found))
        variables["type_kappa"] = Variable(
            dims=("iou_threshold",), values=cohen_kappa(found), long_name="Cohen's kappa of the type of found defects"
        )
        return variables


@attrs.frozen(kw_only=True)
class EndToEnd(Metric):
    """Precision, recall and F1 of finding a defect and giving it its type.

    Notes
    -----
    Variables ``end_to_end_precision``, ``end_to_end_recall`` and ``end_to_end_f1_score`` (iou_threshold, defect_type),
    pooled over images, each with ``overall_`` and ``undefined_overall_``. Pairs are matched without regard to type;
    those of one type are right, and all misses and false finds count. A type on neither side is NaN.
    """

    name: ClassVar[str] = "end-to-end"
    description: ClassVar[str] = "Precision, recall and F1 of each type where misses and false finds count as well."
    needs: ClassVar[frozenset[Part]] = frozenset()

    def sums(self, units: Units) -> Mapping[str, Sum]:
        """Return the confusion matrix of each unit."""
        return {"confusion": confusion_counts(units)}

    def values(self, totals: Totals) -> Mapping[str, Variable]:
        """Return the scores, for each IoU threshold."""
        values = end_to_end_scores(totals["confusion"])
        return _variables(totals.comparison, "end_to_end", "finding and typing defects", values)
