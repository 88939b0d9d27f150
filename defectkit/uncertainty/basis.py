"""Basis: where the uncertainty of each source comes from, or that nobody stated one."""

from __future__ import annotations

from collections.abc import Iterable

from defectkit.uncertainty.condition import Condition, SharedInput
from defectkit.uncertainty.declared import Uncertainties
from defectkit.uncertainty.sources import COUNTING
from defectkit.uncertainty.strengthening import Strengthening

COUNTED, DECLARED, MATERIAL, ASSUMED, NOT_STATED = "counted", "declared", "material", "assumed", "not stated"
"""From the defects themselves; given; of the material's file; of an assumed value; or of none, so taken as exact."""

CONSTANTS = ("barrier_strength", "burgers_vector", "shear_modulus", "taylor_factor")


def basis_of_sources(condition: Condition, strengthening: Strengthening, declared: Uncertainties) -> dict[str, str]:
    """Return of each source of a budget where its uncertainty comes from, in the order of the budget.

    What is partly stated, such as one barrier strength of two, has its basis with ``, in part``.
    """
    given = {name: getattr(declared, name) for name in (*CONSTANTS, "pixel_size", "foil_thickness")}
    found = {
        COUNTING: COUNTED,
        "size": DECLARED if declared.size.magnitude else NOT_STATED,
        "pixel_size": _shared(given["pixel_size"], condition.pixel_sizes),
        "foil_thickness": _shared(given["foil_thickness"], condition.foils),
        "detector": NOT_STATED if declared.detector is None else DECLARED,
    }
    for name in CONSTANTS:
        found[name] = DECLARED if given[name] is not None else _of_material(name, strengthening)
    return found | {"exponent": DECLARED if declared.exponent else NOT_STATED}


def unstated_constants(strengthening: Strengthening, declared: Uncertainties) -> list[str]:
    """Return the constants that enter and of which neither the material nor anybody else states an uncertainty."""
    return [
        constant
        for name in CONSTANTS
        if getattr(declared, name) is None
        for constant in _constants(name, strengthening)
        if strengthening.material.uncertainty(constant) is None
    ]


def _shared(given: float | None, inputs: Iterable[SharedInput]) -> str:
    if given is not None:
        return DECLARED
    assumed = [one.is_assumed for one in inputs]
    return ASSUMED + ("" if all(assumed) else ", in part") if any(assumed) else NOT_STATED


def _of_material(name: str, strengthening: Strengthening) -> str:
    stated = [strengthening.material.uncertainty(c) is not None for c in _constants(name, strengthening)]
    return MATERIAL + ("" if all(stated) else ", in part") if any(stated) else NOT_STATED


def _constants(name: str, strengthening: Strengthening) -> list[str]:
    """Return the constants of a material that one row of the budget stands for."""
    material = strengthening.material
    if name != "barrier_strength":
        return [name] if name in material.constants else []
    if not strengthening.model.needs_barrier_strength:
        return []
    return [f"barrier_strengths.{t}" for t in strengthening.obstacles if t in material.barrier_strengths]
