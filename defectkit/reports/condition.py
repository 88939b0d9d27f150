"""Condition: what all images of a condition say together, as tables, a chart of its budget, a page and a store."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from defectkit.measurement import ALL
from defectkit.reports.budget_chart import budget_chart, readable
from defectkit.reports.condition_figures import ENDS, boundary_figure, budget_figure, sizes_figure, spatial_figure
from defectkit.reports.csv_tables import column_name, csv_text, write_text
from defectkit.reports.embedding import drawn
from defectkit.reports.folder import make_folder
from defectkit.reports.numbers import MISSING, significant
from defectkit.reports.page import render
from defectkit.reports.plain_text import plain_text
from defectkit.statistics.intervals import HIGH, LOW
from defectkit.statistics.size_fits import SizeFit
from defectkit.storage.results import save_results
from defectkit.uncertainty.basis import NOT_STATED
from defectkit.uncertainty.measures import UNITS
from defectkit.uncertainty.size_classes import fixed_edges
from defectkit.uncertainty.table import SHARE, UNCERTAINTY
from defectkit.workflows.condition import Assessment
from defectkit.workflows.spatial import spatial_statistics

if TYPE_CHECKING:
    import xarray
    from matplotlib.figure import Figure

STORE = "condition.zarr"
SHORT_UNITS = {
    "areal_density": "nm\N{SUPERSCRIPT MINUS}\N{SUPERSCRIPT TWO}",
    "number_density": "m\N{SUPERSCRIPT MINUS}\N{SUPERSCRIPT THREE}",
    "size_mean": "nm",
    "line_length_density": "m\N{SUPERSCRIPT MINUS}\N{SUPERSCRIPT TWO}",
    "swelling": "%",
    "hardening": "MPa",
}
COUNTED = ("where", "edge_rule", "visibility", "truncation")
"""By which rules defects were counted."""

SETTINGS = (
    "n_images",
    "level",
    "convention",
    *COUNTED,
    "hardening_model",
    "material",
    "material_source",
    "superposition",
)


def write_condition(
    assessment: Assessment,
    folder: Path,
    *,
    class_width_nm: float | None = None,
    boundary: xarray.Dataset | None = None,
) -> None:
    """Write a condition into a folder.

    Parameters
    ----------
    assessment : Assessment
        As :func:`defectkit.workflows.condition.assess` returns it.
    folder : pathlib.Path
        Made if need be. It gets ``condition.csv``, ``budget.csv``, ``spatial.csv``, ``report.html`` and
        ``condition.zarr``; where a defect has a size ``size_classes.csv``, ``covariance.csv`` and ``fits.csv``; with a
        boundary ``boundary.csv``; figures of budget, sizes, patterns and boundary are ``.svg`` and ``.png`` (300 dpi).
    class_width_nm : float, optional
        Of size classes, from 0 on; by default by the rule of Freedman and Diaconis.
    boundary : xarray.Dataset, optional
        As :func:`defectkit.workflows.boundary.boundary_profile` returns it.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    make_folder(folder)
    table = assessment.table()
    write_text(folder / "condition.csv", condition_csv(table))
    write_text(folder / "budget.csv", budget_csv(table))
    chart = budget_chart(table)
    write_text(folder / "budget.svg", render("budget_file.svg.jinja", chart=chart).lstrip())
    budget_figure(chart).savefig(folder / "budget.png", dpi=300)
    condition = assessment.condition
    spatial = spatial_statistics(assessment.analysis, level=table.attrs["level"], seed=assessment.bootstrap.seed)
    write_text(folder / "spatial.csv", spatial_csv(spatial))
    tables = {"condition": table, "spatial": spatial}
    figures = []
    with plain_text():
        if not np.isnan(condition.sizes_nm).all():
            edges = None if class_width_nm is None else fixed_edges(condition.sizes_nm, class_width_nm)
            tables["size_classes"] = classes = assessment.size_classes(edges)
            fits = assessment.fits()
            write_text(folder / "size_classes.csv", size_classes_csv(classes))
            write_text(folder / "covariance.csv", covariance_csv(classes))
            write_text(folder / "fits.csv", fits_csv(fits))
            bounds = np.append(classes["size_low"].values, classes["size_high"].values[-1])
            sizes = {name: condition.sizes_of(name) for name in condition.types}
            figures.append(_figure("sizes", sizes_figure(sizes, fits, bounds), folder))
        if spatial["ripley_k"].notnull().any():
            figures.append(_figure("spatial", spatial_figure(spatial), folder))
        if boundary is not None:
            tables["boundary"] = boundary
            write_text(folder / "boundary.csv", boundary_csv(boundary))
            figures.append(_figure("boundary", boundary_figure(boundary), folder))
    write_text(folder / "report.html", condition_page(table, figures))
    save_results(tables, folder / STORE)


