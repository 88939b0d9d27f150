"""From sizes and densities of defects to the rise of the yield stress, and to swelling."""

from __future__ import annotations

from defectkit.hardening.binning import Binning
from defectkit.hardening.catalogue import known_materials, load_material
from defectkit.hardening.dispersed_barrier import DispersedBarrier, dispersed_barrier_hardening
from defectkit.hardening.friedel_kroupa_hirsch import FriedelKroupaHirsch, friedel_kroupa_hirsch_hardening
from defectkit.hardening.harden import harden
from defectkit.hardening.interface import HardeningModel
from defectkit.hardening.material import Material
from defectkit.hardening.populations import Populations
from defectkit.hardening.swelling import swelling
from defectkit.hardening.totals import total_hardening

__all__ = [
    "Binning",
    "DispersedBarrier",
    "FriedelKroupaHirsch",
    "HardeningModel",
    "Material",
    "Populations",
    "dispersed_barrier_hardening",
    "friedel_kroupa_hirsch_hardening",
    "harden",
    "known_materials",
    "load_material",
    "swelling",
    "total_hardening",
]
