"""Evaluation: the folder of tables, plots and the store that an evaluation is written as."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from defectkit.records.defect_type import Taxonomy
from defectkit.reports.csv_tables import write_text
from defectkit.reports.evaluation_plots import confusion_figure, find_figure, histogram_figure, parity_figure
from defectkit.reports.evaluation_tables import (
    confusion_csv,
    errors_csv,
    find_csv,
    further_csv,
    further_names,
    left_out_csv,
    pairs_csv,
    scores_csv,
    types_csv,
)
from defectkit.reports.folder import make_folder
from defectkit.reports.interval_table import intervals_csv, with_intervals
from defectkit.reports.panels import write_png
from defectkit.reports.plain_text import plain_text
from defectkit.storage import save_results

if TYPE_CHECKING:
    import xarray
    from matplotlib.figure import Figure

STORE = "evaluation.zarr"
INTERVALS = "intervals.csv"
FURTHER = "further.csv"

TABLES: Mapping[str, tuple[tuple[str, ...], Callable[[xarray.Dataset], str]]] = {
    "find.csv": (("find_f1_score",), find_csv),
    "types.csv": (("type_f1_score", "end_to_end_f1_score"), types_csv),
    "confusion.csv": (("confusion",), confusion_csv),
    "errors.csv": (("size_error", "averaged_true_size"), errors_csv),
    "scores.csv": ((), scores_csv),
    "pairs.csv": (("true_defect_partner",), pairs_csv),
    "left_out.csv": ((), left_out_csv),
}
"""Each table, the variables that it needs, and what makes it."""

FIGURES: Mapping[str, tuple[tuple[str, ...], Callable[[xarray.Dataset, Taxonomy | None], Figure]]] = {
    "find.png": (
        ("find_f1_score", "overall_type_f1_score", "overall_end_to_end_f1_score"),
        lambda r, _: find_figure(r),
    ),
    "confusion.png": (("confusion",), lambda r, _: confusion_figure(r)),
    "sizes.png": (
        ("true_defect_partner", "defect_type", "image"),
        lambda r, taxonomy: histogram_figure(r, "size", taxonomy),
    ),
    "shapes.png": (
        ("true_defect_partner", "defect_type", "image"),
        lambda r, taxonomy: histogram_figure(r, "shape", taxonomy),
    ),
    "parity.png": (("size_parity_r2", "image_true_size"), parity_figure),
}
"""Each figure, the variables and dimensions that it needs, and what draws it."""


def write_evaluation(result: xarray.Dataset, folder: str | Path, taxonomy: Taxonomy | None = None) -> tuple[Path, ...]:
    """Write an evaluation into a folder as CSV tables, PNG figures and a Zarr store.

    Parameters
    ----------
    result : xarray.Dataset
        As :func:`defectkit.workflows.evaluate` returns it. Tables and figures for which it lacks a metric are left out,
        and the table of intervals where it was made without a bootstrap.
    folder : str or pathlib.Path
        It is created; files of the same names in it are replaced.
    taxonomy : Taxonomy, optional
        For the titles and colors of types.

    Returns
    -------
    tuple of pathlib.Path
        What was written.

    Raises
    ------
    OutputError
        If the folder cannot be written.
    """
    target = make_folder(Path(folder))
    written = []
    for name, (needed, table) in TABLES.items():
        if set(needed) <= set(result.data_vars):
            write_text(target / name, table(result))
            written.append(target / name)
    if further_names(result):
        write_text(target / FURTHER, further_csv(result))
        written.append(target / FURTHER)
    if with_intervals(result):
        write_text(target / INTERVALS, intervals_csv(result))
        written.append(target / INTERVALS)
    for name, (needed, figure) in FIGURES.items():
        if set(needed) <= set(result.variables):
            with plain_text():
                write_png(figure(result, taxonomy), target / name)
            written.append(target / name)
    return (*written, save_results(result, target / STORE))
