"""Simulation: a simulated distribution of sizes beside a measured one, as tables, a plot and a store."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from defectkit.reports.csv_tables import column_name, csv_text, write_text
from defectkit.reports.folder import make_folder
from defectkit.reports.plain_text import plain_text
from defectkit.storage.results import save_results

if TYPE_CHECKING:
    import xarray
    from matplotlib.figure import Figure

CLASS_COLUMNS = (
    "defect_type",
    "size_low",
    "size_high",
    "count",
    "number_density",
    "number_density_low",
    "number_density_high",
    "seen_density",
    "residual",
    "pull",
)
TYPE_COLUMNS = ("type", "simulated_density", "unseen_fraction", "chi_square", "degrees_of_freedom", "p_value")


def write_simulation(result: xarray.Dataset, folder: Path) -> None:
    """Write a simulation beside a measurement into a folder.

    Parameters
    ----------
    result : xarray.Dataset
        As :func:`defectkit.workflows.simulation.compare_simulation` returns it.
    folder : pathlib.Path
        Made if need be. It gets ``size_classes.csv`` (one row for each class), ``types.csv`` (one row for each type and
        one for all), ``covariance.csv``, ``simulation.svg``, ``simulation.png`` (300 dpi) and ``simulation.zarr``.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    make_folder(folder)
    for name, columns in (("size_classes.csv", CLASS_COLUMNS), ("types.csv", TYPE_COLUMNS)):
        write_text(folder / name, _csv(result, columns))
    write_text(folder / "covariance.csv", _covariance_csv(result))
    with plain_text():
        figure = simulation_figure(result)
        figure.savefig(folder / "simulation.svg", metadata={"Date": None})
        figure.savefig(folder / "simulation.png", dpi=300)
    save_results(result, folder / "simulation.zarr")


def _csv(result: xarray.Dataset, columns: tuple[str, ...]) -> str:
    header = [column_name(name, result[name].attrs.get("units", "")) for name in columns]
    values = [result[name].values.tolist() for name in columns]
    return csv_text([*header, "level"], ([*cells, result.attrs["level"]] for cells in zip(*values, strict=True)))


def _covariance_csv(result: xarray.Dataset) -> str:
    ends = (result[name].values for name in ("defect_type", "size_low", "size_high"))
    names = [f"{name}: {low:g} to {high:g} nm" for name, low, high in zip(*ends, strict=True)]
    rows = zip(names, result["covariance"].values.tolist(), strict=True)
    return csv_text(["class", *names], ([name, *values] for name, values in rows))


def simulation_figure(result: xarray.Dataset) -> Figure:
    """Return of each type the measured densities per nm with their intervals, and what is seen of the simulation."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    names = list(dict.fromkeys(result["defect_type"].values.tolist()))
    columns = max(len(names), 1)
    figure = Figure(figsize=(3.6 * columns, 4.2), layout="constrained")
    FigureCanvasAgg(figure)
    axes = np.asarray(figure.subplots(2, columns, squeeze=False, sharex="col", height_ratios=[3, 1]))
    for column, name in enumerate(names):
        here = result.isel(size_class=result["defect_type"].values == name)
        edges = np.append(here["size_low"].values, here["size_high"].values[-1:])
        width, middle = np.diff(edges), (edges[:-1] + edges[1:]) / 2
        value, low, high = (here[f"number_density{end}"].values / width for end in ("", "_low", "_high"))
        above, below = axes[:, column]
        above.stairs(here["seen_density"].values / width, edges, color="#d95f02", label="seen of the simulation")
        above.errorbar(middle, value, [value - low, high - value], fmt="o", ms=4, color="#1b6ca8", label="measured")
        below.axhline(0, color="#999999", lw=1)
        below.plot(middle, here["pull"].values, "o", ms=4, color="#1b6ca8")
        of_type = result.sel(type=name)
        chi, free = float(of_type["chi_square"]), int(of_type["degrees_of_freedom"])
        above.set(title=f"{name}: chi-square {chi:.1f} of {free}", ylim=(0, None))
        below.set_xlabel("size (nm)")
        if column == 0:
            above.set_ylabel("per cubic meter and nm")
            below.set_ylabel("pull")
            above.legend(frameon=False, fontsize=8)
    return figure
