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
    log_likelihood : float
    akaike : float
        Information criterion: the smaller, the better.
    ks_statistic : float
        The largest distance between the fitted and the empirical distribution function. A p-value of the test of
        Kolmogorov and Smirnov would be too large, as the parameters come from the same sizes.
    """

    family: str
    shape: float
    scale: float
    log_likelihood: float
    akaike: float
    ks_statistic: float


def fit_sizes(sizes: NDArray[np.float64]) -> tuple[SizeFit, ...]:
    """Return the fits of all families, the one with the smallest Akaike criterion first.

    Parameters
    ----------
    sizes : numpy.ndarray, shape (N,)
        Positive; NaN are left out.

    Raises
    ------
    EmptyInputError
        If fewer than :data:`FEWEST` different sizes are positive.

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
    families: dict[str, rv_continuous] = dict(
        zip(FAMILIES, (stats.lognorm, stats.weibull_min, stats.gamma), strict=True)
    )
    found = []
    for family, law in families.items():
        shape, _, scale = law.fit(known, floc=0)
        likelihood = float(law.logpdf(known, shape, 0, scale).sum())
        found.append(
            SizeFit(
                family=family,
                shape=float(shape),
                scale=float(scale),
                log_likelihood=likelihood,
                akaike=4 - 2 * likelihood,
                ks_statistic=float(stats.ks_1samp(known, law.cdf, args=(shape, 0, scale)).statistic),
            )
        )
    return tuple(sorted(found, key=lambda fit: fit.akaike))


def empirical_distribution(sizes: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the different sizes in order, and the share of defects that are not larger; NaN are left out.

    Examples
    --------
    >>> empirical_distribution(np.array([3.0, 1.0, 3.0, np.nan]))
    (array([1., 3.]), array([0.33333333, 1.        ]))
    """
    values, counts = np.unique(sizes[~np.isnan(sizes)], return_counts=True)
    return values, np.cumsum(counts) / counts.sum()
