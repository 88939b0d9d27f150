"""Evaluation tables: an evaluation as CSV, a file for each question it answers."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from defectkit.reports.csv_tables import column_name, csv_text

if TYPE_CHECKING:
    import xarray

POOLED, AVERAGED, IMAGE, OVERALL = "pooled", "averaged", "image", "overall"
"""Scopes: of all images together, the mean over images, of one image; and the unweighted mean over types."""

SCORES = ("precision", "recall", "f1_score")
QUANTITIES = ("size", "shape", "density")


def find_csv(result: xarray.Dataset) -> str:
    """Return precision, recall and F1 of finding, a row an IoU threshold: pooled, averaged over images, of each image.

    Parameters
    ----------
    result : xarray.Dataset
        As :func:`defectkit.workflows.evaluate` returns it.
    """
    header = ["scope", "image", "iou_threshold", "n_true", "n_predicted", "n_found", *SCORES]
    header += [f"n_undefined_{score}" for score in SCORES]

    def rows() -> Iterator[list[Any]]:
        for threshold in result["iou_threshold"].values:
            at = result.sel(iou_threshold=threshold)
            counts = [at[name].item() for name in ("n_true", "n_predicted", "n_found")]
            yield [POOLED, "", threshold, *counts, *(at[f"find_{s}"].item() for s in SCORES), "", "", ""]
        for threshold in result["iou_threshold"].values:
            at = result.sel(iou_threshold=threshold)
            means = [at[f"averaged_find_{s}"].item() for s in SCORES]
            yield [AVERAGED, "", threshold, "", "", "", *means, *(at[f"undefined_find_{s}"].item() for s in SCORES)]
        counted = [result[f"image_{name}"].values for name in ("n_true", "n_predicted", "n_found")]
        scored = [result[f"image_find_{s}"].values for s in SCORES]
        for i, image in enumerate(result["image"].values):
            for t, threshold in enumerate(result["iou_threshold"].values):
                n_true, n_predicted, n_found = counted[0][i], counted[1][i], counted[2][i, t]
                scores = [values[i, t] for values in scored]
                yield [IMAGE, image, threshold, n_true, n_predicted, n_found, *scores, "", "", ""]

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

    def rows() -> Iterator[list[Any]]:
        for threshold in result["iou_threshold"].values:
            at = result.sel(iou_threshold=threshold)
            for name in at["defect_type"].values:
                kappa = at["type_kappa"].item() if name == "all" else ""
                yield [threshold, name, *(at[n].sel(defect_type=name).item() for n in names), *[""] * 6, kappa]
            means = [at[f"overall_{n}"].item() for n in names]
            yield [threshold, OVERALL, *means, *(at[f"undefined_overall_{n}"].item() for n in names), ""]

    return csv_text(header, rows())


def confusion_csv(result: xarray.Dataset) -> str:
    """Return the confusion matrix at the IoU threshold of the evaluation: a row a true type, a column a predicted one.

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
    """
    header = ["quantity", "subset", "scope", "image", "defect_type", "n_true", "n_predicted", "true", "predicted"]
    header += ["units", "percent_error", "percent_error_sd", "n_undefined", "without_value"]
    types = [str(name) for name in result["defect_type"].values]

    def rows() -> Iterator[list[Any]]:
        for quantity in QUANTITIES:
            units = result[f"true_{quantity}"].attrs["units"]
            for subset in result["subset"].values:
                here = result.sel(subset=subset)
                start = [quantity, subset]
                yield from (row(start, here, quantity, units, t) for t in types)
                yield [*start, *_overall(here, POOLED, f"{quantity}_error")]
                yield from (averaged_row(start, here, quantity, units, t) for t in types)
                yield [*start, *_overall(here, AVERAGED, f"averaged_{quantity}_error")]
                yield from _image_rows(start, here, quantity, units)

    def row(start: list[Any], here: xarray.Dataset, quantity: str, units: str, name: str) -> list[Any]:
        of = here.sel(defect_type=name)
        without = (
            ""
            if quantity == "density"
            else of[f"undefined_true_{quantity}"].item() + of[f"undefined_predicted_{quantity}"].item()
        )
        values = [of[v].item() for v in ("true_count", "predicted_count", f"true_{quantity}", f"predicted_{quantity}")]
        return [*start, POOLED, "", name, *values, units, of[f"{quantity}_error"].item(), "", "", without]

    def averaged_row(start: list[Any], here: xarray.Dataset, quantity: str, units: str, name: str) -> list[Any]:
        of = here.sel(defect_type=name)
        values = [of[f"averaged_{side}_{quantity}"].item() for side in ("true", "predicted")]
        errors = [of[v].item() for v in (f"averaged_{quantity}_error", f"averaged_{quantity}_error_sd")]
        counts = [of[v].item() for v in ("true_count", "predicted_count")]
        return [
            *start,
            AVERAGED,
            "",
            name,
            *counts,
            *values,
            units,
            *errors,
            of[f"undefined_{quantity}_error"].item(),
            "",
        ]

    return csv_text(header, rows())


def scores_csv(result: xarray.Dataset) -> str:
    """Return every other figure of all images together: a row a variable, subset and type.

    Notes
    -----
    Average precision, panoptic quality, parity, foreground, distances of size distributions, and whatever further
    metrics gave that has no dimension but ``subset`` and ``defect_type``.
    """
    elsewhere = ("find_", "type_", "end_to_end_", "n_true", "n_predicted", "n_found")
    dims = {"subset", "defect_type"}

    def rows() -> Iterator[list[Any]]:
        for name, variable in result.data_vars.items():
            if not set(variable.dims) <= dims or str(name).startswith(elsewhere) or _is_in_errors(str(name)):
                continue
            whole = variable.expand_dims([d for d in ("subset", "defect_type") if d not in variable.dims])
            for subset in result["subset"].values if "subset" in variable.dims else [""]:
                for defect_type in result["defect_type"].values if "defect_type" in variable.dims else [""]:
                    place = {k: v for k, v in (("subset", subset), ("defect_type", defect_type)) if k in variable.dims}
                    value = whole.sel(place).values.reshape(-1)[0]
                    yield [name, subset, defect_type, value, variable.attrs.get("units", "")]

    return csv_text(["name", "subset", "defect_type", "value", "units"], rows())


def pairs_csv(result: xarray.Dataset) -> str:
    """Return every defect of both sides, a row a pair; a missed defect or a false find has a row of its own.

    Parameters
    ----------
    result : xarray.Dataset
        Of an evaluation with the metric ``defect-pairs``.
    """
    columns = ("id", "type", "size", "shape")
    header = ["image", "outcome"]
    for side in ("true", "predicted"):
        header += [f"{side}_{column_name(c, result[f'{side}_defect_{c}'].attrs['units'] or None)}" for c in columns]
    header += ["predicted_score", "iou"]

    def side_of(side: str, k: int) -> list[Any]:
        return [result[f"{side}_defect_{c}"].values[k] for c in columns]

    def rows() -> Iterator[list[Any]]:
        partner = result["true_defect_partner"].values
        scores = result["predicted_defect_score"].values
        for k, image in enumerate(result["true_defect_image"].values):
            j = int(partner[k])
            found = [*side_of("predicted", j), scores[j]] if j >= 0 else [""] * 5
            yield [
                image,
                "found" if j >= 0 else "missed",
                *side_of("true", k),
                *found,
                result["true_defect_iou"].values[k],
            ]
        for k, image in enumerate(result["predicted_defect_image"].values):
            if int(result["predicted_defect_partner"].values[k]) < 0:
                yield [image, "false find", *[""] * 4, *side_of("predicted", k), scores[k], math.nan]

    return csv_text(header, rows())


def at_threshold(result: xarray.Dataset) -> xarray.Dataset:
    """Return the evaluation at its own IoU threshold."""
    return result.sel(iou_threshold=result.attrs["iou_threshold"])


def _overall(here: xarray.Dataset, scope: str, name: str) -> Sequence[Any]:
    missing = here[f"undefined_overall_{name}"].item()
    return [scope, "", OVERALL, "", "", "", "", "", here[f"overall_{name}"].item(), "", missing, ""]


def _image_rows(start: list[Any], here: xarray.Dataset, quantity: str, units: str) -> Iterator[list[Any]]:
    names = ("true_count", "predicted_count", f"true_{quantity}", f"predicted_{quantity}", f"{quantity}_error")
    columns = [here[f"image_{name}"].values for name in names]
    for i, image in enumerate(here["image"].values):
        for t, name in enumerate(here["defect_type"].values):
            *values, error = (column[i, t] for column in columns)
            yield [*start, IMAGE, image, name, *values, units, error, "", "", ""]


def _is_in_errors(name: str) -> bool:
    bare = name.removeprefix("undefined_").removeprefix("overall_").removeprefix("averaged_").removesuffix("_sd")
    return bare in {
        *(f"{side}_count" for side in ("true", "predicted")),
        *(f"{quantity}_error" for quantity in QUANTITIES),
        *(f"{side}_{quantity}" for side in ("true", "predicted") for quantity in QUANTITIES),
    }
