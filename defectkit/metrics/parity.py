"""Parity: how predicted class means of images lie about the true ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import attrs
import numpy as np
from numpy.typing import ArrayLike, NDArray

from defectkit.metrics.class_means import QUANTITIES, SIDES, class_mean, class_sums
from defectkit.metrics.errors import POOLED, quantity_units
from defectkit.metrics.interface import Metric
from defectkit.statistics.comparison import Part
from defectkit.statistics.drawing import Drawn, Sample
from defectkit.statistics.totals import Totals
from defectkit.statistics.units import Sum, Units
from defectkit.statistics.variables import Variable

if TYPE_CHECKING:
    pass

Floats = NDArray[np.float64]

STATISTICS = ("r2", "mae", "rmse", "rmse_over_sigma", "n", "n_undefined")
COUNTS = ("n", "n_undefined")


@attrs.frozen(kw_only=True)
class ParityStatistics:
    """Statistics of a parity plot.

    Parameters
    ----------
    r2 : float
        Coefficient of determination about the line of equality.
    mae, rmse : float
        Mean absolute and root mean square error, in the unit of the points.
    rmse_over_sigma : float
        RMSE over the standard deviation (ddof 0) of the true values.
    n, n_undefined : int
        Points that were used, and those without one of their values.
    """

    r2: float
    mae: float
    rmse: float
    rmse_over_sigma: float
    n: int
    n_undefined: int


def parity_statistics(true: ArrayLike, predicted: ArrayLike) -> ParityStatistics:
    """Return how far points lie from the line ``predicted = true``.

    Parameters
    ----------
    true, predicted : array_like, shape (N,)
        Points with a NaN are counted and left out.

    Returns
    -------
    ParityStatistics

    Notes
    -----
    ``R2 = 1 - sum (predicted - true)^2 / sum (true - mean true)^2``, as scikit-learn's ``r2_score``: it is negative
    where the mean of the truth predicts better. ``RMSE / sigma = sqrt(1 - R2)``. Without a point all are NaN; where the
    true values do not vary, a single point included, R2 and RMSE / sigma are.

    Examples
    --------
    >>> s = parity_statistics([1, 2, 3], [1, 2, 4])
    >>> round(s.r2, 3), round(s.mae, 3), round(s.rmse, 3), round(s.rmse_over_sigma, 3)
    (0.5, 0.333, 0.577, 0.707)
    """
    t, p = np.asarray(true, np.float64).reshape(1, -1), np.asarray(predicted, np.float64).reshape(1, -1)
    found = _parity(t, p, Sample(n_images=t.size), ())
    return ParityStatistics(**{name: values[0].item() for name, values in found.items()})


def _parity(true: Floats, predicted: Floats, drawn: Drawn, pooled: tuple[int, ...]) -> dict[str, NDArray[Any]]:
    """Return the statistics over the images that are drawn, and over some more axes, named from behind.

    Parameters
    ----------
    true, predicted : numpy.ndarray, shape (B or 1, images, ...)
    drawn : Drawn
        B resamples.
    pooled : tuple of int
        Axes whose entries are points as images are.

    Returns
    -------
    dict of str to numpy.ndarray, shape (B, ...) without the pooled axes
    """
    defined = ~(np.isnan(true) | np.isnan(predicted))

    def over(values: NDArray[Any]) -> NDArray[Any]:
        summed = drawn.over_images(values)
        return summed.sum(axis=pooled, keepdims=True) if pooled else summed

    n = over(defined)
    weights = drawn.image_weights.reshape(*drawn.image_weights.shape, *(1,) * (true.ndim - 2))
    there = defined & (weights > 0)
    axes = (1, *(axis % true.ndim for axis in pooled))
    varies = _extreme(np.max, true, there, -np.inf, axes) > _extreme(np.min, true, there, np.inf, axes)
    residual = np.where(defined, predicted - true, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):  # without a point, or where the truth is the same in all: NaN
        mean = over(np.where(defined, true, 0.0)) / n
        squared, absolute = over(residual**2) / n, over(np.abs(residual)) / n
        deviation = np.where(defined, true - mean[:, None], 0.0)
        variance = np.where(varies.reshape(n.shape), over(deviation**2) / n, np.nan)
        found = {
            "r2": 1 - squared / variance,
            "mae": absolute,
            "rmse": np.sqrt(squared),
            "rmse_over_sigma": np.sqrt(squared / variance),
            "n": n,
            "n_undefined": over(~defined),
        }
    return {name: values.squeeze(axis=pooled) if pooled else values for name, values in found.items()}


def _extreme(
    of: Callable[..., NDArray[Any]], values: Floats, there: NDArray[np.bool_], otherwise: float, axes: tuple[int, ...]
) -> NDArray[Any]:
    return of(np.where(there, values, otherwise), axis=axes, initial=otherwise)


@attrs.frozen(kw_only=True)
class Parity(Metric):
    """The parity statistics of size, shape and density, a point for each image and type.

    Notes
    -----
    For each of ``size``, ``shape`` and ``density``, variables ``X_parity_r2``, ``_mae``, ``_rmse``,
    ``_rmse_over_sigma``, ``_n`` and ``_n_undefined`` (subset, defect_type) over the images, where ``all`` has the
    images' values of all types together; ``overall_X_parity_...`` (subset) over all points of the overall types in one
    plot; ``averaged_true_X`` and ``averaged_predicted_X`` (subset, defect_type), means over images, with ``_sd``.

    The standard deviation over images has the convention's ``image_ddof``. An image without a defect of a type has no
    mean size or shape, so no point; its density is 0, which is one. "Found" is meant at the comparison's
    ``iou_threshold``.
    """

    name: ClassVar[str] = "parity"
    description: ClassVar[str] = "R2, MAE, RMSE and RMSE over sigma of the images' mean sizes, shapes and densities."
    needs: ClassVar[frozenset[Part]] = frozenset({Part.MEASURES})

    def sums(self, units: Units) -> Mapping[str, Sum]:
        """Return counts and sums of sizes and shapes, by side, subset and type."""
        return class_sums(units)

    def values(self, totals: Totals) -> Mapping[str, Variable]:
        """Return the statistics of parity plots."""
        comparison = totals.comparison
        units = quantity_units(comparison)
        picked = [comparison.types.index(t) for t in comparison.overall_types]
        variables: dict[str, Variable] = {}
        for quantity in QUANTITIES:
            points = {side: class_mean(totals.of_images, side, quantity) for side in SIDES}
            by_type = _parity(points["true"], points["predicted"], totals.drawn, ())
            together = _parity(points["true"][..., picked], points["predicted"][..., picked], totals.drawn, (-1,))
            for statistic in STATISTICS:
                unit = units[quantity] if statistic in ("mae", "rmse") else ""
                title = f"{statistic} of the images' {quantity}"
                for name, dims, values in (
                    (f"{quantity}_parity_{statistic}", POOLED, by_type[statistic]),
                    (f"overall_{quantity}_parity_{statistic}", ("subset",), together[statistic]),
                ):
                    variables[name] = Variable(
                        dims=dims, values=values, long_name=title, units=unit, has_interval=statistic not in COUNTS
                    )
            for side in SIDES:
                name, title = f"averaged_{side}_{quantity}", f"{side} {quantity}, over images"
                variables[name] = Variable(
                    dims=POOLED,
                    values=totals.mean_over_images(points[side])[0],
                    long_name=f"{title}: mean",
                    units=units[quantity],
                )
                variables[f"{name}_sd"] = Variable(
                    dims=POOLED,
                    values=totals.sd_over_images(points[side], comparison.convention.image_ddof),
                    long_name=f"{title}: standard deviation",
                    units=units[quantity],
                )
        return variables
