"""Rows: the tables of an analysis as its page prints them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from defectkit.conventions import Convention, ShapeRule
from defectkit.formats.refusals import refused_text
from defectkit.measurement import ALL
from defectkit.measurement.size_rules import size_rule
from defectkit.records.calibration import Source
from defectkit.records.defect_type import Taxonomy
from defectkit.records.facts import number_of
from defectkit.records.image import Image
from defectkit.reports.charts import Chart, chart
from defectkit.reports.histograms import histogram, readable_edges
from defectkit.reports.numbers import MISSING, mean_and_sd, significant

if TYPE_CHECKING:
    import xarray

SHAPE_RULES = {ShapeRule.MASK: "mask", ShapeRule.HULL: "convex hull"}

Row = dict[str, Any]


def title_of(name: str, taxonomy: Taxonomy) -> str:
    """Return what a page calls a type, or all types."""
    return "all" if name == ALL else taxonomy[name].title


def type_rows(table: xarray.Dataset, taxonomy: Taxonomy, colors: dict[str, str]) -> Iterator[Row]:
    """Yield one row per type of a table with the dimension ``defect_type``: pooled, or a summary of one image."""
    for t, name in enumerate(str(n) for n in table["defect_type"].values):
        here = {str(key): values.values[t] for key, values in table.data_vars.items() if values.ndim}
        yield {
            "title": title_of(name, taxonomy),
            "is_all": name == ALL,
            "color": colors.get(name, ""),
            "count": _count(int(here["count"]), float(here["areal_density"])),
            "areal_density": float(here["areal_density"]),
            "number_density": float(here["number_density"]),
            "size": mean_and_sd(float(here["size_mean"]), float(here["size_sd"])),
            "extent": mean_and_sd(float(here["max_feret_diameter_mean"]), float(here["max_feret_diameter_sd"])),
            "shape": mean_and_sd(float(here["shape_factor_mean"]), float(here["shape_factor_sd"])),
            "covered": significant(100 * float(here["area_fraction"])) if "area_fraction" in here else "",
        }


def _count(count: int, areal_density: float) -> int | str:
    """Return a count; a dash for 0 where there is no density, since then nothing was counted."""
    return count if count or not np.isnan(areal_density) else MISSING


def counting_text(defects: xarray.Dataset, summary: xarray.Dataset) -> str:
    """Return by which rule the defects at borders count, and for how many all stand; nothing for older results."""
    if "stands_for" not in summary:
        return ""
    numbers = summary[["count", "stands_for"]].sel(defect_type=ALL).sum()
    found = f"{number_of(int(numbers['count']), 'defect')} {'stands' if numbers['count'] == 1 else 'stand'}"
    return f"{found} for {float(numbers['stands_for']):.1f} (edges: {defects.attrs['edge_rule']})."


def image_rows(summary: xarray.Dataset, taxonomy: Taxonomy, colors: dict[str, str]) -> list[Row]:
    """Return, by image, the rows of its types."""
    return [
        {"image": str(name), "mark": mark, "rows": list(type_rows(summary.isel(image=i), taxonomy, colors))}
        for i, (name, mark) in enumerate(zip(summary["image"].values, marks(summary), strict=True))
    ]


def marks(summary: xarray.Dataset) -> list[str]:
    """Return what marks each image in tables and captions; empty where it is fully read."""
    if "n_refused" not in summary:
        return [""] * summary.sizes["image"]
    n_read = summary["count"].sel(defect_type=ALL).values
    return [
        refused_text(int(refused), int(read)) + ("; left out" if out else "") if refused else ""
        for refused, read, out in zip(summary["n_refused"].values, n_read, summary["left_out"].values, strict=True)
    ]


def hardening_rows(hardening: xarray.Dataset, taxonomy: Taxonomy, image_marks: Sequence[str]) -> Row:
    """Return the table of hardening, one row per image."""
    rows = []
    for i, name in enumerate(str(n) for n in hardening["image"].values):
        here = hardening.isel(image=i)
        rows.append(
            {
                "image": name,
                "mark": image_marks[i],
                "values": [significant(float(v)) for v in here["hardening"].values],
                "linear": significant(float(here["total_linear"].values)),
                "quadrature": significant(float(here["total_quadrature"].values)),
                "note": str(here["total_note"].values),
            }
        )
    return {
        "model": str(hardening.attrs["hardening_model"]),
        "material": str(hardening.attrs["material"]),
        "source": str(hardening.attrs["material_source"]),
        "types": [title_of(str(n), taxonomy) for n in hardening["defect_type"].values],
        "rows": rows,
        "has_notes": any(row["note"] for row in rows),
    }


def calibration_rows(images: tuple[Image, ...], image_marks: Sequence[str]) -> list[Row]:
    """Return the calibration of each image, and where its numbers came from."""
    rows = []
    for image, mark in zip(images, image_marks, strict=True):
        c = image.required_calibration()
        known = c.foil_thickness is not None
        rows.append(
            {
                "image": image.name,
                "mark": mark,
                "shape": f"{image.shape[1]} x {image.shape[0]}",
                "pixel_size": " x ".join(f"{edge:.6g}" for edge in dict.fromkeys(reversed(c.pixel_size_nm))),
                "pixel_size_source": str(c.pixel_size_source),
                "pixel_size_assumed": c.pixel_size_source is Source.ASSUMED,
                "thickness": f"{c.foil_thickness.magnitude:.6g}" if c.foil_thickness is not None else MISSING,
                "thickness_source": str(c.foil_thickness_source) if known else "not known",
                "thickness_assumed": c.foil_thickness_source is Source.ASSUMED,
                "notes": " ".join(image.notes),
            }
        )
    return rows


def flatten(settings: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Yield each setting as its path and its value as text; empty ones are left out.

    Examples
    --------
    >>> list(flatten({"a": {"b": 0.3, "c": [1, 2]}, "d": None, "e": {}, "f": []}))
    [('a.b', '0.3'), ('a.c', '1, 2')]
    """
    for key, value in settings.items():
        if isinstance(value, Mapping):
            yield from flatten(value, f"{prefix}{key}.")
        elif isinstance(value, list | tuple) and value:
            yield f"{prefix}{key}", ", ".join(map(str, value))
        elif value not in (None, "", [], ()):
            yield f"{prefix}{key}", str(value)


