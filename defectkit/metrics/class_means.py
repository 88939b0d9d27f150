"""Class means: how many defects of a type there are, and their mean size and shape, on each side."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from defectkit.statistics.cached import cached
from defectkit.statistics.comparison import Comparison, Defects
from defectkit.statistics.units import Sum, Units
from defectkit.statistics.variables import SUBSETS

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]
Values = NDArray[Any]

SIDES = ("true", "predicted")
MEASURES = ("size", "shape")
QUANTITIES = (*MEASURES, "density")


@cached
def class_sums(units: Units) -> Mapping[str, Sum]:
    """Return what class means are made of.

    Parameters
    ----------
    units : Units
        "Found" is meant at the ``iou_threshold`` of their comparison.

    Returns
    -------
    mapping of str to Sum
        Of shape (U, subsets, types + 1), each type, then all: ``true_count`` and ``predicted_count``; for each side and
        measure, ``true_size_sum`` and so on, the sum over the defects that have a value, and ``true_size_undefined``,
        how many have none (an empty mask has no size, a straight hull no shape). ``field_area`` is of images.
    """
    comparison = units.comparison
    n_types = len(comparison.types)
    sums: dict[str, Sum] = {"field_area": units.over_images(comparison.field_areas)}
    for side, unit in zip(SIDES, (units.of_true, units.of_predicted), strict=True):
        defects: Defects = getattr(comparison, side)
        picked = [indices_of(comparison, side, subset) for subset in SUBSETS]

        def added(
            kept: list[Counts],
            weights: Floats | None = None,
            unit: NDArray[np.int64] = unit,
            codes: NDArray[np.int64] = defects.codes,
        ) -> Sum:
            tables = [
                units.counted(unit[k], codes[k], (n_types,), None if weights is None else weights[k]).values
                for k in kept
            ]
            by_type = np.stack(tables, axis=1)
            return Sum(values=np.concatenate([by_type, by_type.sum(axis=-1, keepdims=True)], axis=-1))

        sums[f"{side}_count"] = added(picked)
        for measure, values in (("size", defects.sizes), ("shape", defects.shapes)):
            undefined = np.isnan(values)
            sums[f"{side}_{measure}_sum"] = added([k[~undefined[k]] for k in picked], values)
            sums[f"{side}_{measure}_undefined"] = added([k[undefined[k]] for k in picked])
    return sums


def class_mean(sum_of: Callable[[str], Values], side: str, quantity: str) -> Floats:
    """Return the mean size or shape, or the density, from sums of shape (..., subsets, types + 1).

    Parameters
    ----------
    sum_of : callable
        Gives a sum of :func:`class_sums` by its name: over all images, or of each.
    side, quantity : str

    Returns
    -------
    numpy.ndarray, shape (..., subsets, types + 1), float64
        A mean over no defect is NaN; the density of no defect is 0.
    """
    count = sum_of(f"{side}_count")
    if quantity == "density":
        return _ratio(count, sum_of("field_area")[..., None, None])
    return _ratio(sum_of(f"{side}_{quantity}_sum"), count - sum_of(f"{side}_{quantity}_undefined"))


def indices_of(comparison: Comparison, side: str, subset: str) -> Counts:
    """Return the indices of the defects of one side, among those of all images, that a subset holds."""
    defects: Defects = getattr(comparison, side)
    if subset == SUBSETS[0]:
        return np.arange(defects.n)
    return comparison.found.truth if side == "true" else comparison.found.predicted


def _ratio(above: Values, below: Values) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):  # a mean over nothing is NaN
        return np.asarray(np.where(below == 0, np.nan, np.true_divide(above, below)))
