"""Confusion: which type was predicted for which, with what was missed and what was not there."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.metrics.comparison import Comparison, Part
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
    k, n_thresholds = len(comparison.types) + 1, len(comparison.iou_thresholds)
    counts = np.zeros((len(comparison.images), n_thresholds, k, k), np.int64)
    for matrices, image in zip(counts, comparison.images, strict=True):
        true, predicted = comparison.codes(image.true), comparison.codes(image.predicted)
        matchings, pairs = image.matchings, image.matchings.pairs
        cells = (matchings.thresholds_of_pairs * k + true[image.overlaps.truth[pairs]]) * k
        cells += predicted[image.overlaps.predicted[pairs]]
        matrices[:] = np.bincount(cells, minlength=n_thresholds * k * k).reshape(matrices.shape)
        matrices[:, :, -1] = np.bincount(true, minlength=k) - matrices[:, :, :-1].sum(axis=2)
        matrices[:, -1, :] = np.bincount(predicted, minlength=k) - matrices[:, :-1].sum(axis=1)
        matrices[:, -1, -1] = 0
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
    needs: ClassVar[frozenset[Part]] = frozenset()

    def compute(self, comparison: Comparison) -> xarray.Dataset:
        """Return :func:`confusion` of the comparison."""
        return confusion(comparison)
