"""Size distribution: how far the distributions of true and predicted sizes are apart."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

import attrs
import numpy as np
from numpy.typing import ArrayLike, NDArray

from defectkit.metrics.class_means import SIDES, indices_of
from defectkit.metrics.errors import POOLED
from defectkit.metrics.interface import Metric
from defectkit.statistics.cached import cached
from defectkit.statistics.comparison import Defects, Part
from defectkit.statistics.totals import Totals
from defectkit.statistics.units import Units
from defectkit.statistics.variables import SUBSETS, Variable

if TYPE_CHECKING:
    pass

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]


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
    from defectkit.statistics.kernels import distribution_distances

    pooled = _Pooled.of(*(np.asarray(side, np.float64) for side in (true, predicted)))
    one, unit = np.ones((1, 1)), np.zeros_like(pooled.order)
    ((largest, area),) = distribution_distances(one, unit, pooled.is_true, pooled.values)
    return float(largest), float(area)


@attrs.frozen(kw_only=True, eq=False)
class _Pooled:
    """The sizes of both sides, ascending.

    Parameters
    ----------
    order : numpy.ndarray, shape (N + M,), int64
        Where each was among the true ones, then the predicted ones.
    is_true : numpy.ndarray, shape (N + M,), bool
    values : numpy.ndarray, shape (N + M,), float64
    """

    order: Indices
    is_true: NDArray[np.bool_]
    values: Floats

    @classmethod
    def of(cls, true: Floats, predicted: Floats) -> _Pooled:
        both = np.concatenate([true, predicted])
        order = np.argsort(both)
        return cls(order=order, is_true=order < true.size, values=both[order])


@cached
def _pooled_sizes(units: Units) -> list[list[tuple[Indices, _Pooled]]]:
    """Return the sizes of all images by subset and type, then all, each size with its unit."""
    comparison = units.comparison
    codes: tuple[int | None, ...] = (*range(len(comparison.types)), None)
    return [[_pooled(units, subset, code) for code in codes] for subset in SUBSETS]


def _pooled(units: Units, subset: str, code: int | None) -> tuple[Indices, _Pooled]:
    sizes, own = [], []
    for side, unit in zip(SIDES, (units.of_true, units.of_predicted), strict=True):
        defects: Defects = getattr(units.comparison, side)
        picked = indices_of(units.comparison, side, subset)
        kept = picked[~np.isnan(defects.sizes[picked]) & ((code is None) | (defects.codes[picked] == code))]
        sizes.append(defects.sizes[kept])
        own.append(unit[kept])
    pooled = _Pooled.of(*sizes)
    return np.concatenate(own)[pooled.order], pooled


@attrs.frozen(kw_only=True)
class SizeDistribution(Metric):
    """The distances between the distributions of true and predicted sizes, pooled over images.

    Notes
    -----
    Variables ``size_ks_distance`` and ``size_earth_movers_distance`` (subset, defect_type); "found" is meant at the
    comparison's ``iou_threshold``. Defects without a size are left out; ``undefined_true_size`` and
    ``undefined_predicted_size`` of the errors count them.
    """

    name: ClassVar[str] = "size-distribution"
    description: ClassVar[str] = "Kolmogorov-Smirnov and earth mover's distance between true and predicted sizes."
    needs: ClassVar[frozenset[Part]] = frozenset({Part.MEASURES})

    def values(self, totals: Totals) -> Mapping[str, Variable]:
        """Return the distances; a defect of weight ``w`` counts as ``w`` of equal size."""
        from defectkit.statistics.kernels import distribution_distances

        weights = totals.drawn.unit_weights
        distances = np.array(
            [
                [distribution_distances(weights, unit, pooled.is_true, pooled.values) for unit, pooled in row]
                for row in _pooled_sizes(totals.units)
            ]
        )
        largest, area = np.moveaxis(distances, -1, 0)
        return {
            "size_ks_distance": Variable(
                dims=POOLED, values=np.moveaxis(largest, -1, 0), long_name="Kolmogorov-Smirnov distance of sizes"
            ),
            "size_earth_movers_distance": Variable(
                dims=POOLED,
                values=np.moveaxis(area, -1, 0),
                long_name="earth mover's distance of sizes",
                units=totals.comparison.length_unit,
            ),
        }
