"""Swelling: the volume of cavities as a share of the metal between them."""

from __future__ import annotations

import numpy as np

from defectkit.errors import SwellingError
from defectkit.hardening.arrays import as_magnitudes
from defectkit.units import Quantity, QuantityLike, ureg


def swelling(diameters: QuantityLike, *, area: QuantityLike, foil_thickness: QuantityLike) -> Quantity:
    r"""Return the swelling by spherical cavities that lie wholly within the foil.

    Parameters
    ----------
    diameters : pint.Quantity, shape (N,)
        Diameters of the cavities; none (N = 0) is no swelling.
    area, foil_thickness : str or pint.Quantity
        Of the foil in which they were counted.

    Returns
    -------
    pint.Quantity
        In percent.

    Raises
    ------
    UnitError
        If a value has no unit, one of another dimension, or is negative.
    SwellingError
        If the cavities fill more than the foil.

    Notes
    -----
    .. math:: S = 100 \frac{\sum_i V_i}{A t - \sum_i V_i}, \qquad V_i = \frac{\pi}{6} d_i^3

    The measure of R. Jacobs et al., *Materials swelling revealed through automated semantic segmentation of cavities in
    electron microscopy images*, Scientific Reports 13 (2023) 5178, doi 10.1038/s41598-023-32454-2. Cavities that the
    surface of the foil cuts are counted whole.

    Examples
    --------
    >>> print(f"{swelling(ureg.Quantity([20.0, 30.0], 'nm'), area='1e4 nm^2', foil_thickness='100 nm'):.2f}")
    1.87 percent
    """
    size = as_magnitudes(diameters, "nanometer", what="diameter")
    foil = as_magnitudes(area, "nanometer ** 2", what="area") * as_magnitudes(
        foil_thickness, "nanometer", what="foil thickness"
    )
    cavities = float(np.sum(np.pi / 6 * size**3))
    if cavities >= foil:
        raise SwellingError(
            f"swelling: the cavities hold {cavities:.4g} nm^3, but the foil only {float(foil):.4g} nm^3; "
            "check the units of the diameters and the thickness of the foil"
        )
    return ureg.Quantity(100 * cavities / (float(foil) - cavities), "percent")
