"""The model of Friedel, Kroupa and Hirsch: weak obstacles that a dislocation meets at the Friedel distance."""

from __future__ import annotations

from typing import ClassVar

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.hardening.arrays import as_magnitudes, as_quantity_of
from defectkit.hardening.interface import HardeningModel
from defectkit.hardening.populations import Populations
from defectkit.units import STRESS, Quantity, QuantityLike


def friedel_kroupa_hirsch_hardening(
    number_density: QuantityLike,
    diameter: QuantityLike,
    *,
    taylor_factor: float,
    shear_modulus: QuantityLike,
    burgers_vector: QuantityLike,
) -> Quantity:
    r"""Return the hardening by weak obstacles, small loops above all, of one size.

    Parameters
    ----------
    number_density : str or pint.Quantity
        Defects per volume; a scalar or an array that broadcasts with ``diameter``.
    diameter : str or pint.Quantity
        A scalar or an array.
    taylor_factor : float
    shear_modulus, burgers_vector : str or pint.Quantity

    Returns
    -------
    pint.Quantity
        In megapascal, of the broadcast shape.

    Raises
    ------
    UnitError
        If a value has no unit, one of another dimension, or is negative.

    Notes
    -----
    .. math:: \Delta\sigma = \tfrac{1}{8} M \mu b d N^{2/3}

    The formula as it is commonly quoted, after J. Friedel's spacing of weak obstacles, and F. Kroupa and P. B. Hirsch,
    *Elastic interaction between prismatic dislocation loops and straight dislocations*, Discussions of the Faraday
    Society 38 (1964) 49. It is not in the paper that the other models are of, and its prefactor was not compared with
    the original.

    Examples
    --------
    >>> stress = friedel_kroupa_hirsch_hardening("1e22 1/m^3", "2 nm", taylor_factor=3.06, shear_modulus="82 GPa",
    ...                                          burgers_vector="0.249 nm")
    >>> print(f"{stress:.2f}")
    7.25 megapascal
    """
    density = as_magnitudes(number_density, "1 / nanometer ** 3", what="number density")
    size = as_magnitudes(diameter, "nanometer", what="diameter")
    modulus = as_magnitudes(shear_modulus, STRESS, what="shear modulus")
    burgers = as_magnitudes(burgers_vector, "nanometer", what="Burgers vector")
    return as_quantity_of(np.asarray(taylor_factor * modulus * burgers * size * density ** (2 / 3) / 8), STRESS)


@attrs.frozen(kw_only=True)
class FriedelKroupaHirsch(HardeningModel):
    """Weak obstacles over measured sizes: the mean size of each population stands for all of it.

    It knows no barrier strength, so every type has a contribution; it is meant for small, weak defects and says too
    much for large loops.
    """

    name: ClassVar[str] = "friedel-kroupa-hirsch"
    description: ClassVar[str] = "Weak obstacles, M mu b d N^(2/3) / 8, with the mean size of each type."
    needs_barrier_strength: ClassVar[bool] = False

    def contributions(self, populations: Populations) -> NDArray[np.float64]:
        """Return ``M mu b d N^(2/3) / 8`` of each population in MPa, shape (P,)."""
        size = np.nan_to_num(populations.mean_sizes_nm)
        return populations.prefactors_mpa_nm * size * populations.number_densities_nm3 ** (2 / 3) / 8