@attrs.frozen(kw_only=True)
class NotedChart:
    """A chart and what its caption says."""

    chart: Chart
    note: str


def chart_groups(
    defects: xarray.Dataset, types: tuple[str, ...], convention: Convention, taxonomy: Taxonomy, colors: dict[str, str]
) -> list[Row]:
    """Return size and shape histograms of each type that occurs and, where several do, of all."""
    of_type = defects["defect_type"].values.astype(str)
    occurring = [name for name in types if (of_type == name).any()]
    groups = []
    for name in [*occurring, *([ALL] if len(occurring) > 1 else [])]:
        chosen = np.ones(len(of_type), bool) if name == ALL else of_type == name
        title = title_of(name, taxonomy)
        color = colors.get(name, "#8c959f")
        size = _noted_chart(
            defects["size"].values[chosen],
            convention.size_edges_nm(name),
            title=f"Size: {title}",
            x_label=f"size / nm ({size_rule(convention.size_rule).label})",
            color=color,
        )
        shape = _noted_chart(
            defects["shape_factor"].values[chosen],
            convention.shape_bin_edges,
            title=f"Shape: {title}",
            x_label=f"Heywood circularity of the {SHAPE_RULES[convention.shape_rule]}",
            color=color,
        )
        groups.append({"title": title, "charts": [size, shape]})
    return groups


def _noted_chart(values: Any, edges: tuple[float, ...], *, title: str, x_label: str, color: str) -> NotedChart:
    shown_edges = readable_edges(values, edges)
    shown = histogram(values, shown_edges)
    notes = [f"{shown.total} defects."]
    if shown_edges == edges:
        notes.append("Bins of the convention.")
    else:
        notes.append(
            f"Bins {shown_edges[1] - shown_edges[0]:g} wide: those of the convention, {edges[1] - edges[0]:g} wide, "
            "are too coarse here."
        )
    if shown.under or shown.over:
        notes.append(f"{shown.under + shown.over} beyond the edges are the dashed bars.")
    if shown.unknown:
        notes.append(f"{shown.unknown} without a value are not shown.")
    return NotedChart(chart=chart(shown, title=title, x_label=x_label, color=color), note=" ".join(notes))
