"""Linking: what the same place looks like at neighboring scales."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from defectkit.detectors.loopnet.candidates import Candidates

Floats = NDArray[np.float64]

NEAREST = 8
"""Partners of a candidate are sought among so many of the other scale, the nearest."""
SHIFT, RATIO = 0.25, 0.45
"""Partners lie within this part of the smaller diameter, and the logarithms of their diameters differ by no more."""
NO_SCALE = -1.0
"""Where there is no such scale."""
STEPS = (-1, 1, -2, 2)
"""Which scales are asked, from the candidate's own: finer ones are negative."""


def partners(found: Sequence[Candidates]) -> list[Floats]:
    """Return, for each scale, what its candidates are worth at the neighboring scales.

    Parameters
    ----------
    found : sequence of Candidates
        From the finest to the coarsest scale.

    Returns
    -------
    list of numpy.ndarray, shape (N, 4)
        The probability of the best partner at the scale one finer, one coarser, two finer and two coarser; 0 without a
        partner, -1 without such a scale.
    """
    return [
        np.stack(
            [
                partner_scores(one, found[level + step])
                if 0 <= level + step < len(found)
                else np.full(len(one), NO_SCALE)
                for step in STEPS
            ],
            axis=1,
        )
        for level, one in enumerate(found)
    ]


def partner_scores(one: Candidates, other: Candidates) -> Floats:
    """Return the highest score among those of ``other`` that agree with each of ``one`` in place and size, else 0."""
    from scipy.spatial import cKDTree

    if not len(one) or not len(other):
        return np.zeros(len(one))
    n = min(NEAREST, len(other))
    distances, indices = cKDTree(other.centers).query(one.centers, k=n)
    distances, indices = (np.asarray(column).reshape(len(one), n) for column in (distances, indices))
    mine, theirs = one.diameters[:, None], other.diameters[indices]
    agree = (distances < SHIFT * np.minimum(mine, theirs)) & (np.abs(np.log(mine / theirs)) < RATIO)
    best: Floats = np.where(agree, other.scores[indices], 0.0).max(axis=1)
    return best
