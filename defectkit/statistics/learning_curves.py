"""Learning curves: a power law through scores over numbers of training defects, and how far it can be carried on."""

from __future__ import annotations

import attrs
import numpy as np
from numpy.typing import ArrayLike, NDArray

from defectkit.errors import EmptyInputError

Floats = NDArray[np.float64]

EXPONENTS: Floats = np.linspace(0.05, 2.0, 79)
"""That are tried: below, the curve rises without an end in sight; above, it is flat from the second point on."""

FEWEST = 3
"""Different numbers of training defects that a curve of three parameters needs."""


@attrs.frozen(kw_only=True)
class Estimate:
    """A number and the ends of its interval; infinite where no number of defects is enough."""

    value: float
    low: float
    high: float


@attrs.frozen(kw_only=True, eq=False)
class LearningCurve:
    """The curve ``limit - amplitude n^-exponent``.

    Parameters
    ----------
    limit, amplitude, exponent : float
        ``limit`` is at most 1, the others are above or equal to 0.
    resampled : numpy.ndarray, shape (B, 3), float64
        The three of curves through points that were drawn again; NaN where they have too few different numbers.
    confidence : float
        Of intervals, which leave such resamples out; :attr:`n_degenerate` counts them.
    """

    limit: float
    amplitude: float
    exponent: float
    resampled: Floats
    confidence: float

    @property
    def n_degenerate(self) -> int:
        """Resamples through which there is no curve."""
        return int(np.isnan(self.resampled[:, 0]).sum())

    def at(self, n: float) -> Estimate:
        """Return the score after ``n`` training defects."""
        found = self._curves[:, 0] - self._curves[:, 1] * n ** -self._curves[:, 2]
        return self._estimate(self.limit - self.amplitude * n**-self.exponent, found)

    def needed(self, score: float) -> Estimate:
        """Return how many training defects a score needs: infinitely many where the curve does not reach it."""
        whole = _needed(np.array([[self.limit, self.amplitude, self.exponent]]), score)
        return self._estimate(float(whole[0]), _needed(self._curves, score))

    @property
    def _curves(self) -> Floats:
        """The resamples that have a curve."""
        return self.resampled[~np.isnan(self.resampled[:, 0])]

    def _estimate(self, value: float, found: Floats) -> Estimate:
        if not len(found):
            return Estimate(value=value, low=np.nan, high=np.nan)
        tail = (1 - self.confidence) / 2
        low = np.quantile(found, tail, method="lower")
        high = np.quantile(found, 1 - tail, method="higher")
        return Estimate(value=value, low=float(low), high=float(high))


def _needed(curves: Floats, score: float) -> Floats:
    limit, amplitude, exponent = curves.T
    with np.errstate(divide="ignore", over="ignore"):  # beyond any number is infinite
        rising = (amplitude / np.where(limit > score, limit - score, np.nan)) ** (1 / exponent)
    flat = np.where(limit >= score, 0.0, np.inf)
    return np.where(amplitude > 0, np.where(limit > score, rising, np.inf), flat)


def fit_learning_curve(
    n: ArrayLike, scores: ArrayLike, *, n_resamples: int = 1000, confidence: float = 0.95, seed: int = 0
) -> LearningCurve:
    """Return the power law through scores, with intervals over the points.

    Parameters
    ----------
    n : array_like, shape (P,)
        Numbers of training defects, above 0.
    scores : array_like, shape (P,)
        From 0 to 1; a point with NaN is left out.
    n_resamples : int
    confidence : float
    seed : int

    Returns
    -------
    LearningCurve

    Raises
    ------
    EmptyInputError
        If there are not three different numbers with a score.

    Notes
    -----
    Least squares of ``limit - amplitude n^-exponent`` [1]_ with ``limit <= 1``, ``amplitude >= 0`` and the exponent
    that fits best between 0.05 and 2. Points are drawn again with replacement: the interval holds for other splits of
    this kind, and says nothing of whether scores go on as a power law beyond the points.

    References
    ----------
    .. [1] Hestness et al. (2017), Deep learning scaling is predictable, empirically,
       https://doi.org/10.48550/arXiv.1712.00409

    Examples
    --------
    >>> n = np.array([100, 300, 1000, 3000, 6000])
    >>> curve = fit_learning_curve(n, 0.9 - 2 * n**-0.5)
    >>> round(curve.limit, 3), round(curve.at(10_000).value, 3), round(curve.needed(0.88).value)
    (0.9, 0.88, 10000)
    """
    given, values = np.asarray(n, np.float64), np.asarray(scores, np.float64)
    known = ~np.isnan(values) & (given > 0)
    given, values = given[known], values[known]
    if len(np.unique(given)) < FEWEST:
        raise EmptyInputError(
            f"a learning curve needs scores at {FEWEST} different numbers of training defects; there are "
            f"{len(np.unique(given))}"
        )
    rng = np.random.default_rng(seed)
    drawn = rng.integers(0, len(given), (n_resamples, len(given)))
    limit, amplitude, exponent = _fits(given[None], values[None])[0].tolist()
    resampled = _fits(given[drawn], values[drawn])
    too_few = np.array([len(np.unique(row)) < FEWEST for row in given[drawn]], dtype=bool)
    resampled[too_few] = np.nan
    return LearningCurve(
        limit=limit, amplitude=amplitude, exponent=exponent, resampled=resampled, confidence=confidence
    )


def _fits(n: Floats, scores: Floats) -> Floats:
    """Return limit, amplitude and exponent of the best curve through each row of points, shape (B, 3)."""
    best, error = np.full((len(n), 3), np.nan), np.full(len(n), np.inf)
    for exponent in EXPONENTS:
        x = n**-exponent
        slope = _slope(x, scores)
        limit = scores.mean(axis=1) + slope * x.mean(axis=1)
        over = limit > 1
        slope = np.where(over, np.maximum(((1 - scores) * x).sum(axis=1) / (x**2).sum(axis=1), 0), slope)
        limit = np.where(over, 1.0, limit)
        residual = ((limit[:, None] - slope[:, None] * x - scores) ** 2).sum(axis=1)
        better = residual < error
        best[better] = np.column_stack([limit, slope, np.full(len(n), exponent)])[better]
        error = np.where(better, residual, error)
    return best


def _slope(x: Floats, scores: Floats) -> Floats:
    """Return how much scores fall with ``x`` by least squares, not below 0."""
    centered = x - x.mean(axis=1, keepdims=True)
    spread = (centered**2).sum(axis=1)
    slope = np.divide((-centered * scores).sum(axis=1), spread, out=np.zeros(len(x)), where=spread > 0)
    not_rising: Floats = np.maximum(slope, 0)
    return not_rising
