"""Superposition: what obstacles of several kinds do together."""

from __future__ import annotations

import numpy as np

from defectkit.errors import HardeningError
from defectkit.hardening.arrays import as_magnitudes, as_quantity_of
from defectkit.units import STRESS, Quantity


def power_law_superposition(contributions: Quantity, exponent: float) -> Quantity:
    r"""Return what contributions add up to by a power law.

    Parameters
    ----------
    contributions : pint.Quantity, shape (..., T)
        One per kind of obstacle along the last axis.
    exponent : float
        1 adds linearly, 2 in quadrature; at least 1.

    Returns
    -------
    pint.Quantity, shape (...)
        In megapascal.

    Raises
    ------
    UnitError
        If a contribution is no stress, or negative.
    HardeningError
        If the exponent is below 1 or not finite.

    Notes
    -----
    :math:`\Delta\sigma^n = \sum_t \Delta\sigma_t^n`; U. F. Kocks, A. S. Argon and M. F. Ashby, *Thermodynamics and
    kinetics of slip*, Progress in Materials Science 19 (1975) 1.

    Examples
    --------
    >>> from defectkit.units import ureg
    >>> print(power_law_superposition(ureg.Quantity([30.0, 40.0], "MPa"), 2))
    50.0 megapascal
    """
    if not (np.isfinite(exponent) and exponent >= 1):
        raise HardeningError(f"a superposition has an exponent of at least 1 (linear; 2: quadrature), not {exponent}")
    stresses = as_magnitudes(contributions, STRESS, what="hardening contribution")
    largest = stresses.max(axis=-1, initial=0.0)
    scaled = np.divide(stresses, largest[..., None], out=np.zeros_like(stresses), where=largest[..., None] > 0)
    return as_quantity_of(np.asarray(largest * np.sum(scaled**exponent, axis=-1) ** (1 / exponent)), STRESS)


def linear_share(strong: float, weak: float) -> float:
    r"""Return how far strong and weak obstacles add linearly rather than in quadrature, between 0 and 1.

    Parameters
    ----------
    strong, weak : float
        Barrier strengths.

    Notes
    -----
    :math:`S = \alpha_s - 5 \alpha_w + 3.3\, \alpha_s \alpha_w`, kept within 0 and 1: a fit to simulations of A. J. E.
    Foreman and M. J. Makin by G. R. Odette and G. E. Lucas, *Recent progress in understanding reactor pressure vessel
    steel embrittlement*, Radiation Effects and Defects in Solids 144 (1998) 189, doi 10.1080/10420159808229676.

    Examples
    --------
    >>> print(f"{linear_share(strong=0.8, weak=0.05):.3f}")
    0.682
    """
    return float(np.clip(strong - 5 * weak + 3.3 * strong * weak, 0, 1))


def weighted_superposition(strong: Quantity, weak: Quantity, *, share: float) -> Quantity:
    """Return what strong and weak obstacles do together: ``share`` of the linear sum, the rest of the quadrature.

    Parameters
    ----------
    strong, weak : pint.Quantity
        What each kind does alone; scalars or arrays of one shape.
    share : float
        As :func:`linear_share` gives it.

    Returns
    -------
    pint.Quantity
        In megapascal.

    Raises
    ------
    UnitError
        If a contribution is no stress, or negative.
    HardeningError
        If the share does not lie between 0 and 1.

    Examples
    --------
    >>> from defectkit.units import ureg
    >>> print(weighted_superposition(ureg.Quantity(30.0, "MPa"), ureg.Quantity(40.0, "MPa"), share=0.5))
    60.0 megapascal
    """
    if not 0 <= share <= 1:
        raise HardeningError(f"the share of the linear sum lies between 0 and 1, and is not {share}")
    first = as_magnitudes(strong, STRESS, what="hardening contribution")
    second = as_magnitudes(weak, STRESS, what="hardening contribution")
    return as_quantity_of(share * (first + second) + (1 - share) * np.hypot(first, second), STRESS)
