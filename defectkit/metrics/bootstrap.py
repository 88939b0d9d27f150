"""Bootstrap: how far a figure would move if other images had been taken."""

from __future__ import annotations

from collections.abc import Callable

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.errors import RecordError

Floats = NDArray[np.float64]

LAST = np.finfo(np.float64).max
"""Stands for an undefined figure while figures are sorted: it comes after all of them."""


@attrs.frozen(kw_only=True, eq=False)
class Interval:
    """A figure with the interval that resampling gave it.

    Parameters
    ----------
    value : numpy.ndarray, shape S
        The figure of the images as they are.
    low, high : numpy.ndarray, shape S
        The ends of the interval; NaN where no resample was defined.
    n_undefined : numpy.ndarray, shape S, int64
        Resamples in which the figure was undefined; they are not part of the interval.
    """

    value: Floats
    low: Floats
    high: Floats
    n_undefined: NDArray[np.int64]


def image_weights(n_images: int, n_resamples: int, *, seed: int) -> Floats:
    """Return how often each image is drawn, shape (n_resamples, n_images); each row sums to ``n_images``.

    Examples
    --------
    >>> image_weights(3, 2, seed=0).sum(axis=1).tolist()
    [3.0, 3.0]
    """
    if n_images < 1 or n_resamples < 1:
        raise RecordError(
            f"bootstrap: {n_resamples} resamples of {n_images} images cannot be drawn; at least 1 of each"
        )
    rng = np.random.default_rng(seed)
    return rng.multinomial(n_images, np.full(n_images, 1 / n_images), size=n_resamples).astype(np.float64)


def bootstrapped(
    figure: Callable[[Floats], Floats],
    n_images: int,
    *,
    n_resamples: int = 2000,
    level: float = 0.95,
    seed: int = 0,
) -> Interval:
    """Return a figure with its percentile interval over resampled images.

    Parameters
    ----------
    figure : callable
        Takes weights, shape (R, n_images), and returns the figure for each row, shape (R, ...); NaN where undefined.
    n_images : int
    n_resamples : int
    level : float
        Of the interval, in (0, 1).
    seed : int

    Notes
    -----
    Images are drawn with replacement and kept whole, because defects of one image are not independent of each other.
    Efron and Tibshirani (1986), doi 10.1214/ss/1177013815.
    """
    if not 0 < level < 1:
        raise RecordError(f"bootstrap: the level {level} is not between 0 and 1")
    (value,) = figure(np.ones((1, n_images)))
    resampled = np.asarray(figure(image_weights(n_images, n_resamples, seed=seed)))
    undefined = np.isnan(resampled)
    low, high = _percentiles(np.where(undefined, LAST, resampled), (~undefined).sum(axis=0), level)
    return Interval(value=np.asarray(value), low=low, high=high, n_undefined=undefined.sum(axis=0))


def _percentiles(resampled: Floats, defined: NDArray[np.int64], level: float) -> tuple[Floats, Floats]:
    ordered = np.sort(resampled, axis=0)
    ends = []
    for share in ((1 - level) / 2, (1 + level) / 2):
        position = share * np.maximum(defined - 1, 0)
        below = np.floor(position).astype(np.int64)
        above = np.minimum(below + 1, np.maximum(defined - 1, 0))
        first = np.take_along_axis(ordered, below[None], axis=0)[0]
        second = np.take_along_axis(ordered, above[None], axis=0)[0]
        ends.append(np.where(defined > 0, first + (position - below) * (second - first), np.nan))
    return ends[0], ends[1]
