"""Orowan's model: obstacles that no dislocation cuts, at their mean distance on the glide plane."""

from __future__ import annotations

from typing import ClassVar

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.hardening.interface import HardeningModel
from defectkit.hardening.populations import Populations


@attrs.frozen(kw_only=True)
class Orowan(HardeningModel):
    r"""The upper bound of the dispersed barrier: every obstacle holds until the dislocation bows around it.

    Notes
    -----
    .. math:: \Delta\sigma = M \mu b \sqrt{N d}

    with *N d* summed over the measured sizes, so that no binning enters: the dispersed barrier model with a barrier
    strength of 1. E. Orowan, in *Symposium on Internal Stresses in Metals and Alloys*, Institute of Metals (1948) 451.
    """

    name: ClassVar[str] = "orowan"
    description: ClassVar[str] = "Obstacles that cannot be cut, M mu b sqrt(N d): an upper bound."
    needs_barrier_strength: ClassVar[bool] = False

    def contributions(self, populations: Populations) -> NDArray[np.float64]:
        """Return ``M mu b sqrt(N d)`` of each population in MPa, shape (P,)."""
        densities = populations.sums(populations.sizes_nm) / populations.volumes_nm3
        result: NDArray[np.float64] = populations.prefactors_mpa_nm * np.sqrt(densities)
        return result
