"""Find: precision, recall and F1 of finding defects, whatever their type."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import attrs
import numpy as np

from defectkit.metrics.interface import Metric
from defectkit.statistics.comparison import Comparison, Part
from defectkit.statistics.scores import scores
from defectkit.statistics.variables import Variable, averaged, dataset

if TYPE_CHECKING:
    import xarray

SCORES = ("precision", "recall", "f1_score")
TITLES = {"precision": "precision", "recall": "recall", "f1_score": "F1 score"}


def find(comparison: Comparison) -> xarray.Dataset:
    """Return how well defects are found, for each IoU threshold, pooled, per image and averaged over images.

    Parameters
    ----------
    comparison : Comparison

    Returns
    -------
    xarray.Dataset
        ``n_true``, ``n_predicted`` (scalars), ``n_found`` (iou_threshold) and each with ``image_``;
        ``find_precision``, ``find_recall``, ``find_f1_score`` (iou_threshold), pooled; each with ``image_``
        (image, iou_threshold), ``averaged_`` and ``undefined_`` (iou_threshold).

    Notes
    -----
    ``P = found / predicted``, ``R = found / true``, ``F1 = 2 P R / (P + R)`` [1]_. Where nothing is there and nothing
    was predicted, all three are 1: saying nothing was right, and such an image stays in the averages. Without a
    prediction P, without a truth R is NaN, left out of the average and counted; F1 is 0 then.

    References
    ----------
    .. [1] Jacobs et al. (2022), Table 3, https://doi.org/10.1016/j.xcrp.2022.100876
    """
    true, predicted = np.diff(comparison.true_frames), np.diff(comparison.predicted_frames)
    found = np.array([i.n_found for i in comparison.images], np.int64)
    found = found.reshape(len(true), len(comparison.iou_thresholds))
    pooled = scores(found.sum(axis=0), true.sum(), predicted.sum(), nothing=1.0)
    each = scores(found, true[:, None], predicted[:, None], nothing=1.0)
    variables = {
        "n_true": Variable(dims=(), values=true.sum(), long_name="true defects"),
        "n_predicted": Variable(dims=(), values=predicted.sum(), long_name="predicted defects"),
        "n_found": Variable(dims=("iou_threshold",), values=found.sum(axis=0), long_name="defects found"),
        "image_n_true": Variable(dims=("image",), values=true, long_name="true defects"),
        "image_n_predicted": Variable(dims=("image",), values=predicted, long_name="predicted defects"),
        "image_n_found": Variable(dims=("image", "iou_threshold"), values=found, long_name="defects found"),
    }
    for name in SCORES:
        title = f"{TITLES[name]} of finding defects"
        image = Variable(dims=("image", "iou_threshold"), values=getattr(each, name), long_name=title)
        variables |= {
            f"find_{name}": Variable(dims=("iou_threshold",), values=getattr(pooled, name), long_name=title),
            f"image_find_{name}": image,
            **averaged(f"find_{name}", image),
        }
    return dataset(comparison, variables)


@attrs.frozen(kw_only=True)
class Find(Metric):
    """The metric of :func:`find`."""

    name: ClassVar[str] = "find"
    description: ClassVar[str] = "Precision, recall and F1 of finding defects, whatever their type."
    needs: ClassVar[frozenset[Part]] = frozenset()

    def compute(self, comparison: Comparison) -> xarray.Dataset:
        """Return :func:`find` of the comparison."""
        return find(comparison)
