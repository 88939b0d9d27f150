"""Results: what follows from the defects of an image, as they are now."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from defectkit.conventions import convention
from defectkit.geometry.moments import equivalent_diameters
from defectkit.measurement import measure_instances, summarize
from defectkit.reports.histograms import histogram, readable_edges
from defectkit.units import ureg
from defectkit_web.work import Work

CONVENTION = "defectkit"


def results_of(work: Work) -> dict[str, Any]:
    """Return counts, sizes and densities by type, and the histogram of sizes, ready for JSON.

    An image without a pixel size has counts and sizes in pixels, and no densities. The numbers are those of
    `defectkit measure` on the same defects.
    """
    image, instances = work.counted()
    outside = len(work.instances) - len(instances)
    if image.calibration is None:
        sizes = equivalent_diameters(instances.runs)
        names = np.array(instances.type_names, dtype=object)
        rows = [_bare_row(name, sizes[names == name]) for name in dict.fromkeys(instances.type_names)]
        return _answer([*rows, _bare_row("all", sizes)], sizes, "px", (0.0, 10.0, 20.0), outside)
    defects = measure_instances(image, instances, convention=CONVENTION)
    summary = summarize(defects, [image], {image.name: instances}).isel(image=0)
    rows = [
        {
            "type": name,
            "count": int(row["count"]),
            "mean": _number(row["equivalent_diameter_mean"]),
            "sd": _number(row["equivalent_diameter_sd"]),
            "areal_density": _per_meter(row["areal_density"], 2),
            "number_density": _per_meter(row["number_density"], 3),
        }
        for name in map(str, summary["defect_type"].values)
        for row in [summary.sel(defect_type=name)]
        if int(row["count"]) or name == "all"
    ]
    sizes = defects["equivalent_diameter"].values
    return _answer(rows, sizes, "nm", convention(CONVENTION).other_size_bin_edges_nm, outside)


def _answer(rows: list[dict[str, Any]], sizes: Any, unit: str, edges: Any, outside: int) -> dict[str, Any]:
    bins = histogram(sizes, readable_edges(sizes, edges) if len(sizes) else tuple(edges))
    return {
        "rows": rows,
        "unit": unit,
        "histogram": {"edges": list(bins.edges), "counts": list(bins.counts), "under": bins.under, "over": bins.over},
        "outside": outside,
    }


def _bare_row(name: str, sizes: Any) -> dict[str, Any]:
    mean = float(np.mean(sizes)) if len(sizes) else math.nan
    sd = float(np.std(sizes, ddof=1)) if len(sizes) > 1 else math.nan
    return {
        "type": name,
        "count": len(sizes),
        "mean": _number(mean),
        "sd": _number(sd),
        "areal_density": None,
        "number_density": None,
    }


def _per_meter(density: Any, power: int) -> float | None:
    converted = ureg.Quantity(float(density), density.attrs["units"]).to(f"1 / meter ** {power}")
    return _number(converted.magnitude)


def _number(value: Any) -> float | None:
    number = float(value)
    return number if math.isfinite(number) else None
