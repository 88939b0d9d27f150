"""Measured: a number with the ends of its interval, and the few ways in which claims get one from runs and images."""

from __future__ import annotations

import math

import attrs
import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

CONFIDENCE = 0.95


@attrs.frozen(kw_only=True)
class Measured:
    """A number and the ends of its interval.

    Parameters
    ----------
    value, low, high : float
        NaN where they are not defined; all three the same for what is counted.
    n : int
        Runs, images or pairs that it comes from.
    """

    value: float
    low: float
    high: float
    n: int

    @property
    def is_known(self) -> bool:
        """Whether value and interval are defined."""
        return not any(map(math.isnan, (self.value, self.low, self.high)))


def counted(value: float, n: int) -> Measured:
    """Return a number that has no interval, since it is counted."""
    return Measured(value=value, low=value, high=value, n=n)


def mean(values: ArrayLike) -> Measured:
    """Return the mean of independent values, with Student's interval of 95 %.

    Parameters
    ----------
    values : array_like, shape (n,)
        NaN is left out.

    Examples
    --------
    >>> found = mean([1.0, 2.0, 3.0])
    >>> round(found.low, 2), found.value, round(found.high, 2)
    (-0.48, 2.0, 4.48)
    """
    from scipy.stats import t

    given = _defined(values)
    n = len(given)
    if n < 2:
        return Measured(value=float(given.mean()) if n else math.nan, low=math.nan, high=math.nan, n=n)
    half = float(t.ppf((1 + CONFIDENCE) / 2, n - 1) * given.std(ddof=1) / math.sqrt(n))
    value = float(given.mean())
    return Measured(value=value, low=value - half, high=value + half, n=n)


def difference(first: ArrayLike, second: ArrayLike) -> Measured:
    """Return the mean of the first values less that of the second, with Welch's interval of 95 %.

    Parameters
    ----------
    first, second : array_like, shapes (n,) and (m,)
        NaN is left out.
    """
    from scipy.stats import ttest_ind

    one, two = _defined(first), _defined(second)
    n = len(one) + len(two)
    if min(len(one), len(two)) < 2:
        return Measured(value=math.nan, low=math.nan, high=math.nan, n=n)
    value = float(one.mean() - two.mean())
    if one.std() == two.std() == 0:
        return Measured(value=value, low=value, high=value, n=n)
    ends = ttest_ind(one, two, equal_var=False).confidence_interval(CONFIDENCE)
    return Measured(value=value, low=float(ends.low), high=float(ends.high), n=n)


def spread_ratio(first: ArrayLike, second: ArrayLike) -> Measured:
    """Return the standard deviation of the first values over that of the second, with the interval of Fisher's F.

    Parameters
    ----------
    first, second : array_like, shapes (n,) and (m,)
        NaN is left out.
    """
    from scipy.stats import f

    one, two = _defined(first), _defined(second)
    n = len(one) + len(two)
    if min(len(one), len(two)) < 2 or two.std() == 0:
        return Measured(value=math.nan, low=math.nan, high=math.nan, n=n)
    ratio = float(one.var(ddof=1) / two.var(ddof=1))
    of = (len(one) - 1, len(two) - 1)
    tail = (1 - CONFIDENCE) / 2
    low, high = ratio / f.ppf(1 - tail, *of), ratio / f.ppf(tail, *of)
    return Measured(value=math.sqrt(ratio), low=math.sqrt(low), high=math.sqrt(high), n=n)


def less(first: Measured, second: Measured) -> Measured:
    """Return the first number less the second, whose errors are independent: half widths add up in quadrature."""
    value = first.value - second.value
    down = math.hypot(first.value - first.low, second.high - second.value)
    up = math.hypot(first.high - first.value, second.value - second.low)
    return Measured(value=value, low=value - down, high=value + up, n=first.n + second.n)


def _defined(values: ArrayLike) -> Floats:
    given = np.asarray(values, np.float64)
    return given[~np.isnan(given)]
