"""Comparison: how two conditions differ, as a table, plots and a store."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from defectkit.reports.budget_chart import readable
from defectkit.reports.csv_tables import column_name, csv_text, write_text
from defectkit.reports.folder import make_folder
from defectkit.reports.plain_text import plain_text
from defectkit.storage.results import save_results
from defectkit.uncertainty.measures import UNITS

if TYPE_CHECKING:
    import xarray
    from matplotlib.figure import Figure

Sizes = Mapping[str, tuple[NDArray[np.float64], NDArray[np.float64]]]

ENDS = tuple(f"_{what}{end}" for what in ("first", "second", "difference") for end in ("", "_low", "_high"))


def write_comparison(result: xarray.Dataset, sizes: Sizes, folder: Path) -> None:
    """Write a comparison into a folder.

    Parameters
    ----------
    result : xarray.Dataset
        As :func:`defectkit.workflows.comparison.compare` returns it.
    sizes : mapping of str to two arrays
        By type, the sizes in nm in the first and in the second condition.
    folder : pathlib.Path
        Made if need be. It gets ``comparison.csv``, ``sizes.csv``, ``comparison.svg`` and ``comparison.png`` (300 dpi),
        and ``comparison.zarr``.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    make_folder(folder)
    write_text(folder / "comparison.csv", comparison_csv(result))
    write_text(folder / "sizes.csv", sizes_csv(result))
    with plain_text():
        figure = comparison_figure(result, sizes)
        figure.savefig(folder / "comparison.svg", metadata={"Date": None})
        figure.savefig(folder / "comparison.png", dpi=300)
    save_results(result, folder / "comparison.zarr")


def write_hardening_errors(errors: xarray.Dataset, folder: Path) -> None:
    """Write ``hardening_errors.csv``, ``hardening_pairs.csv`` and ``hardening_errors.zarr`` into a folder.

    Parameters
    ----------
    errors : xarray.Dataset
        As :func:`defectkit.workflows.paired_hardening.paired_hardening` returns it.
    folder : pathlib.Path

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    write_text(folder / "hardening_errors.csv", hardening_errors_csv(errors))
    write_text(folder / "hardening_pairs.csv", hardening_pairs_csv(errors))
    save_results(errors, folder / "hardening_errors.zarr")


def hardening_errors_csv(errors: xarray.Dataset) -> str:
    """Return the mean errors with their intervals: one row for each type and total."""
    names = [f"{error}{end}" for error in ("mae", "mape") for end in ("", "_low", "_high", "_n_images")]
    header = [column_name(name, errors[name].attrs["units"]) for name in names]
    columns = [errors[name].values for name in ("obstacles", *names)]
    rows = ([*cells, errors.attrs["level"]] for cells in zip(*columns, strict=True))
    return csv_text(["obstacles", *header, "level"], rows)


def hardening_pairs_csv(errors: xarray.Dataset) -> str:
    """Return the hardening by truth and by prediction: one row for each image and type or total."""
    sides = [errors[f"hardening_{side}"].values for side in ("true", "predicted")]

    def rows() -> Iterator[list[Any]]:
        for i, image in enumerate(errors["image"].values):
            for k, name in enumerate(errors["obstacles"].values):
                yield [image, name, *(side[i, k] for side in sides)]

    return csv_text(["image", "obstacles", "hardening_true_mpa", "hardening_predicted_mpa"], rows())


def comparison_csv(result: xarray.Dataset) -> str:
    """Return both values and their difference, each with its interval: a row for each measure and type."""

    def rows() -> Iterator[list[Any]]:
        for name, unit in UNITS.items():
            columns = [result[f"{name}{end}"].values for end in ENDS]
            for t, defect_type in enumerate(result["defect_type"].values):
                yield [name, defect_type, *(column[t] for column in columns), result.attrs["level"], unit]

    header = ["measure", "defect_type", *(end.removeprefix("_") for end in ENDS), "level", "units"]
    return csv_text(header, rows())


def sizes_csv(result: xarray.Dataset) -> str:
    """Return how the distributions of sizes differ: a row for each type."""
    distances = [f"{name}{end}" for name in ("ks_statistic", "wasserstein_distance") for end in ("", "_low", "_high")]
    names = ("count_first", "count_second", "ks_p_value", *distances)
    header = [column_name(name, result[name].attrs["units"]) for name in names]
    columns = [result[name].values for name in ("defect_type", *names)]
    rows = ([*cells, result.attrs["level"]] for cells in zip(*columns, strict=True))
    return csv_text(["defect_type", *header, "level"], rows)


def comparison_figure(result: xarray.Dataset, sizes: Sizes) -> Figure:
    """Return the relative differences of all types together with their intervals, and the sizes of both by type."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    shown = {name: pair for name, pair in sizes.items() if all(len(own) for own in pair)}
    figure = Figure(figsize=(5 + 4 * len(shown), 4), layout="constrained")
    FigureCanvasAgg(figure)
    axes = np.atleast_1d(figure.subplots(1, 1 + len(shown)))
    of_all = result.isel(defect_type=-1)
    names = [n for n in UNITS if float(of_all[f"{n}_first"]) > 0 and np.isfinite(float(of_all[f"{n}_difference_low"]))]
    for k, name in enumerate(names):
        base = float(of_all[f"{name}_first"])
        value, low, high = (100 * float(of_all[f"{name}_difference{end}"]) / base for end in ("", "_low", "_high"))
        axes[0].plot([low, high], [k, k], color="#1b6ca8", lw=2)
        axes[0].plot([value], [k], "o", color="#1b6ca8")
    axes[0].axvline(0, color="#999999", lw=1)
    axes[0].set_yticks(range(len(names)), [readable(name) for name in names])
    axes[0].invert_yaxis()
    axes[0].set_xlabel(f"second less first (% of the first), {100 * result.attrs['level']:g} % intervals")
    for axis, (name, pair) in zip(axes[1:], shown.items(), strict=True):
        for own, label, color in zip(pair, ("first", "second"), ("#1b6ca8", "#d95f02"), strict=True):
            axis.ecdf(own, label=label, color=color)
        axis.set(xlabel="size (nm)", ylabel="share of defects", title=name)
        axis.legend(frameon=False)
    return figure