FIGURES = {
    "sizes": (
        "Sizes",
        "Above: sizes of each type by class, with the distribution that fits best. Below: the share of defects that "
        "are not larger. fits.csv has all fits with the intervals of their parameters.",
    ),
    "spatial": (
        "Where they lie",
        "Above: how often pairs have a distance, over how often they would at random. Below: Ripley's K as a length. "
        "Grey is where as many points lie that are put at random into the same fields; above it defects cluster, below "
        "it they keep apart.",
    ),
    "boundary": ("Along the boundary", "Defects per area by their distance from the line, on both sides of it."),
}
"""Title and text of each figure."""


def _figure(name: str, figure: Figure, folder: Path) -> dict[str, str]:
    """Save a figure as SVG and as PNG of 300 dpi, and return what the page shows of it."""
    figure.savefig(folder / f"{name}.svg", metadata={"Date": None})
    figure.savefig(folder / f"{name}.png", dpi=300)
    title, text = FIGURES[name]
    return {"name": name, "title": title, "text": text, "source": drawn(figure)}


def spatial_csv(table: xarray.Dataset) -> str:
    """Return K and pair correlation of each type beside those of chance: one row for each type and radius."""
    names = [f"{name}{end}" for name in ("ripley_k", "pair_correlation") for end in ENDS]
    near = [f"nearest_neighbour_mean{end}" for end in ENDS]
    header = [column_name(name, table[name].attrs["units"]) for name in (*names, *near)]

    def rows() -> Iterator[list[Any]]:
        for t, defect_type in enumerate(table["defect_type"].values):
            for k, radius in enumerate(table["radius"].values):
                own = (table[name].values[t, k] for name in names)
                yield [defect_type, radius, *own, *(table[name].values[t] for name in near), table.attrs["level"]]

    return csv_text(["defect_type", "radius_nm", *header, "level"], rows())


def boundary_csv(profile: xarray.Dataset) -> str:
    """Return densities along a boundary: one row for each type and strip."""
    names = ("areal_density", f"areal_density{LOW}", f"areal_density{HIGH}")
    header = [column_name(name, profile[name].attrs["units"]) for name in names]
    strips = [profile[name].values for name in ("distance_low", "distance_high", "area")]

    def rows() -> Iterator[list[Any]]:
        for t, defect_type in enumerate(profile["defect_type"].values):
            for k, strip in enumerate(zip(*strips, strict=True)):
                own = (profile[name].values[t, k] for name in names)
                yield [defect_type, *strip, profile["count"].values[t, k], *own, profile.attrs["level"]]

    ends = ["distance_low_nm", "distance_high_nm", column_name("area", profile["area"].attrs["units"])]
    return csv_text(["defect_type", *ends, "count", *header, "level"], rows())


def size_classes_csv(classes: xarray.Dataset) -> str:
    """Return the number density of each type in each size class with its interval: a row for each class of a type."""
    names = ("count", "number_density", f"number_density{LOW}", f"number_density{HIGH}")
    header = [column_name(name, classes[name].attrs["units"]) for name in names]

    def rows() -> Iterator[list[Any]]:
        for t, defect_type in enumerate(classes["defect_type"].values):
            for k, ends in enumerate(zip(classes["size_low"].values, classes["size_high"].values, strict=True)):
                yield [defect_type, *ends, *(classes[name].values[t, k] for name in names), classes.attrs["level"]]

    return csv_text(["defect_type", "size_low_nm", "size_high_nm", *header, "level"], rows())


def covariance_csv(classes: xarray.Dataset) -> str:
    """Return the covariance of the number densities of all classes in 1/m^6: a row and a column for each of them."""
    names = [str(name) for name in classes["row"].values]
    rows = zip(names, classes["covariance"].values.tolist(), strict=True)
    return csv_text(["class", *names], ([name, *values] for name, values in rows))


