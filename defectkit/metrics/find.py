"""Find: precision, recall and F1 of finding defects, whatever their type."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

import attrs

from defectkit.metrics.interface import Metric
from defectkit.statistics.cached import cached
from defectkit.statistics.comparison import Part
from defectkit.statistics.scores import scores
from defectkit.statistics.totals import Totals
from defectkit.statistics.units import Sum, Units
from defectkit.statistics.variables import Variable, average_over_images

if TYPE_CHECKING:
    pass

SCORES = ("precision", "recall", "f1_score")
TITLES = {"precision": "precision", "recall": "recall", "f1_score": "F1 score"}


@cached
def found_counts(units: Units) -> Sum:
    """Return how many pairs each unit adds at each IoU threshold, of shape (U, thresholds)."""
    matchings = units.comparison.matchings
    unit = units.of_predicted[matchings.overlaps.predicted[matchings.pairs]]
    return units.counted(unit, matchings.thresholds_of_pairs, (len(matchings),))


def find(totals: Totals) -> dict[str, Variable]:
    """Return how well defects are found, for each IoU threshold, pooled, per image and averaged over images.

    Parameters
    ----------
    totals : Totals
        Of ``true``, ``predicted`` and ``found``, the numbers of defects and of pairs at each threshold.

    Returns
    -------
    dict of str to Variable
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
    true, predicted, found = (totals[name] for name in ("true", "predicted", "found"))
    pooled = scores(found, true[:, None], predicted[:, None], nothing=1.0)
    image_true, image_predicted, image_found = (totals.of_images(name) for name in ("true", "predicted", "found"))
    each = scores(image_found, image_true[..., None], image_predicted[..., None], nothing=1.0)
    variables = {
        "n_true": Variable(dims=(), values=true, long_name="true defects"),
        "n_predicted": Variable(dims=(), values=predicted, long_name="predicted defects"),
        "n_found": Variable(dims=("iou_threshold",), values=found, long_name="defects found"),
        "image_n_true": Variable(dims=("image",), values=image_true, long_name="true defects"),
        "image_n_predicted": Variable(dims=("image",), values=image_predicted, long_name="predicted defects"),
        "image_n_found": Variable(dims=("image", "iou_threshold"), values=image_found, long_name="defects found"),
    }
    for name in SCORES:
        title = f"{TITLES[name]} of finding defects"
        image = Variable(dims=("image", "iou_threshold"), values=getattr(each, name), long_name=title)
        variables |= {
            f"find_{name}": Variable(dims=("iou_threshold",), values=getattr(pooled, name), long_name=title),
            f"image_find_{name}": image,
            **average_over_images(totals, f"find_{name}", image),
        }
    return variables


@attrs.frozen(kw_only=True)
class Find(Metric):
    """The metric of :func:`find`."""

    name: ClassVar[str] = "find"
    description: ClassVar[str] = "Precision, recall and F1 of finding defects, whatever their type."
    needs: ClassVar[frozenset[Part]] = frozenset()

    def sums(self, units: Units) -> Mapping[str, Sum]:
        """Return the numbers of true and predicted defects, and of pairs at each threshold."""
        return {"true": units.over_true(), "predicted": units.over_predicted(), "found": found_counts(units)}

    def values(self, totals: Totals) -> Mapping[str, Variable]:
        """Return :func:`find` of the totals."""
        return find(totals)
