"""Condition: what all images of a condition say together, as tables, a chart of its budget, a page and a store."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from defectkit.measurement import ALL
from defectkit.reports.budget_chart import budget_chart, readable
from defectkit.reports.csv_tables import column_name, csv_text, write_text
from defectkit.reports.folder import make_folder
from defectkit.reports.numbers import MISSING, significant
from defectkit.reports.page import render
from defectkit.statistics.intervals import HIGH, LOW
from defectkit.statistics.size_fits import SizeFit
from defectkit.storage.results import save_results
from defectkit.uncertainty.basis import NOT_STATED
from defectkit.uncertainty.measures import UNITS
from defectkit.uncertainty.table import SHARE, UNCERTAINTY
from defectkit.workflows.condition import Assessment

if TYPE_CHECKING:
    import xarray

STORE = "condition.zarr"
SHORT_UNITS = {
    "areal_density": "nm\N{SUPERSCRIPT MINUS}\N{SUPERSCRIPT TWO}",
    "number_density": "m\N{SUPERSCRIPT MINUS}\N{SUPERSCRIPT THREE}",
    "size_mean": "nm",
    "line_length_density": "m\N{SUPERSCRIPT MINUS}\N{SUPERSCRIPT TWO}",
    "swelling": "%",
    "hardening": "MPa",
}
SETTINGS = ("n_images", "level", "convention", "hardening_model", "material", "material_source", "superposition")


def write_condition(assessment: Assessment, folder: Path) -> None:
    """Write a condition into a folder.

    Parameters
    ----------
    assessment : Assessment
        As :func:`defectkit.workflows.condition.assess` returns it.
    folder : pathlib.Path
        Made if need be. It gets ``condition.csv``, ``budget.csv``, ``budget.svg``, ``report.html`` and
        ``condition.zarr``, and where a defect has a size ``size_classes.csv``, ``covariance.csv`` and ``fits.csv``.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    make_folder(folder)
    table = assessment.table()
    write_text(folder / "condition.csv", condition_csv(table))
    write_text(folder / "budget.csv", budget_csv(table))
    write_text(folder / "budget.svg", render("budget_file.svg.jinja", chart=budget_chart(table)).lstrip())
    write_text(folder / "report.html", condition_page(table))
    tables = {"condition": table}
    if not np.isnan(assessment.condition.sizes_nm).all():
        tables["size_classes"] = classes = assessment.size_classes()
        write_text(folder / "size_classes.csv", size_classes_csv(classes))
        write_text(folder / "covariance.csv", covariance_csv(classes))
        write_text(folder / "fits.csv", fits_csv(assessment.fits()))
    save_results(tables, folder / STORE)


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
    header = ["defect_type", "family", "shape", "scale_nm", "log_likelihood", "akaike", "ks_statistic"]
    return csv_text(header, ([name, *attrs.astuple(fit)] for name, own in fits.items() for fit in own))


def condition_csv(table: xarray.Dataset) -> str:
    """Return every measure with its interval, level and standard uncertainty: a row for each type and one for all."""
    names = [f"{name}{end}" for name in UNITS for end in ("", LOW, HIGH, UNCERTAINTY)]
    header = ["defect_type", "count", *(column_name(name, table[name].attrs["units"]) for name in names)]
    columns = [table[name].values for name in ("defect_type", "count", *names, "note")]
    settings = [table.attrs[name] for name in ("level", "superposition", "superposition_exponent")]
    rows = ([*cells[:-1], *settings, cells[-1]] for cells in zip(*columns, strict=True))
    return csv_text([*header, "level", "superposition", "superposition_exponent", "note"], rows)


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


def condition_page(table: xarray.Dataset) -> str:
    """Return a condition as one HTML page without a script, which loads nothing."""
    shown = [name for name in UNITS if table[name].notnull().any()]
    rows = [
        {
            "name": str(name),
            "is_all": name == ALL,
            "count": int(table["count"].values[t]),
            "cells": [number_with_interval(table, column, t) for column in shown],
            "note": str(table["note"].values[t]),
        }
        for t, name in enumerate(table["defect_type"].values)
    ]
    return render(
        "condition.html.jinja",
        title="Densities, swelling and hardening",
        lead=f"{table.attrs['n_images']} images, {table.attrs['hardening_model']}, {table.attrs['material']}.",
        created="",
        cautions=table.attrs["cautions"],
        level=f"{100 * table.attrs['level']:g}",
        superposition=table.attrs["superposition"],
        columns=[{"title": readable(name), "unit": SHORT_UNITS[name]} for name in shown],
        rows=rows,
        has_notes=any(row["note"] for row in rows),
        chart=budget_chart(table),
        unstated=[readable(str(n)) for n in table["source"].values[table["basis"].values == NOT_STATED]],
        settings=[(name.replace("_", " "), table.attrs[name]) for name in SETTINGS],
    )
