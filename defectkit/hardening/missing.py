"""Missing constants: what a model needs that a material does not have, and how to give it."""

from __future__ import annotations

from defectkit.hardening.interface import HardeningModel
from defectkit.hardening.material import Material
from defectkit.records.defect_type import Taxonomy


def missing_constants(material: Material, model: HardeningModel, defect_type: str, taxonomy: Taxonomy) -> str:
    """Return which constants a model lacks for a type, and how to give them; empty where it lacks none.

    Examples
    --------
    >>> from defectkit.hardening import DispersedBarrier, load_material
    >>> missing_constants(load_material("fecral"), DispersedBarrier(), "cavity", Taxonomy.standard())
    "the material 'fecral' has no barrier strength for the type 'cavity': give one (--barrier-strength cavity=VALUE)"
    """
    lacking = []
    if material.taylor_factor is None:
        lacking.append("no Taylor factor: give one (defectkit harden --taylor-factor VALUE)")
    if model.needs_barrier_strength and material.barrier_strength(defect_type, taxonomy) is None:
        lacking.append(
            f"no barrier strength for the type {defect_type!r}: give one (--barrier-strength {defect_type}=VALUE)"
        )
    return f"the material {material.name!r} has {', and '.join(lacking)}" if lacking else ""
