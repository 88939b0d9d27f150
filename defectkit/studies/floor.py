"""Floor: how much of an error is the ruler's, before any detector errs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.conventions import Convention
from defectkit.formats.labels import Unpaired
from defectkit.geometry.polygons import Polygons
from defectkit.metrics import DefectPairs, EndToEnd, Errors, Find, TypeScores
from defectkit.metrics.class_means import MEASURES
from defectkit.records.defect_type import Taxonomy
from defectkit.records.inputs import Images, InstanceSets, images_by_name, instances_by_image
from defectkit.records.instances import Instances
from defectkit.records.label_set import LabelSet
from defectkit.statistics.scores import mean_of_defined, percent_error
from defectkit.statistics.variables import SUBSETS
from defectkit.workflows.evaluate import evaluate

if TYPE_CHECKING:
    import xarray

Floats = NDArray[np.float64]

CERTAIN = 1.0
"""The score of a label that is passed off as a prediction."""


def as_predicted(instances: Instances) -> Instances:
    """Return labels as a detector that sees them perfectly would give them: masks and types, no drawn outlines.

    Examples
    --------
    >>> drawn = Instances.from_polygons([[(1, 1), (1, 5), (5, 5), (5, 1)]], types=["bdot"], shape=(8, 8))
    >>> perfect = as_predicted(drawn)
    >>> perfect.runs == drawn.runs, perfect[0].polygon is None, float(perfect.scores[0])
    (True, True, 1.0)
    """
    n = len(instances)
    return attrs.evolve(
        instances,
        scores=np.full(n, CERTAIN),
        polygons=Polygons.empty(n),
        given_boxes=np.full((n, 4), np.nan),
    )


def measurement_floor(
    labels: InstanceSets,
    images: Images = (),
    *,
    convention: Convention | str = "defectkit",
    taxonomy: Taxonomy | None = None,
) -> xarray.Dataset:
    """Return the errors that a perfect detector would be charged with.

    The truth is pushed through the path that a prediction takes (mask, hull, size rule of the prediction's side) and
    evaluated against itself.

    Parameters
    ----------
    labels : LabelSet, mapping of str to Instances, or iterable of Prediction
    images : iterable or mapping of Image, optional
        For their pixel sizes.
    convention : Convention or str
    taxonomy : Taxonomy, optional
        That of the labels by default.

    Returns
    -------
    xarray.Dataset
        What :func:`defectkit.workflows.evaluate` gives of the metrics find, type, end-to-end and errors.

    Notes
    -----
    Under ``defectkit`` every error is 0. Under ``jacobs2022`` it is not: a drawn polygon and the hull of the pixels in
    it are two rulers.
    """
    known = _taxonomy(labels, taxonomy)
    truth = instances_by_image(labels)
    perfect = {name: as_predicted(instances) for name, instances in truth.items()}
    metrics = [Find(), TypeScores(), EndToEnd(), Errors()]
    return evaluate(truth, perfect, images, convention=convention, taxonomy=known, metrics=metrics)


def error_budget(
    truth: InstanceSets,
    predicted: InstanceSets,
    images: Images = (),
    *,
    convention: Convention | str = "defectkit",
    iou_threshold: float | None = None,
    taxonomy: Taxonomy | None = None,
    unpaired: Unpaired | str = Unpaired.RAISE,
) -> xarray.Dataset:
    """Return which part of the errors of size and shape is the ruler's and which is the detector's.

    Parameters
    ----------
    truth : LabelSet, mapping of str to Instances, or iterable of Prediction
    predicted, images, convention, iou_threshold, taxonomy, unpaired
        As :func:`defectkit.workflows.evaluate` takes them.

    Returns
    -------
    xarray.Dataset
        For ``size`` and ``shape``, over (subset, defect_type) in percent of the true mean: ``X_signed_error``, the
        whole error with its sign; ``X_ruler_part`` and ``X_detector_part``, which add up to it; ``X_error``, its size
        as tables give it; ``X_error_without_ruler``, the percent error had both sides been measured by one ruler; and
        the last two as ``overall_...`` (subset), means over types. Densities count defects: the ruler has no part.

    Notes
    -----
    With the mean ``T`` of the truth, ``R`` of the same defects pushed through the path of a prediction and ``P`` of the
    prediction: ``100 (P - T) / T = 100 (R - T) / T + 100 (P - R) / T``.
    """
    known = _taxonomy(truth, taxonomy)
    by_image, by_name = instances_by_image(truth), images_by_name(images)
    evaluation = evaluate(
        truth if isinstance(truth, LabelSet) else by_image,
        predicted,
        by_name,
        convention=convention,
        iou_threshold=iou_threshold,
        taxonomy=known,
        unpaired=unpaired,
        metrics=[Errors(), DefectPairs()],
    )
    own = {str(name): by_image[str(name)] for name in evaluation["image"].values}
    perfect = {name: as_predicted(instances) for name, instances in own.items()}
    ruled = evaluate(own, perfect, by_name, convention=convention, taxonomy=known, metrics=[DefectPairs()])
    return _budget(evaluation, ruled)


def _taxonomy(labels: InstanceSets, given: Taxonomy | None) -> Taxonomy | None:
    return labels.taxonomy if given is None and isinstance(labels, LabelSet) else given


def _budget(evaluation: xarray.Dataset, ruled: xarray.Dataset) -> xarray.Dataset:
    import xarray

    types = [str(t) for t in evaluation["defect_type"].values]
    of_defect = evaluation["true_defect_type"].values
    found = evaluation["true_defect_partner"].values >= 0
    dims = ("subset", "defect_type")
    picked = [types.index(t) for t in evaluation.attrs["overall_types"]]
    variables = {}
    for measure in MEASURES:
        true, guess = (evaluation[f"{side}_{measure}"].values for side in ("true", "predicted"))
        through = ruled[f"predicted_defect_{measure}"].values
        ruler = _means(through, of_defect, found, types)
        title = {"size": "size", "shape": "shape factor"}[measure]
        without = percent_error(guess, ruler)
        tables = {
            f"{measure}_signed_error": (_percent(guess - true, true), f"error of the mean {title}, with its sign"),
            f"{measure}_ruler_part": (_percent(ruler - true, true), f"part of the error of the {title} by the ruler"),
            f"{measure}_detector_part": (
                _percent(guess - ruler, true),
                f"part of the error of the {title} by the detector",
            ),
            f"{measure}_error": (evaluation[f"{measure}_error"].values, f"percent error of the {title}"),
            f"{measure}_error_without_ruler": (without, f"percent error of the {title}, both sides by one ruler"),
        }
        for name, (values, long_name) in tables.items():
            variables[name] = (dims, values, {"units": "percent", "long_name": long_name})
            if "error" in name and "signed" not in name:
                variables[f"overall_{name}"] = (  # type: ignore[assignment]  # one dimension less
                    ("subset",),
                    mean_of_defined(values[:, picked], axis=-1)[0],
                    {"units": "percent", "long_name": f"{long_name}, unweighted mean over types"},
                )
    return xarray.Dataset(
        variables,
        coords={"subset": evaluation["subset"], "defect_type": evaluation["defect_type"]},
        attrs=evaluation.attrs,
    )


def _percent(part: Floats, whole: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):  # a type without a true defect has no percent error
        return np.asarray(np.where(whole == 0, np.nan, 100 * part / whole))


def _means(values: Floats, of_defect: NDArray[np.str_], found: NDArray[np.bool_], types: list[str]) -> Floats:
    """Return the means by subset and type; the last type is all."""
    means = np.full((len(SUBSETS), len(types)), np.nan)
    for s, kept in enumerate((np.ones(len(found), bool), found)):
        for k, name in enumerate(types):
            own = values[kept & ((of_defect == name) | (k == len(types) - 1))]
            means[s, k] = mean_of_defined(own)[0]
    return means
