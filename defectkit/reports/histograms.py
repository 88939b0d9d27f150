"""Histograms that drop nothing: what lies beyond the edges is counted and shown."""

from __future__ import annotations

import math
from collections.abc import Sequence

import attrs
import numpy as np
from numpy.typing import ArrayLike

FEWEST_BINS = 5
LARGEST_SHARE = 0.6
"""Edges are too coarse to look at if fewer bins than this hold a value, or one of them more than this part of all."""

WANTED_BINS = 16


@attrs.frozen(kw_only=True)
class Histogram:
    """Counts between edges, and of what lies beyond them.

    Parameters
    ----------
    edges : tuple of float, length B + 1
    counts : tuple of int, length B
        A value on an edge belongs to the bin above it, one on the last edge to the last bin.
    under, over : int
        Values below the first and above the last edge.
    unknown : int
        Values that are NaN.
    """

    edges: tuple[float, ...]
    counts: tuple[int, ...]
    under: int
    over: int
    unknown: int

    @property
    def total(self) -> int:
        """The number of values that are known."""
        return sum(self.counts) + self.under + self.over


def histogram(values: ArrayLike, edges: Sequence[float]) -> Histogram:
    """Return the histogram of ``values``.

    Parameters
    ----------
    values : array_like, shape (N,)
    edges : sequence of float
        Increasing, at least two.

    Examples
    --------
    >>> histogram([0.5, 1.0, 2.0, 7.0, float("nan")], (0, 1, 2))
    Histogram(edges=(0.0, 1.0, 2.0), counts=(1, 2), under=0, over=1, unknown=1)
    """
    given = np.asarray(values, dtype=np.float64)
    known = given[~np.isnan(given)]
    counts, _ = np.histogram(known, np.asarray(edges, dtype=np.float64))
    return Histogram(
        edges=tuple(float(e) for e in edges),
        counts=tuple(int(c) for c in counts),
        under=int((known < edges[0]).sum()),
        over=int((known > edges[-1]).sum()),
        unknown=int(np.isnan(given).sum()),
    )


def readable_edges(values: ArrayLike, edges: Sequence[float]) -> tuple[float, ...]:
    """Return edges between which ``values`` can be told apart.

    Parameters
    ----------
    values : array_like, shape (N,)
    edges : sequence of float
        Those that are wanted; they are returned if at least :data:`FEWEST_BINS` bins hold a value and none holds more
        than :data:`LARGEST_SHARE` of them, or if there are fewer different values than that. Otherwise bins of a round
        width are laid from the smallest value to near the largest.

    Notes
    -----
    The new bins end at the 99th percentile, so that one giant does not press all others into one bin; the giant is in
    the overflow.

    Examples
    --------
    >>> readable_edges([2.0, 3.0, 4.1, 5.2, 6.3, 7.4], (0, 10, 20))
    (2.0, 2.5, 3.0, 3.5, 4.0, 4.5, 5.0, 5.5, 6.0, 6.5, 7.0, 7.5)
    """
    given = np.asarray(values, dtype=np.float64)
    known = given[np.isfinite(given)]
    shown = histogram(known, edges)
    counts = np.array([shown.under, *shown.counts, shown.over])
    fine = np.count_nonzero(counts) >= FEWEST_BINS and counts.max() <= LARGEST_SHARE * len(known)
    wanted = tuple(float(e) for e in edges)
    if fine or len(np.unique(known)) < FEWEST_BINS:
        return wanted
    low, high = float(known.min()), float(np.percentile(known, 99))
    if high <= low:
        return wanted
    width = _round_width((high - low) / WANTED_BINS)
    first = math.floor(low / width + 1e-9)
    if _edge(first, width) > low:
        first -= 1
    n = max(1, math.ceil(high / width - 1e-9) - first)
    return tuple(_edge(first + k, width) for k in range(n + 1))


def _edge(number: int, width: float) -> float:
    return float(f"{number * width:.12g}")


def _round_width(width: float) -> float:
    power = 10.0 ** math.floor(math.log10(width))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= width * (1 - 1e-9))
