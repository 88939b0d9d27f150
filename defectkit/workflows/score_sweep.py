"""Score sweep: how an evaluation changes with the lowest score that a detection needs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from defectkit.conventions import Convention, convention as find_convention
from defectkit.errors import EmptyInputError
from defectkit.metrics import Errors, Find, TypeScores
from defectkit.records.inputs import Images, InstanceSets, instances_by_image
from defectkit.records.label_set import LabelSet
from defectkit.workflows.evaluate import evaluate

if TYPE_CHECKING:
    import xarray

    from defectkit.records.defect_type import Taxonomy

SCORES = tuple(round(0.1 * k, 1) for k in range(10))
"""0.0, 0.1, ... 0.9."""


def sweep_scores(
    truth: InstanceSets,
    predicted: InstanceSets,
    images: Images = (),
    *,
    scores: Sequence[float] = SCORES,
    convention: Convention | str = "defectkit",
    taxonomy: Taxonomy | None = None,
) -> xarray.Dataset:
    """Return find and type scores and errors of sizes and densities for each lowest score of a detection.

    Parameters
    ----------
    truth, predicted : LabelSet, mapping of str to Instances, or iterable of Prediction
    images : iterable or mapping of Image, optional
        For their pixel sizes.
    scores : sequence of float
        Detections below are left out; those without a score stay at any.
    convention : Convention or str
    taxonomy : Taxonomy, optional
        By default that of the truth.

    Returns
    -------
    xarray.Dataset
        Dimension ``min_score`` in ascending order, then those of
        :func:`~defectkit.workflows.evaluate`, at the IoU threshold of the convention.

    Raises
    ------
    EmptyInputError
        If there is no score.

    Notes
    -----
    The score that is best here is best for these images: choose it on images that are not tested on.

    Examples
    --------
    >>> import numpy as np
    >>> from defectkit.records import Instances
    >>> masks = np.zeros((2, 8, 8), bool)
    >>> masks[0, :3, :3] = masks[1, 5:, 5:] = True
    >>> truth = {"a": Instances.from_masks(masks[:1], types=["bdot"], shape=(8, 8))}
    >>> found = {"a": Instances.from_masks(masks, types=["bdot"] * 2, shape=(8, 8), scores=[0.9, 0.4])}
    >>> sweep_scores(truth, found, scores=[0.3, 0.5])["find_precision"].values.tolist()
    [0.5, 1.0]
    """
    import xarray

    if not len(scores):
        raise EmptyInputError("a sweep of scores needs at least one")
    rule = find_convention(convention)
    known = taxonomy if taxonomy is not None or not isinstance(truth, LabelSet) else truth.taxonomy
    found = instances_by_image(predicted, where="in the prediction")
    lowest = sorted(set(scores))
    evaluated = [
        evaluate(
            truth,
            found,
            images,
            convention=rule,
            iou_thresholds=(rule.iou_threshold,),
            min_score=score,
            taxonomy=known,
            metrics=(Find(), TypeScores(), Errors()),
        ).squeeze("iou_threshold")
        for score in lowest
    ]
    names = [str(name) for name in evaluated[0].data_vars if not str(name).startswith(("image_", "true_defect"))]
    swept = xarray.concat([one[names] for one in evaluated], "min_score", combine_attrs="override", join="outer")
    return swept.assign_coords(min_score=lowest)
