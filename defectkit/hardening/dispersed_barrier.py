"""The dispersed barrier model: obstacles on the glide plane at a mean distance of 1 / sqrt(N d)."""

from __future__ import annotations

from typing import ClassVar

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.conventions import BinRepresentative, Combination
from defectkit.hardening.arrays import as_magnitudes, as_quantity_of
from defectkit.hardening.binning import Binning, bin_centers, bin_numbers
from defectkit.hardening.interface import HardeningModel
from defectkit.hardening.populations import Populations
from defectkit.units import STRESS, Quantity, QuantityLike


def dispersed_barrier_hardening(
    number_density: QuantityLike,
    diameter: QuantityLike,
    *,
    taylor_factor: float,
    barrier_strength: float,
    shear_modulus: QuantityLike,
    burgers_vector: QuantityLike,
) -> Quantity:
    r"""Return the hardening by obstacles of one kind and size.

    Parameters
    ----------
    number_density : str or pint.Quantity
        Defects per volume; a scalar or an array that broadcasts with ``diameter``.
    diameter : str or pint.Quantity
        A scalar or an array.
    taylor_factor, barrier_strength : float
    shear_modulus, burgers_vector : str or pint.Quantity

    Returns
    -------
    pint.Quantity
        In megapascal, of the broadcast shape.

    Raises
    ------
    UnitError
        If a value has no unit, one of another dimension (an areal density, for instance), or is negative.

    Notes
    -----
    .. math:: \Delta\sigma = M \alpha \mu b \sqrt{N d}

    with Taylor factor *M*, barrier strength :math:`\alpha`, shear modulus :math:`\mu`, Burgers vector *b*, number
    density *N* and diameter *d*: equation 1 of the supporting text of Jacobs et al. (2022),
    doi 10.1016/j.xcrp.2022.100876.

    Examples
    --------
    >>> stress = dispersed_barrier_hardening("1e22 1/m^3", "20 nm", taylor_factor=3.06, barrier_strength=0.11,
    ...                                      shear_modulus="82 GPa", burgers_vector="0.249 nm")
    >>> print(f"{stress:.2f}")
    97.19 megapascal
    """
    density = as_magnitudes(number_density, "1 / nanometer ** 3", what="number density")
    size = as_magnitudes(diameter, "nanometer", what="diameter")
    modulus = as_magnitudes(shear_modulus, STRESS, what="shear modulus")
    burgers = as_magnitudes(burgers_vector, "nanometer", what="Burgers vector")
    return as_quantity_of(
        np.asarray(taylor_factor * barrier_strength * modulus * burgers * np.sqrt(density * size)), STRESS
    )


def obstacle_densities_nm2(populations: Populations, binning: Binning) -> NDArray[np.float64]:
    r"""Return the effective :math:`N d` of each population in 1 / nm^2, shape (P,); hardening goes with its root.

    Notes
    -----
    With bins *k* of representative size :math:`d_k` and number density :math:`N_k` it is :math:`\sum_k N_k d_k` where
    the bins add in quadrature, and :math:`(\sum_k \sqrt{N_k d_k})^2` where they add linearly.
    """
    if binning.is_bin_free:
        return populations.sums(populations.sizes_nm) / populations.volumes_nm3
    owners, terms = _bins(populations, binning)
    n = len(populations)
    if binning.combination is Combination.QUADRATURE:
        return np.bincount(owners, weights=terms, minlength=n).astype(np.float64)
    return np.square(np.bincount(owners, weights=np.sqrt(terms), minlength=n).astype(np.float64))


def _bins(populations: Populations, binning: Binning) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the population and the ``N_k d_k`` of every bin that holds a defect."""
    sizes, members = populations.sizes_nm, populations.members
    type_names = sorted(set(populations.types))
    type_of_defect = np.array([type_names.index(t) for t in populations.types], dtype=np.int64)[members]
    numbers = np.arange(len(sizes), dtype=np.int64)
    representatives = sizes.copy()
    for code, name in enumerate(type_names):
        edges = binning.edges_of(name)
        of_type = type_of_defect == code
        if edges is not None:
            numbers[of_type] = bin_numbers(sizes[of_type], edges)
            if binning.representative is BinRepresentative.CENTER:
                representatives[of_type] = bin_centers(numbers[of_type], edges)
    _, first, inverse = np.unique(np.stack([members, numbers], axis=1), axis=0, return_index=True, return_inverse=True)
    owners = members[first]
    sums = np.bincount(inverse.ravel(), weights=populations.weights * representatives, minlength=len(first))
    return owners, sums / populations.volumes_nm3[owners]


@attrs.frozen(kw_only=True)
class DispersedBarrier(HardeningModel):
    """The dispersed barrier model over measured sizes.

    Parameters
    ----------
    binning : Binning, optional
        Size bins; those of the convention that the sizes were measured under, unless given.
    """

    name: ClassVar[str] = "dispersed-barrier"
    description: ClassVar[str] = "Dispersed barriers, M alpha mu b sqrt(N d), over the sizes of each type."
    needs_barrier_strength: ClassVar[bool] = True

    binning: Binning | None = None

    def contributions(self, populations: Populations) -> NDArray[np.float64]:
        """Return ``M alpha mu b sqrt(N d)`` of each population in MPa, shape (P,)."""
        binning = self.binning or Binning.of_convention(populations.convention)
        root = np.sqrt(obstacle_densities_nm2(populations, binning))
        return populations.prefactors_mpa_nm * populations.barrier_strengths * root
