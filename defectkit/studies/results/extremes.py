"""Extremes: the images that a detector does best and worst on, by each of four statistics."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.metrics.type_scores import type_scores

if TYPE_CHECKING:
    import xarray

Floats = NDArray[np.float64]


@attrs.frozen(kw_only=True)
class ExtremeImages:
    """The best and the worst image by one statistic.

    Parameters
    ----------
    statistic : str
        ``find_f1_score``, ``type_f1_score``, ``size_error`` or ``density_error`` (percent).
    best, worst : str
        Names of images; the first by name among equal ones, and empty where no image has a value.
    best_value, worst_value : float
    n_undefined : int
        Images without a value.
    """

    statistic: str
    best: str
    worst: str
    best_value: float
    worst_value: float
    n_undefined: int


def extreme_images(evaluation: xarray.Dataset) -> tuple[ExtremeImages, ...]:
    """Return the best and the worst image by find F1, type F1, size error and density error.

    Parameters
    ----------
    evaluation : xarray.Dataset
        Of :func:`defectkit.evaluate`, or one run of a study.

    Notes
    -----
    Scores are those at the IoU threshold of the evaluation. Type F1 and errors of an image are means over the types of
    the convention that have a value in it.

    Examples
    --------
    >>> from defectkit import evaluate
    >>> from defectkit.testing.synthetic import synthetic_dataset
    >>> images, truth = synthetic_dataset(0, 2, shape=(64, 64), counts={"bdot": 4})
    >>> first, second = truth.images
    >>> found = {first: truth[first], second: truth[second].take([0])}
    >>> extremes = extreme_images(evaluate(truth, found, images.values()))
    >>> [(e.statistic, e.best == first, e.worst == second) for e in extremes if e.statistic != "type_f1_score"]
    [('find_f1_score', True, True), ('size_error', True, True), ('density_error', True, True)]
    """
    at = evaluation.sel(iou_threshold=evaluation.attrs["iou_threshold"], method="nearest")
    types = [str(name) for name in evaluation.attrs["overall_types"]]
    names = [str(name) for name in evaluation["image"].values]
    confusion = at["image_confusion"].sel(true_type=types, predicted_type=types).values
    values = {
        "find_f1_score": (at["image_find_f1_score"].values, 1),
        "type_f1_score": (_mean(type_scores(confusion).f1_score[..., : len(types)]), 1),
        **{
            name: (_mean(at[f"image_{name}"].sel(subset="all", defect_type=types).values), -1)
            for name in ("size_error", "density_error")
        },
    }
    return tuple(_extremes(statistic, names, of, sign) for statistic, (of, sign) in values.items())


def _mean(values: Floats) -> Floats:
    """Return the mean over the last axis of what is defined; NaN where nothing is."""
    known = ~np.isnan(values)
    n = known.sum(axis=-1)
    means: Floats = np.divide(np.where(known, values, 0).sum(axis=-1), n, out=np.full(n.shape, np.nan), where=n > 0)
    return means


def _extremes(statistic: str, names: list[str], values: Floats, sign: int) -> ExtremeImages:
    n_undefined = int(np.isnan(values).sum())
    if n_undefined == len(values):
        return ExtremeImages(
            statistic=statistic, best="", worst="", best_value=np.nan, worst_value=np.nan, n_undefined=n_undefined
        )
    best, worst = int(np.nanargmax(sign * values)), int(np.nanargmin(sign * values))
    return ExtremeImages(
        statistic=statistic,
        best=names[best],
        worst=names[worst],
        best_value=float(values[best]),
        worst_value=float(values[worst]),
        n_undefined=n_undefined,
    )
