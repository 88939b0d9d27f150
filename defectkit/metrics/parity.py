"""Parity: how predicted class means of images lie about the true ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import attrs
import numpy as np
from numpy.typing import ArrayLike, NDArray

from defectkit.metrics.class_means import QUANTITIES, SIDES, class_means
from defectkit.metrics.errors import POOLED, quantity_units
from defectkit.metrics.interface import Metric
from defectkit.statistics.comparison import Comparison, Part
from defectkit.statistics.scores import mean_of_defined, sd_of_defined
from defectkit.statistics.variables import SUBSETS, Variable, dataset

if TYPE_CHECKING:
    import xarray

Floats = NDArray[np.float64]

STATISTICS = ("r2", "mae", "rmse", "rmse_over_sigma", "n", "n_undefined")


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
    t, p = np.asarray(true, np.float64).ravel(), np.asarray(predicted, np.float64).ravel()
    defined = ~(np.isnan(t) | np.isnan(p))
    t, p = t[defined], p[defined]
    if not t.size:
        nan = float("nan")
        return ParityStatistics(r2=nan, mae=nan, rmse=nan, rmse_over_sigma=nan, n=0, n_undefined=defined.size)
    squared = float(np.mean((p - t) ** 2))
    variance = float(np.mean((t - t.mean()) ** 2)) if np.ptp(t) > 0 else float("nan")
    return ParityStatistics(
        r2=1 - squared / variance,
        mae=float(np.mean(np.abs(p - t))),
        rmse=squared**0.5,
        rmse_over_sigma=(squared / variance) ** 0.5,
        n=t.size,
        n_undefined=defined.size - t.size,
    )


def parity(comparison: Comparison) -> xarray.Dataset:
    """Return the parity statistics of size, shape and density, a point for each image and type.

    Parameters
    ----------
    comparison : Comparison
        "Found" is meant at its ``iou_threshold``.

    Returns
    -------
    xarray.Dataset
        For each of ``size``, ``shape`` and ``density``: ``X_parity_r2``, ``_mae``, ``_rmse``, ``_rmse_over_sigma``,
        ``_n`` and ``_n_undefined`` (subset, defect_type) over the images, where ``all`` has the images' values of all
        types together; ``overall_X_parity_...`` (subset) over all points of the overall types in one plot;
        ``averaged_true_X`` and ``averaged_predicted_X`` (subset, defect_type), means over images, with ``_sd``.

    Notes
    -----
    The standard deviation over images has the convention's ``image_ddof``. An image without a defect of a type has no
    mean size or shape, so no point; its density is 0, which is one.
    """
    means = class_means(comparison)
    units = quantity_units(comparison)
    picked = [comparison.types.index(t) for t in comparison.overall_types]
    n_types = len(comparison.types) + 1
    variables: dict[str, Variable] = {}
    for quantity in QUANTITIES:
        points = {side: means[side].per_image(quantity) for side in SIDES}
        by_type = [
            [parity_statistics(points["true"][:, s, k], points["predicted"][:, s, k]) for k in range(n_types)]
            for s in range(len(SUBSETS))
        ]
        together = [
            parity_statistics(points["true"][:, s, picked], points["predicted"][:, s, picked])
            for s in range(len(SUBSETS))
        ]
        for statistic in STATISTICS:
            unit = units[quantity] if statistic in ("mae", "rmse") else ""
            title = f"{statistic} of the images' {quantity}"
            variables[f"{quantity}_parity_{statistic}"] = Variable(
                dims=POOLED,
                values=[[getattr(s, statistic) for s in row] for row in by_type],
                long_name=title,
                units=unit,
            )
            variables[f"overall_{quantity}_parity_{statistic}"] = Variable(
                dims=("subset",), values=[getattr(s, statistic) for s in together], long_name=title, units=unit
            )
        for side in SIDES:
            name, title = f"averaged_{side}_{quantity}", f"{side} {quantity}, over images"
            variables[name] = Variable(
                dims=POOLED,
                values=mean_of_defined(points[side])[0],
                long_name=f"{title}: mean",
                units=units[quantity],
            )
            variables[f"{name}_sd"] = Variable(
                dims=POOLED,
                values=sd_of_defined(points[side], comparison.convention.image_ddof),
                long_name=f"{title}: standard deviation",
                units=units[quantity],
            )
    return dataset(comparison, variables)


@attrs.frozen(kw_only=True)
class Parity(Metric):
    """The metric of :func:`parity`."""

    name: ClassVar[str] = "parity"
    description: ClassVar[str] = "R2, MAE, RMSE and RMSE over sigma of the images' mean sizes, shapes and densities."
    needs: ClassVar[frozenset[Part]] = frozenset({Part.MEASURES})

    def compute(self, comparison: Comparison) -> xarray.Dataset:
        """Return :func:`parity` of the comparison."""
        return parity(comparison)
