"""Size fits: log-normal, Weibull and gamma distributions by maximum likelihood, with how well each fits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.errors import EmptyInputError

if TYPE_CHECKING:
    from scipy.stats import rv_continuous

FAMILIES = ("log-normal", "Weibull", "gamma")
FEWEST = 3
"""Sizes that a fit needs: one more than it has parameters."""

STEP = 1e-3
"""Of the differences that give the curvature of the likelihood, in logarithms of the parameters."""


@attrs.frozen(kw_only=True)
class SizeFit:
    """One family fitted to sizes; all begin at 0.

    Parameters
    ----------
    family : str
        One of :data:`FAMILIES`.
    shape, scale : float
        Of ``scipy.stats``: for the log-normal the standard deviation of the logarithm and the median; for the others
        the exponent and the scale.
    shape_low, shape_high, scale_low, scale_high : float
        The ends of their intervals, each by itself.
    level : float
        Of the intervals.
    log_likelihood : float
    akaike : float
        Information criterion: the smaller, the better.
    ks_statistic : float
        The largest distance between the fitted and the empirical distribution function. A p-value of the test of
        Kolmogorov and Smirnov would be too large, as the parameters come from the same sizes.
    """

    family: str
    shape: float
    shape_low: float
    shape_high: float
    scale: float
    scale_low: float
    scale_high: float
    level: float
    log_likelihood: float
    akaike: float
    ks_statistic: float

    def cumulative(self, sizes: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the share of defects that are not larger, shape as ``sizes``."""
        shares: NDArray[np.float64] = _laws()[self.family].cdf(sizes, self.shape, 0, self.scale)
        return shares

    def density(self, sizes: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the share of defects per unit of size, shape as ``sizes``."""
        shares: NDArray[np.float64] = _laws()[self.family].pdf(sizes, self.shape, 0, self.scale)
        return shares


def fit_sizes(sizes: NDArray[np.float64], *, confidence: float = 0.9) -> tuple[SizeFit, ...]:
    """Return the fits of all families, the one with the smallest Akaike criterion first.

    Parameters
    ----------
    sizes : numpy.ndarray, shape (N,)
        Positive; NaN are left out.
    confidence : float
        Of the intervals of the parameters.

    Raises
    ------
    EmptyInputError
        If fewer than :data:`FEWEST` different sizes are positive.

    Notes
    -----
    The intervals are normal ones of the logarithms of the parameters, by the observed Fisher information of the sizes.
    They take defects as independent of each other: where images differ more than chance, they are too narrow. Each
    size counts once: weights of defects by a counting rule are not taken.

    Examples
    --------
    >>> fits = fit_sizes(np.random.default_rng(0).lognormal(2.0, 0.3, 2000))
    >>> fits[0].family, round(fits[0].shape, 1), round(float(np.log(fits[0].scale)), 1)
    ('log-normal', 0.3, 2.0)
    """
    from scipy import stats

    known = sizes[sizes > 0]
    if len(np.unique(known)) < FEWEST:
        raise EmptyInputError(f"a distribution needs {FEWEST} different sizes; there are {len(np.unique(known))}")
    found = []
    for family, law in _laws().items():
        shape, _, scale = (float(value) for value in law.fit(known, floc=0))
        likelihood = _log_likelihood(law, known, np.log([shape, scale]))
        away = np.exp(stats.norm.ppf((1 + confidence) / 2) * _log_errors(law, known, np.log([shape, scale])))
        found.append(
            SizeFit(
                family=family,
                shape=shape,
                shape_low=float(shape / away[0]),
                shape_high=float(shape * away[0]),
                scale=scale,
                scale_low=float(scale / away[1]),
                scale_high=float(scale * away[1]),
                level=confidence,
                log_likelihood=likelihood,
                akaike=4 - 2 * likelihood,
                ks_statistic=float(stats.ks_1samp(known, law.cdf, args=(shape, 0, scale)).statistic),
            )
        )
    return tuple(sorted(found, key=lambda fit: fit.akaike))


def _laws() -> dict[str, rv_continuous]:
    from scipy import stats

    return dict(zip(FAMILIES, (stats.lognorm, stats.weibull_min, stats.gamma), strict=True))


def _log_likelihood(law: rv_continuous, sizes: NDArray[np.float64], logarithms: NDArray[np.float64]) -> float:
    shape, scale = np.exp(logarithms)
    return float(law.logpdf(sizes, shape, 0, scale).sum())


def _log_errors(law: rv_continuous, sizes: NDArray[np.float64], best: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the standard errors of the logarithms of shape and scale by the observed information, shape (2,)."""
    step = STEP * np.eye(2)

    def at(*moves: NDArray[np.float64]) -> float:
        return _log_likelihood(law, sizes, best + sum(moves))

    curvature = np.array(
        [[at(a, b) - at(a, -b) - at(-a, b) + at(-a, -b) for b in step] for a in step], dtype=np.float64
    ) / (4 * STEP**2)
    errors: NDArray[np.float64] = np.sqrt(np.diag(np.linalg.inv(-curvature)))
    return errors


def empirical_distribution(sizes: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the different sizes in order, and the share of defects that are not larger; NaN are left out.

    Examples
    --------
    >>> empirical_distribution(np.array([3.0, 1.0, 3.0, np.nan]))
    (array([1., 3.]), array([0.33333333, 1.        ]))
    """
    values, counts = np.unique(sizes[~np.isnan(sizes)], return_counts=True)
    return values, np.cumsum(counts) / counts.sum()
