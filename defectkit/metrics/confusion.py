"""Confusion: which type was predicted for which, with what was missed and what was not there."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.metrics.interface import Metric
from defectkit.statistics.cached import cached
from defectkit.statistics.comparison import Comparison, Part
from defectkit.statistics.variables import Variable, dataset

if TYPE_CHECKING:
    import xarray


@cached
def confusion_counts(comparison: Comparison) -> NDArray[np.int64]:
    """Return the confusion matrix of each image at each IoU threshold.

    Parameters
    ----------
    comparison : Comparison

    Returns
    -------
    numpy.ndarray, shape (images, thresholds, types + 1, types + 1), int64
        Rows are true types, columns predicted ones. The last row holds what was predicted and is not there, the last
        column what was missed; their common element is 0, since nothing is neither. Not writable.
    """
    n_images, n_thresholds, k = len(comparison.images), len(comparison.iou_thresholds), len(comparison.types) + 1
    matchings, pairs = comparison.matchings, comparison.matchings.overlaps
    image_of_true = comparison.image_of(comparison.true_frames)
    image_of_predicted = comparison.image_of(comparison.predicted_frames)
    types_of_pairs = comparison.true.codes[pairs.truth] * k + comparison.predicted.codes[pairs.predicted]
    first_cells = image_of_true[pairs.truth] * n_thresholds * k**2 + types_of_pairs
    cells = first_cells[matchings.pairs] + matchings.thresholds_of_pairs * k**2
    shape = (n_images, n_thresholds, k, k)
    counts = np.bincount(cells, minlength=n_images * n_thresholds * k**2).reshape(shape)
    true = np.bincount(image_of_true * k + comparison.true.codes, minlength=n_images * k)
    predicted = np.bincount(image_of_predicted * k + comparison.predicted.codes, minlength=n_images * k)
    counts[..., :, -1] = true.reshape(n_images, 1, k) - counts[..., :, :-1].sum(axis=-1)
    counts[..., -1, :] = predicted.reshape(n_images, 1, k) - counts[..., :-1, :].sum(axis=-2)
    counts[..., -1, -1] = 0
    counts.flags.writeable = False
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
            "image_confusion": Variable(dims=("image", *dims), values=counts.copy(), long_name=title),
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