def fits_csv(fits: Mapping[str, Sequence[SizeFit]]) -> str:
    """Return the distributions fitted to the sizes of each type, the best first: a row for each type and family."""
    in_nm = {"scale", "scale_low", "scale_high"}
    names = [field.name for field in attrs.fields(SizeFit)]
    header = ["defect_type", *(f"{name}_nm" if name in in_nm else name for name in names)]
    return csv_text(header, ([name, *attrs.astuple(fit)] for name, own in fits.items() for fit in own))


def condition_csv(table: xarray.Dataset) -> str:
    """Return every measure with its interval, level and standard uncertainty: a row for each type and one for all."""
    names = [f"{name}{end}" for name in UNITS for end in ("", LOW, HIGH, UNCERTAINTY)]
    header = ["defect_type", "count", *(column_name(name, table[name].attrs["units"]) for name in names)]
    columns = [table[name].values for name in ("defect_type", "count", *names, "note")]
    chosen = ("level", "superposition", "superposition_exponent", *COUNTED)
    settings = [table.attrs[name] for name in chosen]
    rows = ([*cells[:-1], *settings, cells[-1]] for cells in zip(*columns, strict=True))
    return csv_text([*header, *chosen, "note"], rows)


def budget_csv(table: xarray.Dataset) -> str:
    """Return the share of each source in the variance of each measure: a row for each measure, type and source."""
    basis = table["basis"].values

    def rows() -> Iterator[list[Any]]:
        for name in UNITS:
            shares = table[f"{name}{SHARE}"].transpose("defect_type", "source").values
            for t, defect_type in enumerate(table["defect_type"].values):
                for s, source in enumerate(table["source"].values):
                    yield [name, defect_type, source, shares[t, s], basis[s]]

    return csv_text(["measure", "defect_type", "source", "share", "basis"], rows())


def number_with_interval(table: xarray.Dataset, name: str, t: int, *, digits: int = 3) -> str:
    """Return a measure of the type at place ``t`` with its interval, as people read it.

    Examples
    --------
    >>> import xarray
    >>> table = xarray.Dataset({"x": ("t", [2.0]), "x_low": ("t", [1.0]), "x_high": ("t", [4.0])})
    >>> number_with_interval(table, "x", 0)
    '2.00 (1.00 to 4.00)'
    """
    value, low, high = (_number(float(table[f"{name}{end}"].values[t]), digits) for end in ("", LOW, HIGH))
    return value if MISSING in (value, low, high) else f"{value} ({low} to {high})"


def _number(value: float, digits: int) -> str:
    return (
        f"{value:.{digits - 1}e}" if value and (abs(value) >= 1e6 or abs(value) < 1e-3) else significant(value, digits)
    )


def condition_rows(table: xarray.Dataset) -> dict[str, Any]:
    """Return what the template ``condition_table.html.jinja`` shows of a condition."""
    shown = [name for name in UNITS if table[name].notnull().any()]
    rows = [
        {
            "name": str(name),
            "is_all": name == ALL,
            "count": int(table["count"].values[t]),
            "cells": [number_with_interval(table, column, t) for column in shown],
            "note": str(table["note"].values[t]) if table["count"].values[t] else "",
        }
        for t, name in enumerate(table["defect_type"].values)
    ]
    return {
        "level": f"{100 * table.attrs['level']:g}",
        "superposition": table.attrs["superposition"],
        "columns": [{"title": readable(name), "unit": SHORT_UNITS[name]} for name in shown],
        "rows": rows,
        "has_notes": any(row["note"] for row in rows),
    }


def condition_page(table: xarray.Dataset, figures: Sequence[Mapping[str, str]] = ()) -> str:
    """Return a condition as one HTML page without a script, which loads nothing."""
    return render(
        "condition.html.jinja",
        title="Densities, swelling and hardening",
        lead=f"{table.attrs['n_images']} images, {table.attrs['hardening_model']}, {table.attrs['material']}.",
        created="",
        cautions=table.attrs["cautions"],
        condition=condition_rows(table),
        chart=budget_chart(table),
        figures=figures,
        unstated=[readable(str(n)) for n in table["source"].values[table["basis"].values == NOT_STATED]],
        settings=[(name.replace("_", " "), table.attrs[name]) for name in SETTINGS],
    )
