"""Totals: contributions of several types added up, linearly or as the root of the sum of squares."""

from __future__ import annotations

import numpy as np

from defectkit.conventions import Combination
from defectkit.hardening.arrays import as_magnitudes, as_quantity_of
from defectkit.units import STRESS, Quantity


def total_hardening(contributions: Quantity, combination: Combination | str) -> Quantity:
    r"""Return what contributions add up to.

    Parameters
    ----------
    contributions : pint.Quantity, shape (..., T)
        One a type along the last axis; T may be 0.
    combination : Combination
        ``linear`` or ``quadrature``.

    Returns
    -------
    pint.Quantity, shape (...)
        In megapascal; 0 where there is no contribution.

    Raises
    ------
    UnitError
        If a contribution is no stress, or negative.
    ConventionError
        If the combination is none of the two.

    Notes
    -----
    Equations 2 and 3 of the supporting text of Jacobs et al. (2022), doi 10.1016/j.xcrp.2022.100876:
    :math:`\sum_t \Delta\sigma_t` and :math:`\sqrt{\sum_t \Delta\sigma_t^2}`.

    Examples
    --------
    >>> from defectkit.units import ureg
    >>> print(total_hardening(ureg.Quantity([30.0, 40.0], "MPa"), "quadrature"))
    50.0 megapascal
    """
    stresses = as_magnitudes(contributions, STRESS, what="hardening contribution")
    if Combination(combination) is Combination.LINEAR:
        return as_quantity_of(np.asarray(stresses.sum(axis=-1)), STRESS)
    return as_quantity_of(np.asarray(np.sqrt(np.square(stresses).sum(axis=-1))), STRESS)
