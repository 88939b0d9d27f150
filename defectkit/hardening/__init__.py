"""From sizes and densities of defects to the rise of the yield stress, and to swelling."""

from __future__ import annotations

from defectkit.hardening.bacon_kocks_scattergood import BaconKocksScattergood, bacon_kocks_scattergood_hardening
from defectkit.hardening.binning import Binning
from defectkit.hardening.catalogue import known_materials, load_material
from defectkit.hardening.dispersed_barrier import DispersedBarrier, dispersed_barrier_hardening
from defectkit.hardening.friedel_kroupa_hirsch import FriedelKroupaHirsch, friedel_kroupa_hirsch_hardening
from defectkit.hardening.harden import harden
from defectkit.hardening.interface import HardeningModel
from defectkit.hardening.material import Material
from defectkit.hardening.orowan import Orowan
from defectkit.hardening.populations import Populations
from defectkit.hardening.superposition import (
    Superposition,
    linear_share,
    power_law_superposition,
    weighted_superposition,
)
from defectkit.hardening.swelling import swelling
from defectkit.hardening.totals import total_hardening

__all__ = [
    "BaconKocksScattergood",
    "Binning",
    "DispersedBarrier",
    "FriedelKroupaHirsch",
    "HardeningModel",
    "Material",
    "Orowan",
    "Populations",
    "Superposition",
    "bacon_kocks_scattergood_hardening",
    "dispersed_barrier_hardening",
    "friedel_kroupa_hirsch_hardening",
    "harden",
    "known_materials",
    "linear_share",
    "load_material",
    "power_law_superposition",
    "swelling",
    "total_hardening",
    "weighted_superposition",
]
