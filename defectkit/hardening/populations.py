"""Populations: the defects of each type in each image, as the columns that a hardening model works on."""

from __future__ import annotations

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.conventions import Convention
from defectkit.records.names import as_names
from defectkit.short_repr import short_repr

Floats = NDArray[np.float64]


@attrs.frozen(kw_only=True, eq=False)
class Populations:
    """N defects in P populations; a population is the defects of one type in one image.

    Parameters
    ----------
    sizes_nm : array of float64, shape (N,)
    members : array of int64, shape (N,)
        The population of each defect, 0 .. P-1.
    types : tuple of str, length P
        The type whose constants the population has.
    volumes_nm3 : array of float64, shape (P,)
        Volume of foil that the image shows.
    barrier_strengths : array of float64, shape (P,)
        NaN where the material has none and the model needs none.
    burgers_vectors_nm : array of float64, shape (P,)
    taylor_factor : float
    shear_modulus_mpa : float
    convention : Convention
        Under which the sizes were measured.
    weights : array of float64, shape (N,), optional
        How many defects of the specimen each one stands for; by default 1.
    """

    sizes_nm: Floats
    members: NDArray[np.int64]
    types: tuple[str, ...] = attrs.field(converter=as_names)
    volumes_nm3: Floats
    barrier_strengths: Floats
    burgers_vectors_nm: Floats
    taylor_factor: float
    shear_modulus_mpa: float
    convention: Convention
    weights: Floats = attrs.field()

    @weights.default
    def _one_each(self) -> Floats:
        return np.ones(len(self.sizes_nm))

    __repr__ = short_repr

    def __len__(self) -> int:
        return len(self.types)

    def sums(self, values: Floats) -> Floats:
        """Return the weighted sum of ``values``, (N,), over the defects of each population, shape (P,)."""
        return np.bincount(self.members, weights=self.weights * values, minlength=len(self)).astype(np.float64)

    @property
    def numbers(self) -> Floats:
        """How many defects of the specimen there are in the volume: the sums of the weights, shape (P,)."""
        return self.sums(np.ones(len(self.sizes_nm)))

    @property
    def number_densities_nm3(self) -> Floats:
        """Defects per volume, 1 / nm^3, shape (P,)."""
        return self.numbers / self.volumes_nm3

    @property
    def mean_sizes_nm(self) -> Floats:
        """Mean sizes in nm, shape (P,); NaN for a population without a defect."""
        numbers = self.numbers
        means: Floats = np.full(len(self), np.nan)
        return np.divide(self.sums(self.sizes_nm), numbers, out=means, where=numbers > 0)

    @property
    def prefactors_mpa_nm(self) -> Floats:
        """Taylor factor times shear modulus times Burgers vector, MPa nm, shape (P,)."""
        prefactors: Floats = self.taylor_factor * self.shear_modulus_mpa * self.burgers_vectors_nm
        return prefactors
