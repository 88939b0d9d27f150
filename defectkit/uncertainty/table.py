"""Table: what is known of a condition as one xarray data set, with intervals and the budget."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from defectkit.measurement import ALL
from defectkit.statistics.intervals import HIGH, LOW
from defectkit.uncertainty.basis import basis_of_sources
from defectkit.uncertainty.condition import Condition
from defectkit.uncertainty.measures import UNITS
from defectkit.uncertainty.propagate import Inputs, Propagation
from defectkit.uncertainty.sources import NAMES
from defectkit.uncertainty.strengthening import Strengthening

if TYPE_CHECKING:
    import xarray

SHARE, UNCERTAINTY = "_share", "_uncertainty"
"""What is put behind the name of a measure for its budget and for its standard uncertainty to first order."""

TITLES = {
    "areal_density": "defects per area",
    "number_density": "defects per volume",
    "size_mean": "mean size under the convention",
    "line_length_density": "length of dislocation in loops per volume, pi N d",
    "swelling": "volume of cavities in percent of the metal between them",
    "hardening": "hardening by this type alone; of all types, by the superposition",
}


def condition_table(inputs: Inputs, known: Propagation) -> xarray.Dataset:
    """Return the values of a condition, all images together, with their intervals.

    Parameters
    ----------
    inputs : Inputs
        The condition with what is declared of it.
    known : Propagation
        Of these inputs.

    Returns
    -------
    xarray.Dataset
        Dimension ``defect_type`` (T + 1, the last one ``"all"``): ``count`` and ``note``, and of every measure *X* its
        value, ``X_low`` and ``X_high`` by Monte Carlo, ``X_uncertainty`` to first order, and ``X_share`` with the
        dimension ``source`` also, which sums to 1; by ``source``, ``basis`` says where its
        uncertainty comes from. The attribute ``level`` is the confidence.

    Notes
    -----
    Where regions of an image were refused and no defect of a type was read, its values are NaN: a zero is counted or
    absent.
    """
    import xarray

    condition, strengthening = inputs.condition, inputs.measures.strengthening
    uncounted = (condition.totals == 0) & condition.partly_read.any()
    row = "defect_type"
    variables: dict[str, tuple[object, ...]] = {
        "count": (row, condition.totals, {"long_name": "number of defects", "units": ""}),
    }
    level = {"level": known.confidence}
    for name, unit in UNITS.items():
        about = {"long_name": TITLES[name], "units": unit}
        low, high = known.interval(name)
        columns = {
            "": (known.values[name], TITLES[name]),
            LOW: (low, f"{TITLES[name]}, low end of its interval"),
            HIGH: (high, f"{TITLES[name]}, high end of its interval"),
            UNCERTAINTY: (known.standard_uncertainty(name), f"{TITLES[name]}, standard uncertainty to first order"),
        }
        for end, (values, title) in columns.items():
            shown = np.where(uncounted, np.nan, values)
            variables[f"{name}{end}"] = (
                row,
                shown,
                about | {"long_name": title} | (level if end in (LOW, HIGH) else {}),
            )
        title = f"share of the variance of: {TITLES[name]}"
        variables[f"{name}{SHARE}"] = (("source", row), known.shares(name), {"long_name": title, "units": ""})
    variables["note"] = (row, np.array(notes(condition, strengthening), dtype=str), {"long_name": "what is not known"})
    basis = basis_of_sources(condition, strengthening, inputs.declared)
    about = {"long_name": "where the uncertainty of a source comes from"}
    variables["basis"] = ("source", np.array([basis[name] for name in NAMES], dtype=str), about)
    return xarray.Dataset(
        variables,
        coords={row: np.array([*condition.types, ALL], dtype=str), "source": np.array(NAMES, dtype=str)},
        attrs={
            "level": known.confidence,
            "n_images": len(condition.images),
            "convention": condition.convention,
            "hardening_model": strengthening.model.name,
            "material": strengthening.material.name,
            "material_source": " doi ".join(filter(None, (strengthening.material.source, strengthening.material.doi))),
            "superposition": str(strengthening.superposition),
            "superposition_exponent": strengthening.superposition.exponent,
        },
    )


def notes(condition: Condition, strengthening: Strengthening) -> list[str]:
    """Return of each type, and of all, why its hardening is not known; empty where it is."""
    without = [name for name, t in zip(condition.images, condition.thicknesses_nm, strict=True) if np.isnan(t)]
    foil = f"no foil thickness is known of {without[0]!r}" if without else ""
    no_size = np.bincount(condition.type_codes, np.isnan(condition.sizes_nm), len(condition.types))
    found = []
    for constants, n in zip(strengthening.missing, no_size, strict=True):
        reasons = [foil, constants, f"{n:.0f} defects have no size" if n else ""]
        found.append("; ".join(filter(None, reasons)))
    occurring = [note for note, n in zip(found, condition.totals, strict=False) if n and note]
    nothing = "" if strengthening.has_constants.any() or not condition.types else found[0]
    return [*found, foil or "; ".join(dict.fromkeys(occurring)) or nothing]
