"""Confusion: which type was predicted for which, with what was missed and what was not there."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.metrics.comparison import Comparison
from defectkit.metrics.dataset import Variable, dataset
from defectkit.metrics.interface import Metric

if TYPE_CHECKING:
    import xarray


def confusion_counts(comparison: Comparison) -> NDArray[np.int64]:
    """Return the confusion matrix of each image at each IoU threshold.

    Parameters
    ----------
    comparison : Comparison

    Returns
    -------
    numpy.ndarray, shape (images, thresholds, types + 1, types + 1), int64
        Rows are true types, columns predicted ones. The last row holds what was predicted and is not there, the last
        column what was missed; their common element is 0, since nothing is neither.
    """
    k = len(comparison.types) + 1
    counts = np.zeros((len(comparison.images), len(comparison.iou_thresholds), k, k), np.int64)
    for i, image in enumerate(comparison.images):
        true, predicted = comparison.codes(image.true), comparison.codes(image.predicted)
        of_true, of_predicted = np.bincount(true, minlength=k), np.bincount(predicted, minlength=k)
        for t, matching in enumerate(image.matchings):
            matrix = counts[i, t]
            matrix += np.bincount(true[matching.truth] * k + predicted[matching.predicted], minlength=k * k).reshape(
                k, k
            )
            matrix[:, -1] = of_true - matrix[:, :-1].sum(axis=1)
            matrix[-1, :] = of_predicted - matrix[:-1].sum(axis=0)
            matrix[-1, -1] = 0
    return counts


def confusion(comparison: Comparison) -> xarray.Dataset:
    """Return the confusion matrix, pooled and of each image.

    Parameters
    ----------
    comparison : Comparison

    Returns
    -------
    xarray.Dataset
        ``confusion`` (iou_threshold, true_type, predicted_type) and ``image_confusion`` with ``image`` before these.
        The row ``background`` holds false finds, the column ``background`` missed defects. All counts of a row but the
        last sum to the true, those of a column to the predicted defects of that type.
    """
    counts = confusion_counts(comparison)
    dims = ("iou_threshold", "true_type", "predicted_type")
    title = "defects of a true type predicted as a type"
    return dataset(
        comparison,
        {
            "confusion": Variable(dims=dims, values=counts.sum(axis=0), long_name=title),
            "image_confusion": Variable(dims=("image", *dims), values=counts, long_name=title),
        },
    )


@attrs.frozen(kw_only=True)
class Confusion(Metric):
    """The metric of :func:`confusion`."""

    name: ClassVar[str] = "confusion"
    description: ClassVar[str] = "Counts of each true type by predicted type, with what was missed and false finds."

    def compute(self, comparison: Comparison) -> xarray.Dataset:
        """Return :func:`confusion` of the comparison."""
        return confusion(comparison)
