"""Rates: how the learning rate rises and falls during a training."""

from __future__ import annotations

import math


def warmed_cosine(iteration: int, iterations: int, *, warm_up: int, cooling: float, last: float) -> float:
    """Return the part of the learning rate that an iteration has: a linear rise, a plateau, and half a cosine down.

    Parameters
    ----------
    iteration : int
        Counted from 0.
    iterations : int
        Of the whole training.
    warm_up : int
        Iterations of the rise.
    cooling : float
        Iterations of the fall, the last ones.
    last : float
        The part that is left at the end.

    Examples
    --------
    >>> [round(warmed_cosine(k, 100, warm_up=10, cooling=50, last=0.02), 3) for k in (0, 9, 50, 75, 100)]
    [0.1, 1.0, 1.0, 0.51, 0.02]
    """
    left = (iterations - iteration) / max(cooling, 1)
    fallen = last + (1 - last) * (0.5 - 0.5 * math.cos(math.pi * min(left, 1.0)))
    return min(1.0, (iteration + 1) / warm_up) * fallen
