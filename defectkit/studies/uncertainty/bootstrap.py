"""Bootstrap: intervals for the statistics of an evaluation, and for the differences of two."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from defectkit.errors import StudyError
from defectkit.studies.uncertainty.drawing import LEVELS
from defectkit.studies.uncertainty.resamples import resample_statistics

if TYPE_CHECKING:
    import xarray

Floats = NDArray[np.float64]


def bootstrap(
    evaluation: xarray.Dataset,
    *,
    n_resamples: int = 1000,
    confidence: float = 0.95,
    seed: int = 0,
    levels: Collection[str] = LEVELS,
    statistics: Iterable[str] | None = None,
) -> xarray.Dataset:
    """Return intervals for the statistics of an evaluation.

    Parameters
    ----------
    evaluation : xarray.Dataset
        Made by :func:`defectkit.studies.evaluate_resampleable`.
    n_resamples : int
    confidence : float
        Between 0 and 1.
    seed : int
    levels, statistics
        As for :func:`~defectkit.studies.uncertainty.resamples.resample_statistics`.

    Returns
    -------
    xarray.Dataset
        For each statistic ``X``, with its own dimensions: ``X`` itself, ``X_low`` and ``X_high``, the ends of its
        percentile interval, and ``X_degenerate``, the number of resamples in which it cannot be said.

    Raises
    ------
    StudyError
        If the evaluation cannot be resampled, a statistic is none that can be, or ``confidence`` is out of range.

    Notes
    -----
    The percentile interval [1]_ of a two-stage bootstrap [2]_: images are drawn with replacement, then in each of them
    as many groups of linked defects (pairs, missed defects, false finds) as it has, with replacement. With ``n`` groups
    in each of ``I`` images the variance of a resampled mean is the variance (ddof 0) of the images' means over ``I``
    plus the mean variance within images over ``n I``. The first holds the second already once, so intervals are too
    wide where images hardly differ, and near their nominal coverage where they differ as real ones do; with
    ``levels=("image",)`` they are too narrow for few images.

    A degenerate resample (for instance one without a defect of a type) might lie anywhere: it counts as lower than all
    others for the low end and as higher than all others for the high end. An end that falls among them is NaN.

    References
    ----------
    .. [1] B. Efron, R. J. Tibshirani, An Introduction to the Bootstrap (1993), https://doi.org/10.1201/9780429246593
    .. [2] A. C. Davison, D. V. Hinkley, Bootstrap Methods and their Application (1997), section 3.8,
       https://doi.org/10.1017/CBO9780511802843
    """
    check_confidence(confidence)
    (resampled,) = resample_statistics(
        [evaluation], n_resamples=n_resamples, seed=seed, levels=levels, statistics=statistics
    )
    return intervals(evaluation[list(resampled.data_vars)], resampled, confidence)


def bootstrap_difference(
    first: xarray.Dataset,
    second: xarray.Dataset,
    *,
    n_resamples: int = 1000,
    confidence: float = 0.95,
    seed: int = 0,
    levels: Collection[str] = LEVELS,
    statistics: Iterable[str] | None = None,
) -> xarray.Dataset:
    """Return intervals for the differences of two evaluations of the same truth: the second less the first.

    Parameters
    ----------
    first, second : xarray.Dataset
        Of the same images and labels under one convention.
    n_resamples, confidence, seed, levels, statistics
        As for :func:`bootstrap`.

    Returns
    -------
    xarray.Dataset
        As :func:`bootstrap` gives it, of differences. A type that one of the two does not have is degenerate.

    Raises
    ------
    StudyError
        As :func:`bootstrap`.
    ConventionError, PairingError
        If the two are not of one truth under one convention.

    Notes
    -----
    Both are resampled together, defect by defect, so what makes an image hard for both cancels.
    """
    check_confidence(confidence)
    resampled = resample_statistics(
        [first, second], n_resamples=n_resamples, seed=seed, levels=levels, statistics=statistics
    )
    names = [name for name in resampled[0].data_vars if name in resampled[1]]
    estimate = _difference(first[names], second[names])
    differences = _difference(resampled[0][names], resampled[1][names])
    return intervals(estimate, differences, confidence).assign_attrs(difference="second less first")


def _difference(first: xarray.Dataset, second: xarray.Dataset) -> xarray.Dataset:
    import xarray

    one, two = xarray.align(first, second, join="outer")
    difference = two - one
    for name in difference.data_vars:
        difference[name].attrs = dict(second[name].attrs)
    return difference.assign_attrs(second.attrs)


def check_confidence(confidence: float) -> None:
    """Raise unless ``confidence`` lies between 0 and 1.

    Raises
    ------
    StudyError
    """
    if not 0 < confidence < 1:
        raise StudyError(f"bootstrap: a confidence of {confidence!r} is not between 0 and 1, for instance 0.95")


def intervals(estimate: xarray.Dataset, resampled: xarray.Dataset, confidence: float) -> xarray.Dataset:
    """Return estimates with the ends of their percentile intervals and the numbers of degenerate resamples."""
    import xarray

    variables: dict[str, xarray.Variable] = {}
    for name in map(str, resampled.data_vars):
        variable = estimate[name].variable
        low, high, degenerate = percentile_interval(resampled[name].values, confidence)
        long_name = str(variable.attrs.get("long_name", name))
        variables |= {
            name: variable,
            f"{name}_low": variable.copy(data=low),
            f"{name}_high": variable.copy(data=high),
            f"{name}_degenerate": variable.copy(data=degenerate),
        }
        for end, words in (("low", "low end of its interval"), ("high", "high end of its interval")):
            variables[f"{name}_{end}"].attrs = dict(variable.attrs) | {"long_name": f"{long_name}, {words}"}
        variables[f"{name}_degenerate"].attrs = {
            "long_name": f"resamples in which it cannot be said: {long_name}",
            "units": "",
        }
    dims = {dim for v in variables.values() for dim in v.dims}
    return xarray.Dataset(
        variables,
        coords={name: c for name, c in estimate.coords.items() if name in dims},
        attrs=dict(resampled.attrs) | {"confidence": confidence},
    )


def percentile_interval(resampled: Floats, confidence: float) -> tuple[Floats, Floats, NDArray[np.int64]]:
    """Return low end, high end and number of NaN along the first axis.

    Parameters
    ----------
    resampled : numpy.ndarray, shape (B, ...)
    confidence : float

    Returns
    -------
    low, high : numpy.ndarray, shape (...)
        Values that occur, rounded outwards; NaN counts as lowest for the one and as highest for the other.
    n_degenerate : numpy.ndarray, shape (...)

    Examples
    --------
    >>> values = np.array([1.0, 2.0, 3.0, np.nan])
    >>> low, high, n = percentile_interval(values, 0.5)
    >>> float(low), float(high), int(n)
    (nan, nan, 1)
    >>> low, high, n = percentile_interval(np.arange(101.0), 0.5)
    >>> float(low), float(high), int(n)
    (25.0, 75.0, 0)
    """
    degenerate = np.isnan(resampled)
    tail = (1 - confidence) / 2
    low = np.quantile(np.where(degenerate, -np.inf, resampled), tail, axis=0, method="lower")
    high = np.quantile(np.where(degenerate, np.inf, resampled), 1 - tail, axis=0, method="higher")
    return np.where(np.isinf(low), np.nan, low), np.where(np.isinf(high), np.nan, high), degenerate.sum(axis=0)
