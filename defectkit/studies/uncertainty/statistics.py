"""Statistics: those of an evaluation, for many resamples at once, under the names that the metrics give them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from defectkit.metrics.class_means import MEASURES, QUANTITIES, SIDES
from defectkit.metrics.find import SCORES
from defectkit.metrics.type_scores import cohen_kappa, end_to_end_scores, type_scores
from defectkit.statistics.scores import (
    Scores,
    mean_of_defined,
    percent_error,
    scores,
    sd_of_defined,
    signed_percent_error,
)
from defectkit.studies.uncertainty.evidence import Evidence
from defectkit.studies.uncertainty.ranked import average_precisions, size_distances
from defectkit.studies.uncertainty.sums import PARTS, Sums

Floats = NDArray[np.float64]
Statistics = Mapping[str, Floats]
Family = Callable[[Evidence, Sums], Statistics]


def find(evidence: Evidence, totals: Sums) -> Statistics:
    """Return the statistics of :func:`defectkit.metrics.find.find`."""
    pooled = totals.image_finds.sum(axis=1)
    result: dict[str, Floats] = {
        "n_true": pooled[:, 0, 0],
        "n_predicted": pooled[:, 0, 1],
        "n_found": pooled[..., 2],
    }
    of_all, of_images = (
        scores(counts[..., 2], counts[..., 0], counts[..., 1], nothing=1.0) for counts in (pooled, totals.image_finds)
    )
    for name in SCORES:
        result[f"find_{name}"] = getattr(of_all, name)
        result[f"averaged_find_{name}"] = mean_of_defined(getattr(of_images, name), axis=1)[0]
    return result


def types(evidence: Evidence, totals: Sums) -> Statistics:
    """Return the statistics of the metrics ``type``, ``end-to-end`` and ``confusion``."""
    found = totals.confusion[..., :-1, :-1]
    return {
        "confusion": totals.confusion,
        "type_kappa": cohen_kappa(found),
        **_scores(evidence, "type", type_scores(found)),
        **_scores(evidence, "end_to_end", end_to_end_scores(totals.confusion)),
    }


def _scores(evidence: Evidence, prefix: str, values: Scores) -> Statistics:
    result: dict[str, Floats] = {}
    for name in SCORES:
        result |= _with_overall(evidence, f"{prefix}_{name}", getattr(values, name))
    return result


def _with_overall(evidence: Evidence, name: str, values: Floats) -> Statistics:
    picked = [evidence.types.index(t) for t in evidence.overall_types]
    return {name: values, f"overall_{name}": mean_of_defined(values[..., picked], axis=-1)[0]}


def errors(evidence: Evidence, totals: Sums) -> Statistics:
    """Return the statistics of the metrics ``errors`` and ``parity``."""
    result: dict[str, Floats] = {}
    areas = totals.field_areas
    for s, side in enumerate(SIDES):
        result[f"{side}_count"] = totals.measures[:, s, ..., PARTS.index("count")]
    for quantity in QUANTITIES:
        pooled = {side: _mean(totals.measures[:, s], quantity, areas.sum(axis=1)) for s, side in enumerate(SIDES)}
        each = {side: _mean(totals.image_measures[:, :, s], quantity, areas) for s, side in enumerate(SIDES)}
        error = percent_error(pooled["predicted"], pooled["true"])
        of_images = percent_error(each["predicted"], each["true"])
        averaged = mean_of_defined(of_images, axis=1)[0]
        result |= {f"{side}_{quantity}": pooled[side] for side in SIDES}
        result |= _with_overall(evidence, f"{quantity}_error", error)
        result |= _with_overall(evidence, f"averaged_{quantity}_error", averaged)
        signed = signed_percent_error(pooled["predicted"], pooled["true"])
        of_images_signed = signed_percent_error(each["predicted"], each["true"])
        result |= _with_overall(evidence, f"{quantity}_signed_error", signed)
        result[f"averaged_{quantity}_signed_error"] = mean_of_defined(of_images_signed, axis=1)[0]
        result[f"averaged_{quantity}_error_sd"] = sd_of_defined(of_images, evidence.image_ddof, axis=1)
        result |= _parity(evidence, quantity, each)
    return result


def _mean(parts: Floats, quantity: str, areas: Floats) -> Floats:
    """Return mean size or shape, or density, from sums (..., 2, K + 1, 5)."""
    count = parts[..., PARTS.index("count")]
    if quantity not in MEASURES:
        return np.asarray(count / areas[..., None, None])
    defined = count - parts[..., PARTS.index(f"{quantity}_undefined")]
    with np.errstate(invalid="ignore"):  # a mean over nothing is NaN
        return np.asarray(parts[..., PARTS.index(f"{quantity}_sum")] / defined)


def _parity(evidence: Evidence, quantity: str, each: Mapping[str, Floats]) -> Statistics:
    picked = [evidence.types.index(t) for t in evidence.overall_types]
    true, predicted = each["true"], each["predicted"]
    n_resamples, n_images, n_subsets, _ = true.shape

    def together(values: Floats) -> Floats:
        return values[..., picked].transpose(0, 1, 3, 2).reshape(n_resamples, n_images * len(picked), n_subsets)

    result = {f"{quantity}_parity_{k}": v for k, v in parity_statistics(true, predicted).items()}
    result |= {
        f"overall_{quantity}_parity_{k}": v for k, v in parity_statistics(together(true), together(predicted)).items()
    }
    for side in SIDES:
        result[f"averaged_{side}_{quantity}"] = mean_of_defined(each[side], axis=1)[0]
        result[f"averaged_{side}_{quantity}_sd"] = sd_of_defined(each[side], evidence.image_ddof, axis=1)
    return result


def parity_statistics(true: Floats, predicted: Floats) -> Statistics:
    """Return R2, MAE, RMSE and RMSE over sigma along axis 1, for all else at once.

    Parameters
    ----------
    true, predicted : numpy.ndarray, shape (B, N, ...)

    Returns
    -------
    dict of str to numpy.ndarray, shape (B, ...)
        As :func:`defectkit.metrics.parity.parity_statistics` gives them for each.
    """
    defined = ~(np.isnan(true) | np.isnan(predicted))
    t = np.where(defined, true, np.nan)
    residual = np.where(defined, predicted - t, np.nan)
    squared, mae = mean_of_defined(residual**2, axis=1)[0], mean_of_defined(np.abs(residual), axis=1)[0]
    variance = sd_of_defined(t, 0, axis=1) ** 2
    highest = np.where(defined, true, -np.inf).max(axis=1, initial=-np.inf)
    lowest = np.where(defined, true, np.inf).min(axis=1, initial=np.inf)
    variance = np.where(highest > lowest, variance, np.nan)
    return {
        "r2": 1 - squared / variance,
        "mae": mae,
        "rmse": np.sqrt(squared),
        "rmse_over_sigma": np.sqrt(squared / variance),
    }


def panoptic_quality(evidence: Evidence, totals: Sums) -> Statistics:
    """Return the statistics of :func:`defectkit.metrics.panoptic_quality.panoptic_quality`."""
    iou, pairs, defects = np.moveaxis(totals.panoptic, -1, 0)
    with np.errstate(divide="ignore", invalid="ignore"):  # nothing over nothing is NaN
        qualities = {
            "panoptic_quality": 2 * iou / defects,
            "segmentation_quality": iou / pairs,
            "recognition_quality": 2 * pairs / defects,
        }
    result: dict[str, Floats] = {}
    for name, values in qualities.items():
        result |= _with_overall(evidence, name, values)
    return result


def foreground(evidence: Evidence, totals: Sums) -> Statistics:
    """Return the pooled statistics of :func:`defectkit.metrics.foreground.foreground`; pixels go with their image."""
    pixels, true, predicted, shared = totals.pixels.T
    either = true + predicted - shared
    with np.errstate(invalid="ignore"):  # no foreground at all is treated beside
        iou = np.where(either == 0, 1.0, shared / either)
    return {
        "true_foreground_fraction": true / pixels,
        "predicted_foreground_fraction": predicted / pixels,
        "foreground_fraction_error": percent_error(predicted / pixels, true / pixels),
        "foreground_iou": iou,
    }


def average_precision(evidence: Evidence, totals: Sums) -> Statistics:
    """Return the statistics of the metric ``average-precision``."""
    table = average_precisions(evidence, totals)
    result: dict[str, Floats] = {}
    for name, values in (
        ("average_precision", table.mean(axis=-1)),
        ("average_precision_50", table[..., 0]),
        ("average_precision_75", table[..., 5]),
    ):
        result |= _with_overall(evidence, name, values)
    return result


FAMILIES: tuple[Family, ...] = (
    find,
    types,
    errors,
    panoptic_quality,
    foreground,
    average_precision,
    size_distances,
)
"""Each gives some of the statistics, shape (B, ...) with the dimensions that the evaluation has."""
