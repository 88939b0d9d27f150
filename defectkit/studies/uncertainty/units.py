"""Units: what a bootstrap has to know of an evaluation beyond its statistics, kept with it as a metric."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import attrs
import numpy as np

from defectkit.matching.optimal import optimal
from defectkit.matching.score_ordered import score_ordered
from defectkit.metrics.average_precision import COCO_THRESHOLDS
from defectkit.metrics.interface import Metric
from defectkit.metrics.panoptic_quality import ABOVE_HALF
from defectkit.statistics.comparison import Comparison
from defectkit.statistics.selection import of_type
from defectkit.statistics.variables import Variable, dataset

if TYPE_CHECKING:
    import xarray

TYPE_RULES = ("any", "same")
"""Labels of ``type_rule``: defects are matched whatever their types, or only with those of their own type."""

NO_PARTNER = -1


def resampling_units(comparison: Comparison) -> xarray.Dataset:
    """Return which true defect each predicted one stands for under every matching that any built-in metric uses.

    Parameters
    ----------
    comparison : Comparison

    Returns
    -------
    xarray.Dataset
        Positions on the dimension ``true_defect``, -1 where there is no partner: ``predicted_defect_partner_at``
        (predicted_defect, iou_threshold) under the convention's matcher, ``predicted_defect_coco_partner``
        (type_rule, predicted_defect, coco_iou_threshold) under COCO's, and ``predicted_defect_panoptic_partner``
        (type_rule, predicted_defect) with ``predicted_defect_panoptic_iou``. Per image: ``image_field_area``,
        ``image_n_pixels`` and the pixels in masks, ``image_true_pixels``, ``image_predicted_pixels`` and
        ``image_shared_pixels``.
    """
    n_predicted = comparison.predicted.n
    at = np.full((n_predicted, len(comparison.iou_thresholds)), NO_PARTNER, np.int64)
    coco = np.full((len(TYPE_RULES), n_predicted, len(COCO_THRESHOLDS)), NO_PARTNER, np.int64)
    panoptic = np.full((len(TYPE_RULES), n_predicted), NO_PARTNER, np.int64)
    panoptic_iou = np.full((len(TYPE_RULES), n_predicted), np.nan)
    for t, matching in enumerate(comparison.matchings):
        at[matching.predicted, t] = matching.truth
    for r, rule in enumerate(TYPE_RULES):
        for name in (None,) if rule == "any" else comparison.types:
            own = of_type(comparison, name)
            scores = comparison.predicted.scores[own.predicted]
            for t, matching in enumerate(score_ordered(own.overlaps, scores, COCO_THRESHOLDS)):
                coco[r, own.predicted[matching.predicted], t] = own.true[matching.truth]
            (best,) = optimal(own.overlaps, [ABOVE_HALF])
            panoptic[r, own.predicted[best.predicted]] = own.true[best.truth]
            panoptic_iou[r, own.predicted[best.predicted]] = best.iou
    partner = "position of the true defect it stands for, or -1"
    images = comparison.images
    result = dataset(
        comparison,
        {
            "predicted_defect_partner_at": Variable(
                dims=("predicted_defect", "iou_threshold"), values=at, long_name=partner
            ),
            "predicted_defect_coco_partner": Variable(
                dims=("type_rule", "predicted_defect", "coco_iou_threshold"),
                values=coco,
                long_name=f"{partner}, under COCO's matching",
            ),
            "predicted_defect_panoptic_partner": Variable(
                dims=("type_rule", "predicted_defect"),
                values=panoptic,
                long_name=f"{partner}, by an IoU above one half",
            ),
            "predicted_defect_panoptic_iou": Variable(
                dims=("type_rule", "predicted_defect"),
                values=panoptic_iou,
                long_name="intersection over union with that partner",
            ),
            "image_field_area": Variable(
                dims=("image",),
                values=comparison.field_areas,
                long_name="area that the image shows",
                units=f"{comparison.length_unit} ** 2",
            ),
            **{
                f"image_{name}": Variable(
                    dims=("image",), values=np.array([getattr(i, attribute) for i in images], np.int64), long_name=title
                )
                for name, attribute, title in (
                    ("n_pixels", "n_pixels", "pixels"),
                    ("true_pixels", "true_foreground", "pixels in any true mask"),
                    ("predicted_pixels", "predicted_foreground", "pixels in any predicted mask"),
                    ("shared_pixels", "shared_foreground", "pixels in both a true and a predicted mask"),
                )
            },
        },
    )
    return result.assign_coords(type_rule=list(TYPE_RULES), coco_iou_threshold=np.array(COCO_THRESHOLDS))


@attrs.frozen(kw_only=True)
class ResamplingUnits(Metric):
    """The metric of :func:`resampling_units`: an evaluation with it can be bootstrapped.

    It is registered by no hook, on purpose: it says nothing of a detector by itself, and only the bootstrap reads what
    it returns. :func:`~defectkit.studies.evaluate_resampleable` adds it where that is wanted.
    """

    name: ClassVar[str] = "resampling-units"
    description: ClassVar[str] = "Which defects belong together when an evaluation is resampled."

    def compute(self, comparison: Comparison) -> xarray.Dataset:
        """Return :func:`resampling_units` of the comparison."""
        return resampling_units(comparison)
