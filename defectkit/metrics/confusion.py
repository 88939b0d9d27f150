"""Confusion: which type was predicted for which, with what was missed and what was not there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

import attrs

from defectkit.metrics.interface import Metric
from defectkit.statistics.cached import cached
from defectkit.statistics.comparison import Part
from defectkit.statistics.totals import Totals
from defectkit.statistics.units import Sum, Units
from defectkit.statistics.variables import Variable

if TYPE_CHECKING:
    pass


@cached
def confusion_counts(units: Units) -> Sum:
    """Return what each unit adds to the confusion matrix at each IoU threshold.

    Parameters
    ----------
    units : Units

    Returns
    -------
    Sum
        Of int64, shape (U, thresholds, types + 1, types + 1). Rows are true types, columns predicted ones. The last row
        holds what was predicted and is not there, the last column what was missed; their common element is 0, since
        nothing is neither.
    """
    comparison = units.comparison
    n_thresholds, k = len(comparison.iou_thresholds), len(comparison.types) + 1
    matchings, pairs = comparison.matchings, comparison.matchings.overlaps
    types_of_pairs = comparison.true.codes[pairs.truth] * k + comparison.predicted.codes[pairs.predicted]
    counts = units.counted(
        units.of_predicted[pairs.predicted][matchings.pairs],
        types_of_pairs[matchings.pairs] + matchings.thresholds_of_pairs * k**2,
        (n_thresholds, k, k),
    ).values
    true = units.counted(units.of_true, comparison.true.codes, (1, k)).values
    predicted = units.counted(units.of_predicted, comparison.predicted.codes, (1, k)).values
    counts[..., :, -1] = true - counts[..., :, :-1].sum(axis=-1)
    counts[..., -1, :] = predicted - counts[..., :-1, :].sum(axis=-2)
    counts[..., -1, -1] = 0
    counts.flags.writeable = False
    return Sum(values=counts)


@attrs.frozen(kw_only=True)
class Confusion(Metric):
    """The confusion matrix, pooled and of each image.

    Notes
    -----
    Variables ``confusion`` (iou_threshold, true_type, predicted_type) and ``image_confusion`` with ``image`` before
    these. The row ``background`` holds false finds, the column ``background`` missed defects. All counts of a row but
    the last sum to the true, those of a column to the predicted defects of that type.
    """

    name: ClassVar[str] = "confusion"
    description: ClassVar[str] = "Counts of each true type by predicted type, with what was missed and false finds."
    needs: ClassVar[frozenset[Part]] = frozenset()

    def sums(self, units: Units) -> Mapping[str, Sum]:
        """Return the counts of each unit."""
        return {"confusion": confusion_counts(units)}

    def values(self, totals: Totals) -> Mapping[str, Variable]:
        """Return the confusion matrix."""
        dims = ("iou_threshold", "true_type", "predicted_type")
        title = "defects of a true type predicted as a type"
        each = totals.of_images("confusion")
        return {
            "confusion": Variable(dims=dims, values=totals["confusion"], long_name=title),
            "image_confusion": Variable(dims=("image", *dims), values=each.copy(), long_name=title),
        }
