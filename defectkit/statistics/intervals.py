"""Intervals: the ends between which a share of resampled values lies, and the values that could not be said."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import xarray

Floats = NDArray[np.float64]

LOW, HIGH, DEGENERATE = "_low", "_high", "_degenerate"
"""What is put behind the name of a variable for the ends of its interval and for its undefined resamples."""


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


def intervals(
    estimate: Mapping[str, xarray.Variable], resampled: Mapping[str, Floats], confidence: float
) -> dict[str, xarray.Variable]:
    """Return the ends of the interval of each estimate, and the numbers of resamples in which it is undefined.

    Parameters
    ----------
    estimate : mapping of str to xarray.Variable
    resampled : mapping of str to numpy.ndarray, shape (B, ...)
        The values of some of them in B resamples.
    confidence : float

    Returns
    -------
    dict of str to xarray.Variable
        For each resampled ``X``: ``X_low``, ``X_high`` and ``X_degenerate``, of the dimensions of ``X``.
    """
    variables: dict[str, xarray.Variable] = {}
    for name, values in resampled.items():
        own = estimate[name]
        long_name = str(own.attrs.get("long_name", name))
        low, high, degenerate = percentile_interval(values, confidence)
        for suffix, found, title in (
            (LOW, low, f"{long_name}, low end of its interval"),
            (HIGH, high, f"{long_name}, high end of its interval"),
            (DEGENERATE, degenerate, f"resamples in which it cannot be said: {long_name}"),
        ):
            variables[f"{name}{suffix}"] = own.copy(data=found)
            variables[f"{name}{suffix}"].attrs = dict(own.attrs) | {"long_name": title}
        variables[f"{name}{DEGENERATE}"].attrs["units"] = ""
    return variables
