"""Scores: precision, recall and F1, and means over what is defined."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np
from numpy.typing import ArrayLike, NDArray

from defectkit.short_repr import short_repr

Floats = NDArray[np.float64]


@attrs.frozen(kw_only=True, eq=False)
class Scores:
    """Precision, recall and F1, arrays of one shape."""

    precision: Floats
    recall: Floats
    f1_score: Floats

    __repr__ = short_repr


def scores(found: ArrayLike, true: ArrayLike, predicted: ArrayLike, *, nothing: float) -> Scores:
    """Return precision, recall and F1 of counts.

    Parameters
    ----------
    found, true, predicted : array_like
        How many defects were found, are there, and were predicted; they are broadcast against each other.
    nothing : float
        What all three are where there is nothing and nothing was predicted: 1 where saying nothing is right, NaN where
        it says nothing about the detector.

    Returns
    -------
    Scores

    Notes
    -----
    ``P = found / predicted``, ``R = found / true`` and ``F1 = 2 P R / (P + R)``, computed as
    ``2 found / (true + predicted)``. Without a prediction P is NaN, without a truth R is; F1 is 0 in both cases.

    Examples
    --------
    >>> s = scores([6, 0, 0], [8, 5, 0], [9, 0, 0], nothing=1.0)
    >>> s.precision.round(3).tolist(), s.recall.tolist(), s.f1_score.round(3).tolist()
    ([0.667, nan, 1.0], [0.75, 0.0, 1.0], [0.706, 0.0, 1.0])
    """
    f, t, p = np.broadcast_arrays(*(np.asarray(c, np.float64) for c in (found, true, predicted)))
    empty = (t == 0) & (p == 0)

    def ratio(above: Floats, below: Floats) -> Floats:
        with np.errstate(divide="ignore", invalid="ignore"):  # 0 / 0 is the NaN that the docstring promises
            return np.where(empty, nothing, above / below)

    return Scores(precision=ratio(f, p), recall=ratio(f, t), f1_score=ratio(2 * f, t + p))


def mean_of_defined(values: ArrayLike, axis: int = 0) -> tuple[Floats, NDArray[np.int64]]:
    """Return the mean over an axis of the values that are not NaN, and how many are.

    Returns
    -------
    mean : numpy.ndarray of float64
        NaN where no value is defined.
    n_undefined : numpy.ndarray of int64

    Examples
    --------
    >>> mean, n_undefined = mean_of_defined([1.0, np.nan, 3.0])
    >>> float(mean), int(n_undefined)
    (2.0, 1)
    """
    array = np.asarray(values, np.float64)
    undefined = np.isnan(array)
    n = array.shape[axis] - undefined.sum(axis=axis)
    total = np.where(undefined, 0.0, array).sum(axis=axis)
    with np.errstate(invalid="ignore"):  # no value at all is NaN
        mean = total / n
    return mean, np.asarray(undefined.sum(axis=axis), np.int64)


def sd_of_defined(values: ArrayLike, ddof: int, axis: int = 0) -> Floats:
    """Return the standard deviation over an axis of the values that are not NaN; NaN for ``ddof`` values or fewer."""
    array = np.asarray(values, np.float64)
    mean, n_undefined = mean_of_defined(array, axis)
    n = array.shape[axis] - n_undefined
    squares = np.where(np.isnan(array), 0.0, array - np.expand_dims(mean, axis)) ** 2
    with np.errstate(divide="ignore", invalid="ignore"):  # too few values are the NaN below
        deviation = np.sqrt(np.where(np.isnan(squares), 0.0, squares).sum(axis=axis) / (n - ddof))
    return np.asarray(np.where(n > ddof, deviation, np.nan))


def signed_percent_error(predicted: ArrayLike, true: ArrayLike) -> Floats:
    """Return ``100 (predicted - true) / true``, above 0 where too much was predicted; NaN as :func:`percent_error`.

    Examples
    --------
    >>> signed_percent_error([11.0, 9.0, 3.0], [10.0, 10.0, 0.0]).tolist()
    [10.0, -10.0, nan]
    """
    p, t = np.asarray(predicted, np.float64), np.asarray(true, np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):  # a zero truth has no percent error
        error: Any = 100 * (p - t) / t
    return np.asarray(np.where(t == 0, np.nan, error))


def percent_error(predicted: ArrayLike, true: ArrayLike) -> Floats:
    """Return ``100 |predicted - true| / true``; NaN where the truth is 0 or either is NaN.

    Examples
    --------
    >>> percent_error([11.0, 3.0], [10.0, 0.0]).tolist()
    [10.0, nan]
    """
    p, t = np.asarray(predicted, np.float64), np.asarray(true, np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):  # a zero truth has no percent error
        error: Any = 100 * np.abs(p - t) / t
    return np.asarray(np.where(t == 0, np.nan, error))
