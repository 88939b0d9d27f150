"""Learning fit: the power law through the scores of random splits, and where it would reach a score."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from defectkit.errors import EmptyInputError
from defectkit.statistics import LearningCurve, fit_learning_curve
from defectkit_jacobs2022.figures.canvas import INK
from defectkit_jacobs2022.figures.published import published_numbers

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Floats = NDArray[np.float64]

BEYOND = 1.3
"""How far the curve is drawn beyond the largest train side."""


def draw_fit(axes: Axes, trained: Floats, scores: Floats, seed: int) -> str:
    """Draw the curve and its interval of 95 %, and return what it says of the score that the paper names.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    trained, scores : numpy.ndarray, shape (R,)
        Of runs with random train sides.
    seed : int
        Of the resamples.
    """
    try:
        curve = fit_learning_curve(trained, scores, seed=seed)
    except EmptyInputError:
        return "no curve: scores at fewer than 3 numbers"
    given = trained[~np.isnan(scores) & (trained > 0)]
    along = np.geomspace(given.min(), BEYOND * given.max(), 80)
    found = [curve.at(float(n)) for n in along]
    axes.plot(along, [e.value for e in found], color=INK, lw=1, ls="--", gid="fit", zorder=1)
    low, high = [e.low for e in found], [e.high for e in found]
    axes.fill_between(along, low, high, color=INK, alpha=0.12, lw=0, gid="fit interval", zorder=0)
    highest = max(number.value for number in published_numbers(10))
    return reach(curve, float(highest))


def reach(curve: LearningCurve, score: float) -> str:
    """Return how many defects a score needs, in words.

    Examples
    --------
    >>> n = np.array([100, 300, 1000, 3000, 6000])
    >>> reach(fit_learning_curve(n, 0.9 - 2 * n**-0.5), 0.88)
    'power law, dashed: 0.88 at 10,000 defects (95 %: 10,000 to 10,000)'
    >>> reach(fit_learning_curve(n, 0.9 - 2 * n**-0.5), 0.95)
    'power law, dashed: 0.95 is beyond its limit of 0.90'
    """
    needed = curve.needed(score)
    if math.isinf(needed.low):
        return f"power law, dashed: {score:g} is beyond its limit of {curve.limit:.2f}"
    low, value, high = map(_number, (needed.low, needed.value, needed.high))
    return f"power law, dashed: {score:g} at {value} defects (95 %: {low} to {high})"


def _number(n: float) -> str:
    if math.isinf(n):
        return "no number of"
    digits = max(0, math.floor(math.log10(n)) - 1) if n >= 1 else 0
    return f"{round(n, -digits):,.0f}"
