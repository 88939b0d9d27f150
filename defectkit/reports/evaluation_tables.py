"""Evaluation tables: an evaluation as CSV, a file for each question it answers."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from defectkit.metrics import BUILT_IN, Find
from defectkit.reports.csv_tables import column_name, csv_text
from defectkit.reports.interval_table import is_of_interval

if TYPE_CHECKING:
    import xarray

POOLED, AVERAGED, IMAGE, OVERALL = "pooled", "averaged", "image", "overall"
"""Scopes: of all images together, the mean over images, of one image; and the unweighted mean over types."""

SCORES = ("precision", "recall", "f1_score")
QUANTITIES = ("size", "shape", "density")
REFUSED = ("n_refused_true", "n_refused_predicted")
"""Columns of rows of one image: its regions that were refused when the labels of each side were read."""


def find_csv(result: xarray.Dataset) -> str:
    """Return precision, recall and F1 of finding, a row an IoU threshold: pooled, averaged over images, of each image.

    Parameters
    ----------
    result : xarray.Dataset
        As :func:`defectkit.workflows.evaluate` returns it.
    """
    header = ["scope", "image", "iou_threshold", "n_true", "n_predicted", "n_found", *SCORES]
    header += [*(f"n_undefined_{score}" for score in SCORES), *REFUSED]
    of = _columns(result)
    thresholds = of("iou_threshold")

    def rows() -> Iterator[list[Any]]:
        counts = [np.broadcast_to(of(name), thresholds.shape) for name in ("n_true", "n_predicted", "n_found")]
        pooled = [of(f"find_{s}") for s in SCORES]
        for threshold, *values in zip(thresholds, *counts, *pooled, strict=True):
            yield [POOLED, "", threshold, *values, *[""] * 5]
        averaged = [of(f"{kind}_find_{s}") for kind in ("averaged", "undefined") for s in SCORES]
        for threshold, *values in zip(thresholds, *averaged, strict=True):
            yield [AVERAGED, "", threshold, "", "", "", *values, "", ""]
        counted = [of(f"image_{name}") for name in ("n_true", "n_predicted", "n_found")]
        scored = [of(f"image_find_{s}") for s in SCORES]
        refused = _refused(of)
        for i, image in enumerate(of("image")):
            for t, threshold in enumerate(thresholds):
                n_true, n_predicted, n_found = counted[0][i], counted[1][i], counted[2][i, t]
                scores = [values[i, t] for values in scored]
                yield [IMAGE, image, threshold, n_true, n_predicted, n_found, *scores, "", "", "", *refused[i]]

    return csv_text(header, rows())


def types_csv(result: xarray.Dataset) -> str:
    """Return the scores of types over found pairs and from end to end, a row an IoU threshold and type.

    Notes
    -----
    The row ``all`` has the pairs of all types together, the row ``overall`` the unweighted mean over types, with the
    number of types that have no value.
    """
    names = [f"{kind}_{score}" for kind in ("type", "end_to_end") for score in SCORES]
    header = ["iou_threshold", "defect_type", *names, *(f"n_undefined_{name}" for name in names), "type_kappa"]

    of = _columns(result)

    def rows() -> Iterator[list[Any]]:
        by_type, overall = [of(n) for n in names], [of(f"overall_{n}") for n in names]
        undefined, kappas = [of(f"undefined_overall_{n}") for n in names], of("type_kappa")
        for t, threshold in enumerate(of("iou_threshold")):
            for k, name in enumerate(of("defect_type")):
                kappa = kappas[t] if name == "all" else ""
                yield [threshold, name, *(values[t, k] for values in by_type), *[""] * 6, kappa]
            yield [threshold, OVERALL, *(values[t] for values in (*overall, *undefined)), ""]

    return csv_text(header, rows())


def confusion_csv(result: xarray.Dataset) -> str:
    """Return the confusion matrix at the IoU threshold of the evaluation.

    There is one row per true type and one column per predicted type.

    Notes
    -----
    The column ``background`` holds what was missed, the row ``background`` what was found and is not there.
    """
    matrix = at_threshold(result)["confusion"]
    header = ["iou_threshold", "true_type", *(str(name) for name in matrix["predicted_type"].values)]
    threshold = result.attrs["iou_threshold"]
    return csv_text(
        header,
        ([threshold, name, *row] for name, row in zip(matrix["true_type"].values, matrix.values, strict=True)),
    )


def errors_csv(result: xarray.Dataset) -> str:
    """Return the percent errors of size, shape and density: pooled, averaged over images and of each image.

    Notes
    -----
    A row for each quantity, subset (``all`` defects, or ``found`` ones), scope, image and type. In the row ``overall``
    is the unweighted mean over types. ``n_undefined`` counts the images, or types, that the mean leaves out because the
    truth has no such defect there, and ``without_value`` the defects of either side that have no size or shape.
    ``signed_percent_error`` is above 0 where too much was predicted; errors of both signs cancel out in its means.
    ``n_refused_true`` and ``n_refused_predicted`` are the regions of an image that were refused when it was read.
    """
    header = ["quantity", "subset", "scope", "image", "defect_type", "n_true", "n_predicted", "true", "predicted"]
    header += ["units", "percent_error", "percent_error_sd", "n_undefined", "without_value", "signed_percent_error"]
    header += list(REFUSED)
    of = _columns(result)
    types = [str(name) for name in of("defect_type")]

    def rows() -> Iterator[list[Any]]:
        for quantity in QUANTITIES:
            units = result.variables[f"true_{quantity}"].attrs["units"]
            pooled = _pooled(of, quantity)
            counts = [of("true_count"), of("predicted_count")]
            averaged = counts + [of(f"averaged_{side}_{quantity}") for side in ("true", "predicted")]
            errors = [of(name.format(quantity)) for name in ("averaged_{}_error", "averaged_{}_error_sd")]
            undefined = of(f"undefined_{quantity}_error")
            for k, subset in enumerate(of("subset")):
                start = [quantity, subset]
                for t, name in enumerate(types):
                    *values, error, without = (column[k, t] for column in pooled)
                    sign = of(f"{quantity}_signed_error")[k, t]
                    yield [*start, POOLED, "", name, *values, units, error, "", "", without, sign, "", ""]
                sign = of(f"overall_{quantity}_signed_error")[k]
                yield [*start, *_overall(of, POOLED, f"{quantity}_error", k), sign, "", ""]
                for t, name in enumerate(types):
                    values, percents = ([column[k, t] for column in columns] for columns in (averaged, errors))
                    sign = of(f"averaged_{quantity}_signed_error")[k, t]
                    yield [*start, AVERAGED, "", name, *values, units, *percents, undefined[k, t], "", sign, "", ""]
                yield [*start, *_overall(of, AVERAGED, f"averaged_{quantity}_error", k), "", "", ""]
                yield from _image_rows(of, start, k, units)

    return csv_text(header, rows())


def scores_csv(result: xarray.Dataset) -> str:
    """Return every other figure of all images together: one row per variable, subset and type.

    Notes
    -----
    Average precision, panoptic quality, parity, foreground, distances of size distributions, and whatever further
    metrics gave that has no dimension but ``subset`` and ``defect_type``.
    """
    elsewhere = ("find_", "type_", "end_to_end_", "n_true", "n_predicted", "n_found")
    dims = {"subset", "defect_type"}
    of = _columns(result)

    def rows() -> Iterator[list[Any]]:
        for name in result.data_vars:
            variable = result.variables[name]
            if not set(variable.dims) <= dims or str(name).startswith(elsewhere) or _is_in_errors(str(name)):
                continue
            if is_of_interval(str(name), result):
                continue
            values, units = variable.values, variable.attrs.get("units", "")
            for k, subset in enumerate(of("subset") if "subset" in variable.dims else [""]):
                for t, defect_type in enumerate(of("defect_type") if "defect_type" in variable.dims else [""]):
                    place: dict[Hashable, int] = {"subset": k, "defect_type": t}
                    value = values[tuple([place[d] for d in variable.dims])]
                    yield [name, subset, defect_type, value, units]

    return csv_text(["name", "subset", "defect_type", "value", "units"], rows())


def further_names(result: xarray.Dataset) -> list[str]:
    """Return the variables of metrics that are not built in and have a value for each image, threshold or place."""
    built_in = {metric.name for metric in BUILT_IN}
    return [
        str(name)
        for name, variable in result.data_vars.items()
        if variable.attrs.get("metric", Find.name) not in built_in
        and not set(variable.dims) <= {"subset", "defect_type"}
        and not is_of_interval(str(name), result)
    ]


def further_csv(result: xarray.Dataset) -> str:
    """Return what further metrics say of each image, IoU threshold or other place: one row per value.

    Notes
    -----
    The column of a dimension is empty where a variable does not have it.
    """
    names = further_names(result)
    dims = list(dict.fromkeys(str(dim) for name in names for dim in result[name].dims))

    def rows() -> Iterator[list[Any]]:
        for name in names:
            variable = result[name]
            labels = {str(dim): result[dim].values for dim in variable.dims}
            for place in np.ndindex(variable.shape):
                at = {dim: labels[dim][k] for dim, k in zip(labels, place, strict=True)}
                value = variable.values[place]
                yield [name, *(at.get(dim, "") for dim in dims), value, variable.attrs.get("units", "")]

    return csv_text(["name", *dims, "value", "units"], rows())


def pairs_csv(result: xarray.Dataset) -> str:
    """Return every defect of both sides, one row per pair; a missed defect or a false find has a row of its own.

    Parameters
    ----------
    result : xarray.Dataset
        Of an evaluation with the metric ``defect-pairs``.
    """
    columns = ("id", "type", "size", "shape")
    header = ["image", "outcome"]
    for side in ("true", "predicted"):
        header += [f"{side}_{column_name(c, result[f'{side}_defect_{c}'].attrs['units'] or None)}" for c in columns]
    header += ["predicted_score", "iou", *REFUSED]

    of = _columns(result)
    true, predicted = ([of(f"{side}_defect_{c}") for c in columns] for side in ("true", "predicted"))

    def rows() -> Iterator[list[Any]]:
        partners, ious, scores = of("true_defect_partner"), of("true_defect_iou"), of("predicted_defect_score")
        refused = dict(zip(of("image").tolist(), _refused(of), strict=True))
        for k, image in enumerate(of("true_defect_image")):
            j = int(partners[k])
            found = [*(column[j] for column in predicted), scores[j]] if j >= 0 else [""] * 5
            outcome = "found" if j >= 0 else "missed"
            yield [image, outcome, *(column[k] for column in true), *found, ious[k], *refused[image]]
        for k, image in enumerate(of("predicted_defect_image")):
            if of("predicted_defect_partner")[k] < 0:
                values = (*(column[k] for column in predicted), scores[k], math.nan)
                yield [image, "false find", *[""] * 4, *values, *refused[image]]

    return csv_text(header, rows())


def left_out_csv(result: xarray.Dataset) -> str:
    """Return the images that are not in the scores, or in them as asked, and why: one row per image.

    Notes
    -----
    ``reason`` is ``only in the truth``, ``only predicted``, ``not fully read`` (left out all three) or ``no prediction,
    taken as empty`` (in the scores).
    """
    reasons = {
        "only_in_truth": "only in the truth",
        "only_predicted": "only predicted",
        "left_out_not_fully_read": "not fully read",
        "taken_as_empty": "no prediction, taken as empty",
    }
    rows = [(name, reason) for key, reason in reasons.items() for name in result.attrs.get(key, [])]
    return csv_text(["image", "reason"], rows)


def at_threshold(result: xarray.Dataset) -> xarray.Dataset:
    """Return the evaluation at its own IoU threshold."""
    return result.sel(iou_threshold=result.attrs["iou_threshold"])


def _columns(result: xarray.Dataset) -> Callable[[str], NDArray[Any]]:
    """Return what gives the values of a variable; asking xarray for one number at a time takes far longer."""
    return lambda name: result.variables[name].values


def _refused(of: Callable[[str], NDArray[Any]]) -> NDArray[np.int64]:
    """Return how many regions of each image were refused, one row per image and one column per side."""
    return np.stack([of(f"image_{name}") for name in REFUSED], axis=1)


def _pooled(of: Callable[[str], NDArray[Any]], quantity: str) -> list[NDArray[Any]]:
    names = ("true_count", "predicted_count", f"true_{quantity}", f"predicted_{quantity}", f"{quantity}_error")
    columns = [of(name) for name in names]
    if quantity == "density":
        return [*columns, np.full(columns[0].shape, "")]
    return [*columns, of(f"undefined_true_{quantity}") + of(f"undefined_predicted_{quantity}")]


def _overall(of: Callable[[str], NDArray[Any]], scope: str, name: str, subset: int) -> list[Any]:
    value, missing = of(f"overall_{name}")[subset], of(f"undefined_overall_{name}")[subset]
    return [scope, "", OVERALL, "", "", "", "", "", value, "", missing, ""]


def _image_rows(of: Callable[[str], NDArray[Any]], start: list[Any], subset: int, units: str) -> Iterator[list[Any]]:
    quantity = start[0]
    names = ("true_count", "predicted_count", f"true_{quantity}", f"predicted_{quantity}", f"{quantity}_error")
    columns = [of(f"image_{name}")[:, subset] for name in (*names, f"{quantity}_signed_error")]
    refused = _refused(of)
    for i, image in enumerate(of("image")):
        for t, name in enumerate(of("defect_type")):
            *values, error, sign = (column[i, t] for column in columns)
            yield [*start, IMAGE, image, name, *values, units, error, "", "", "", sign, *refused[i]]


def _is_in_errors(name: str) -> bool:
    bare = name.removeprefix("undefined_").removeprefix("overall_").removeprefix("averaged_").removesuffix("_sd")
    return bare in {
        *(f"{side}_count" for side in ("true", "predicted")),
        *(f"{quantity}_{error}" for quantity in QUANTITIES for error in ("error", "signed_error")),
        *(f"{side}_{quantity}" for side in ("true", "predicted") for quantity in QUANTITIES),
    }
