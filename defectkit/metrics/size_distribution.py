"""Size distribution: how far the distributions of true and predicted sizes are apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import attrs
import numpy as np
from numpy.typing import ArrayLike, NDArray

from defectkit.metrics.class_means import SIDES, indices_of
from defectkit.metrics.errors import POOLED
from defectkit.metrics.interface import Metric
from defectkit.statistics.comparison import Comparison, Defects, Part
from defectkit.statistics.variables import SUBSETS, Variable, dataset

if TYPE_CHECKING:
    import xarray

Floats = NDArray[np.float64]


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
    return _distances(true, predicted)[0]


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
    return _distances(true, predicted)[1]


def _distances(true: ArrayLike, predicted: ArrayLike) -> tuple[float, float]:
    """Return the largest difference of two cumulative distributions and the area between them."""
    t, p = np.asarray(true, np.float64), np.asarray(predicted, np.float64)
    if not (t.size and p.size):
        return float("nan"), float("nan")
    both = np.concatenate([t, p])
    order = np.argsort(both)
    every = both[order]
    n_true = np.cumsum(order < t.size)
    n_predicted = np.arange(1, every.size + 1) - n_true
    gap = np.abs(n_true / t.size - n_predicted / p.size)
    steps = np.diff(every)
    return float(gap[np.append(steps > 0, True)].max()), float((gap[:-1] * steps).sum())


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

    distances = np.array(
        [
            [_distances(pooled["true"][s][k], pooled["predicted"][s][k]) for k in range(n_types)]
            for s in range(len(SUBSETS))
        ]
    )
    return dataset(
        comparison,
        {
            "size_ks_distance": Variable(
                dims=POOLED, values=distances[..., 0], long_name="Kolmogorov-Smirnov distance of sizes"
            ),
            "size_earth_movers_distance": Variable(
                dims=POOLED,
                values=distances[..., 1],
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
