"""Superposition: what obstacles of several kinds do together."""

from __future__ import annotations

from typing import Self

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.errors import HardeningError
from defectkit.hardening.arrays import as_magnitudes, as_quantity_of
from defectkit.units import STRESS, Quantity


def _exponent(value: float) -> float:
    if not (np.isfinite(value) and value >= 1):
        raise HardeningError(f"a superposition has an exponent of at least 1 (linear; 2: quadrature), not {value}")
    return float(value)


@attrs.frozen
class Superposition:
    """The rule by which contributions of several types add up: a power law.

    Parameters
    ----------
    exponent : float
        1 adds linearly, 2 in quadrature.

    Examples
    --------
    >>> [str(Superposition.of(text)) for text in ("linear", "quadrature", "power:1.5", "power:2")]
    ['linear', 'quadrature', 'power:1.5', 'quadrature']
    """

    exponent: float = attrs.field(converter=_exponent)

    @classmethod
    def of(cls, rule: str | Self) -> Self:
        """Return the rule of that name: ``linear``, ``quadrature``, or ``power:N`` with an exponent.

        Raises
        ------
        HardeningError
            If there is no such rule.
        """
        if not isinstance(rule, str):
            return rule
        named = {"linear": 1.0, "quadrature": 2.0}
        kind, _, number = rule.partition(":")
        try:
            return cls(named[rule] if rule in named else float(number if kind == "power" else ""))
        except ValueError:
            raise HardeningError(
                f"the superposition {rule!r} is none of linear, quadrature and power:N, for instance power:1.5"
            ) from None

    def __str__(self) -> str:
        return {1.0: "linear", 2.0: "quadrature"}.get(self.exponent, f"power:{self.exponent:g}")


def power_sum(stresses: NDArray[np.float64], exponents: NDArray[np.float64] | float) -> NDArray[np.float64]:
    """Return the power-law sum over the last axis of floats: shape (..., T) and exponents of shape (...) to (...)."""
    largest = stresses.max(axis=-1, initial=0.0)
    power = np.asarray(exponents, dtype=np.float64)
    scaled = np.divide(stresses, largest[..., None], out=np.zeros_like(stresses), where=largest[..., None] > 0)
    total: NDArray[np.float64] = largest * np.sum(scaled ** power[..., None], axis=-1) ** (1 / power)
    return total


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
    stresses = as_magnitudes(contributions, STRESS, what="hardening contribution")
    return as_quantity_of(np.asarray(power_sum(stresses, _exponent(exponent))), STRESS)


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
