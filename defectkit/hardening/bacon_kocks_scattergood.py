"""The model of Bacon, Kocks and Scattergood: strong obstacles whose bowed-out dislocation attracts itself."""

from __future__ import annotations

import math
from typing import ClassVar

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.hardening.arrays import as_magnitudes, as_quantity_of
from defectkit.hardening.interface import HardeningModel
from defectkit.hardening.populations import Populations
from defectkit.units import STRESS, Quantity, QuantityLike

PARTICLE, VOID = 0.7, 1.52
"""The constant added to the logarithm, for obstacles that cannot be cut and for voids."""

Floats = NDArray[np.float64]


def bacon_kocks_scattergood_hardening(
    number_density: QuantityLike,
    diameter: QuantityLike,
    *,
    taylor_factor: float,
    shear_modulus: QuantityLike,
    burgers_vector: QuantityLike,
    core_constant: float = PARTICLE,
) -> Quantity:
    r"""Return the hardening by strong obstacles of one size.

    Parameters
    ----------
    number_density : str or pint.Quantity
        Defects per volume; a scalar or an array that broadcasts with ``diameter``.
    diameter : str or pint.Quantity
        A scalar or an array.
    taylor_factor : float
    shear_modulus, burgers_vector : str or pint.Quantity
    core_constant : float
        *B*: :data:`PARTICLE` or :data:`VOID`.

    Returns
    -------
    pint.Quantity
        In megapascal, of the broadcast shape; 0 where there is no obstacle, or none larger than the core.

    Raises
    ------
    UnitError
        If a value has no unit, one of another dimension, or is negative.

    Notes
    -----
    .. math::

        \Delta\sigma = M \frac{\mu b}{2 \pi L} \left[\ln\frac{L}{b}\right]^{-1/2}
        \left[\ln\frac{\bar D}{b} + B\right]^{3/2}, \qquad L = \frac{1}{\sqrt{N d}}, \qquad
        \frac{1}{\bar D} = \frac{1}{d} + \frac{1}{L}

    D. J. Bacon, U. F. Kocks and R. O. Scattergood, *The effect of dislocation self-interaction on the Orowan stress*,
    Philosophical Magazine 28 (1973) 1241, doi 10.1080/14786437308227997, in the form for random obstacles that is
    commonly quoted; the spacing is taken from center to center, as in the other models here. The prefactor of the
    quoted form was not compared with the original. Obstacles closer than a Burgers vector are outside of the model.

    Examples
    --------
    >>> stress = bacon_kocks_scattergood_hardening("1e22 1/m^3", "5 nm", taylor_factor=3.06, shear_modulus="82 GPa",
    ...                                            burgers_vector="0.249 nm")
    >>> print(f"{stress:.1f}")
    195.9 megapascal
    """
    density = as_magnitudes(number_density, "1 / nanometer ** 3", what="number density")
    size = as_magnitudes(diameter, "nanometer", what="diameter")
    modulus = as_magnitudes(shear_modulus, STRESS, what="shear modulus")
    burgers = as_magnitudes(burgers_vector, "nanometer", what="Burgers vector")
    return as_quantity_of(taylor_factor * modulus * line_tension(density, size, burgers, core_constant), STRESS)


def line_tension(densities_nm3: Floats, sizes_nm: Floats, burgers_nm: Floats, core_constant: float) -> Floats:
    """Return the critical stress over the shear modulus, of the broadcast shape.

    Parameters
    ----------
    densities_nm3, sizes_nm, burgers_nm : array of float64
    core_constant : float
    """
    density, size, burgers = np.broadcast_arrays(densities_nm3, sizes_nm, burgers_nm)
    obstacles = density * size
    result = np.zeros(obstacles.shape)
    present = obstacles > 0
    b = burgers[present]
    spacing = 1 / np.sqrt(obstacles[present])
    harmonic = 1 / (1 / size[present] + 1 / spacing)
    inner = np.maximum(np.log(harmonic / b) + core_constant, 0)
    outer = np.log(np.maximum(spacing / b, math.e))
    result[present] = b / (2 * np.pi * spacing) * inner**1.5 / np.sqrt(outer)
    return result


@attrs.frozen(kw_only=True)
class BaconKocksScattergood(HardeningModel):
    """Strong obstacles over measured sizes: the mean size of each population stands for all of it.

    It knows no barrier strength: the strength follows from size and spacing. It is meant for large loops, precipitates
    and voids.

    Parameters
    ----------
    core_constant : float
        0.7 for obstacles that cannot be cut, 1.52 for voids.
    """

    name: ClassVar[str] = "bacon-kocks-scattergood"
    description: ClassVar[str] = "Strong obstacles, with the logarithm of the harmonic mean of size and spacing."
    needs_barrier_strength: ClassVar[bool] = False

    core_constant: float = attrs.field(default=PARTICLE, validator=attrs.validators.ge(0))

    def contributions(self, populations: Populations) -> Floats:
        """Return the hardening by each population in MPa, shape (P,)."""
        sizes = np.nan_to_num(populations.mean_sizes_nm)
        densities, burgers = populations.number_densities_nm3, populations.burgers_vectors_nm
        stress = populations.taylor_factor * populations.shear_modulus_mpa
        result: Floats = stress * line_tension(densities, sizes, burgers, self.core_constant)
        return result
