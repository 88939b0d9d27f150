"""Scores: F1 with intervals over images, errors of density and size."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import attrs
import numpy as np

from defectkit.conventions import IoUKind, convention
from defectkit.records import Instances
from defectkit.statistics import Bootstrap
from defectkit.workflows import evaluate
from tests.quality.sets import QualitySet

IOU = (0.3, 0.5)
INTERVALS = Bootstrap(confidence=0.95)


@attrs.frozen(kw_only=True)
class Score:
    """How well somebody found the defects of a set; ``f1`` and its interval by kind of IoU and threshold.

    ``density_error`` and ``size_error`` are means over images of the relative error, with sign; the ``absolute`` ones
    without. ``size_error`` leaves out the ``n_without_size`` images where either side has no defect.
    """

    set: str
    who: str
    n_images: int
    n_true: int
    n_predicted: int
    f1: Mapping[str, tuple[float, float, float]]
    precision: float
    recall: float
    density_error: float
    density_error_absolute: float
    size_error: float
    size_error_absolute: float
    n_without_size: int
    type_f1: float | None = None


def score(held: QualitySet, who: str, predicted: Mapping[str, Instances], *, typed: bool = False) -> Score:
    """Return the score of what was predicted for each image of a set."""
    f1: dict[str, tuple[float, float, float]] = {}
    mask = _found(held, predicted, IoUKind.MASK)
    for kind, result in ((IoUKind.MASK, mask), (IoUKind.BOX, _found(held, predicted, IoUKind.BOX))):
        for iou in IOU:
            f1[f"{kind.value} {iou:g}"] = _f1(result, iou)
    density = np.array([len(predicted[n]) / len(t) - 1 for n, t in held.truth.items() if len(t)])
    sizes = np.array([_size(predicted[n]) / _size(t) - 1 for n, t in held.truth.items()])
    known = np.isfinite(sizes)
    at = mask.sel(iou_threshold=IOU[0])
    return Score(
        set=held.name,
        who=who,
        n_images=len(held.images),
        n_true=int(mask["n_true"]),
        n_predicted=int(mask["n_predicted"]),
        f1=f1,
        precision=float(at["find_precision"]),
        recall=float(at["find_recall"]),
        density_error=float(density.mean()),
        density_error_absolute=float(np.abs(density).mean()),
        size_error=float(sizes[known].mean()),
        size_error_absolute=float(np.abs(sizes[known]).mean()),
        n_without_size=int((~known).sum()),
        type_f1=_type_f1(held, predicted) if typed else None,
    )


def _found(held: QualitySet, predicted: Mapping[str, Instances], kind: IoUKind) -> Any:
    rule = attrs.evolve(convention("defectkit"), name=f"defectkit-{kind.value}", iou_kind=kind)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return evaluate(
            dict(held.truth),
            dict(predicted),
            convention=rule,
            iou_thresholds=IOU,
            metrics=["find"],
            bootstrap=INTERVALS,
        )


def _type_f1(held: QualitySet, predicted: Mapping[str, Instances]) -> float:
    """Mean over the types that are there of the F1 of the type of found pairs; other names are mistakes of theirs."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        result = evaluate(dict(held.truth), dict(predicted), iou_thresholds=IOU, metrics=["type"])
    of_types = result["type_f1_score"].sel(iou_threshold=IOU[0], defect_type=result.attrs["true_types"])
    return float(of_types.mean())


def _f1(result: Any, iou: float) -> tuple[float, float, float]:
    at = result.sel(iou_threshold=iou)
    value, low, high = (float(at[f"find_f1_score{end}"]) for end in ("", "_low", "_high"))
    return value, low, high


def _size(instances: Instances) -> float:
    """Mean equivalent diameter in pixels; NaN without a defect."""
    return float(np.mean(2 * np.sqrt(instances.areas / np.pi))) if len(instances) else np.nan
