"""Calibrating: from scores to probabilities that a find is a defect."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

STEPS = 50
LEAST_SLOPE = 0.05


def platt(scores: Floats, correct: NDArray[np.bool_], weights: Floats | None = None) -> tuple[float, float]:
    """Return slope and intercept that turn the logit of a score into that of a probability.

    Parameters
    ----------
    scores : numpy.ndarray, shape (N,), float64
        Within (0, 1).
    correct : numpy.ndarray, shape (N,), bool
        Whether what was found is a defect.
    weights : numpy.ndarray, shape (N,), float64, optional
        How much each counts; all the same unless given.

    Notes
    -----
    Maximum likelihood of a logistic regression with one regressor, by Newton's method, with the targets drawn slightly
    inwards [1]_ so that scores that part all right from wrong keep a finite slope.

    References
    ----------
    .. [1] J. Platt, Probabilistic outputs for support vector machines, in: Advances in Large Margin Classifiers, MIT
       Press (2000) 61

    Examples
    --------
    >>> scores = np.repeat([0.25, 0.75], 8)
    >>> slope, intercept = platt(scores, np.arange(16) % 8 < np.where(scores < 0.5, 2, 6))
    >>> bool(0.6 < slope < 1.0), bool(abs(intercept) < 1e-9)
    (True, True)
    """
    inside = np.clip(scores, 1e-6, 1 - 1e-6)
    design = np.stack([np.log(inside / (1 - inside)), np.ones(len(scores))], axis=1)
    w = np.ones(len(scores)) if weights is None else weights
    right, wrong = float(np.count_nonzero(correct)), float(np.count_nonzero(~correct))
    aim = np.where(correct, (right + 1) / (right + 2), 1 / (wrong + 2))
    at = np.array([1.0, 0.0])
    for _ in range(STEPS):
        given = 1 / (1 + np.exp(-design @ at))
        slope = design.T @ (w * (aim - given))
        curve = (design * (w * given * (1 - given))[:, None]).T @ design + 1e-9 * np.eye(2)
        step = np.linalg.solve(curve, slope)
        at = at + np.clip(step, -1, 1)
        if np.abs(step).max() < 1e-9:
            break
    return max(float(at[0]), LEAST_SLOPE), float(at[1])
