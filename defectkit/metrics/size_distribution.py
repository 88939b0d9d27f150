"""Size distribution: how far the distributions of true and predicted sizes are apart."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

import attrs
import numpy as np
from numpy.typing import ArrayLike, NDArray

from defectkit.metrics.class_means import SIDES, indices_of
from defectkit.metrics.comparison import Comparison, Defects, Part
from defectkit.metrics.dataset import SUBSETS, Variable, dataset
from defectkit.metrics.errors import POOLED
from defectkit.metrics.interface import Metric

if TYPE_CHECKING:
    import xarray

Floats = NDArray[np.float64]
Distance = Callable[[ArrayLike, ArrayLike], float]


def ks_distance(true: ArrayLike, predicted: ArrayLike) -> float:
    """Return the Kolmogorov-Smirnov distance: the largest difference of the two cumulative distributions.

    Parameters
    ----------
    true, predicted : array_like, shape (N,) and (M,)

    Returns
    -------
    float
        Between 0 and 1; NaN if either side is empty.

    Examples
    --------
    >>> ks_distance([1, 2, 3, 4], [3, 4, 5, 6])
    0.5
    """
    t, p = np.sort(np.asarray(true, np.float64)), np.sort(np.asarray(predicted, np.float64))
    if not (t.size and p.size):
        return float("nan")
    every, gap = _cumulative_gap(t, p)
    last_of_equals = np.append(every[1:] > every[:-1], True)
    return float(gap[last_of_equals].max())


def earth_movers_distance(true: ArrayLike, predicted: ArrayLike) -> float:
    """Return the area between the two cumulative distributions: the mean way that sizes have to be shifted.

    Parameters
    ----------
    true, predicted : array_like, shape (N,) and (M,)

    Returns
    -------
    float
        In the unit of the values; NaN if either side is empty.

    Notes
    -----
    The first Wasserstein distance, https://doi.org/10.1023/A:1026543900054.

    Examples
    --------
    >>> earth_movers_distance([1, 2, 3, 4], [3, 4, 5, 6])
    2.0
    """
    t, p = np.sort(np.asarray(true, np.float64)), np.sort(np.asarray(predicted, np.float64))
    if not (t.size and p.size):
        return float("nan")
    every, gap = _cumulative_gap(t, p)
    return float((gap[:-1] * np.diff(every)).sum())


def _cumulative_gap(true: Floats, predicted: Floats) -> tuple[Floats, Floats]:
    """Return all values of two sorted samples in order, and how far their cumulative shares are apart after each."""
    every = np.concatenate([true, predicted])
    order = np.argsort(every, kind="stable")
    n_true = np.cumsum(order < true.size)
    n_predicted = np.arange(1, every.size + 1) - n_true
    return every[order], np.abs(n_true / true.size - n_predicted / predicted.size)


def size_distribution(comparison: Comparison) -> xarray.Dataset:
    """Return the distances between the distributions of true and predicted sizes, pooled over images.

    Parameters
    ----------
    comparison : Comparison
        "Found" is meant at its ``iou_threshold``.

    Returns
    -------
    xarray.Dataset
        ``size_ks_distance`` and ``size_earth_movers_distance`` (subset, defect_type). Defects without a size are left
        out; ``undefined_true_size`` and ``undefined_predicted_size`` of the errors count them.
    """
    pooled = {side: _sizes(comparison, side) for side in SIDES}
    n_types = len(comparison.types) + 1

    def table(distance: Distance) -> list[list[float]]:
        return [
            [distance(pooled["true"][s][k], pooled["predicted"][s][k]) for k in range(n_types)]
            for s in range(len(SUBSETS))
        ]

    return dataset(
        comparison,
        {
            "size_ks_distance": Variable(
                dims=POOLED, values=table(ks_distance), long_name="Kolmogorov-Smirnov distance of sizes"
            ),
            "size_earth_movers_distance": Variable(
                dims=POOLED,
                values=table(earth_movers_distance),
                long_name="earth mover's distance of sizes",
                units=comparison.length_unit,
            ),
        },
    )


def _sizes(comparison: Comparison, side: str) -> list[list[Floats]]:
    """Return the sizes of all images by subset and type; the last type is all."""
    defects: Defects = getattr(comparison, side)
    sizes: list[list[Floats]] = []
    for subset in SUBSETS:
        picked = indices_of(comparison, side, subset)
        code, value = defects.codes[picked], defects.sizes[picked]
        code, value = code[~np.isnan(value)], value[~np.isnan(value)]
        sizes.append([*(value[code == k] for k in range(len(comparison.types))), value])
    return sizes


@attrs.frozen(kw_only=True)
class SizeDistribution(Metric):
    """The metric of :func:`size_distribution`."""

    name: ClassVar[str] = "size-distribution"
    description: ClassVar[str] = "Kolmogorov-Smirnov and earth mover's distance between true and predicted sizes."
    needs: ClassVar[frozenset[Part]] = frozenset({Part.MEASURES})

    def compute(self, comparison: Comparison) -> xarray.Dataset:
        """Return :func:`size_distribution` of the comparison."""
        return size_distribution(comparison)
