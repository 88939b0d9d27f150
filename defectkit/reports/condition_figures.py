"""Figures of a condition: sizes with their fits, patterns beside chance, and densities along a boundary."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from defectkit.reports.budget_chart import BudgetChart
from defectkit.statistics.size_fits import SizeFit, empirical_distribution

if TYPE_CHECKING:
    import xarray
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Floats = NDArray[np.float64]

INK, ACCENT, GREY = "#1b6ca8", "#d95f02", "#cccccc"
LEGEND = {"frameon": False, "fontsize": 8}
ENDS = ("", "_random_low", "_random_high")


def sizes_figure(sizes: Mapping[str, Floats], fits: Mapping[str, Sequence[SizeFit]], edges: Floats) -> Figure:
    """Return of each type a histogram of its sizes with the best fit, and below it their empirical distribution.

    Parameters
    ----------
    sizes : mapping of str to numpy.ndarray
        In nm, by type; types without a size are left out.
    fits : mapping of str to sequence of SizeFit
        The best first; a type may lack them.
    edges : numpy.ndarray, shape (K + 1,)
        Of the histograms, in nm.
    """
    shown = {name: own for name, own in sizes.items() if len(own)}
    figure, axes = _panels(2, len(shown))
    for column, (name, own) in enumerate(shown.items()):
        density, cumulative = axes[:, column]
        density.hist(own, edges, density=True, color=GREY, edgecolor="white")
        values, shares = empirical_distribution(own)
        cumulative.step(np.append(values, edges[-1]), np.append(shares, 1.0), where="post", color="#555555", lw=1)
        places = np.linspace(max(edges[0] / 2, 1e-3), edges[-1] * 1.05, 300)
        for fit in fits.get(name, ())[:1]:
            density.plot(places, fit.density(places), color=INK, label=fit.family)
            cumulative.plot(places, fit.cumulative(places), color=INK)
            density.legend(**LEGEND)
        density.set(title=f"{name} ({len(own)})", ylabel="share per nm" if column == 0 else "")
        cumulative.set(xlabel="size (nm)", ylabel="share of defects" if column == 0 else "", ylim=(0, 1.02))
    return figure


def budget_figure(chart: BudgetChart) -> Figure:
    """Return the budget as it is laid out for SVG, for formats of pixels."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(chart.width / 100, max(chart.height, 40) / 100))
    FigureCanvasAgg(figure)
    axis = figure.add_axes((0, 0, 1, 1))
    axis.set(xlim=(0, chart.width), ylim=(max(chart.height, 40), 0))
    axis.axis("off")
    for piece in chart.pieces:
        axis.barh(piece.y, piece.width, chart.bar, piece.x, align="edge", color=piece.color)
    for label in chart.labels:
        axis.text(label.x, label.y, label.text, ha="right", fontsize=8)
    for entry in chart.legend:
        axis.barh(entry.y - 10, 12, 12, entry.x, align="edge", color=entry.color)
        axis.text(entry.x + 18, entry.y, entry.text, fontsize=8)
    return figure


def spatial_figure(table: xarray.Dataset) -> Figure:
    r"""Return of each type the pair correlation, and :math:`\sqrt{K / \pi} - r`, beside those of chance.

    Parameters
    ----------
    table : xarray.Dataset
        As :func:`defectkit.workflows.spatial.spatial_statistics` returns it.
    """
    shown = [str(n) for n in table["defect_type"].values if table["ripley_k"].sel(defect_type=n).notnull().any()]
    figure, axes = _panels(2, len(shown))
    radii = table["radius"].values
    for column, name in enumerate(shown):
        here = table.sel(defect_type=name)
        pairs, clusters = axes[:, column]
        own, low, high = (here[f"pair_correlation{end}"].values for end in ENDS)
        _beside_chance(pairs, radii, own, low, high)
        own, low, high = (np.sqrt(here[f"ripley_k{end}"].values / np.pi) - radii for end in ENDS)
        _beside_chance(clusters, radii, own, low, high)
        pairs.set(title=name, ylabel="pair correlation" if column == 0 else "")
        clusters.set(xlabel="distance (nm)", ylabel="root of K / pi, less r (nm)" if column == 0 else "")
        if column == 0:
            pairs.legend(**LEGEND)
    return figure


def boundary_figure(profile: xarray.Dataset) -> Figure:
    """Return of each type the density by the distance from a boundary, with its intervals.

    Parameters
    ----------
    profile : xarray.Dataset
        As :func:`defectkit.workflows.boundary.boundary_profile` returns it.
    """
    shown = [str(n) for n in profile["defect_type"].values if profile["count"].sel(defect_type=n).any()]
    figure, axes = _panels(1, len(shown))
    distances = profile["distance"].values
    for column, name in enumerate(shown):
        here, axis = profile.sel(defect_type=name), axes[0, column]
        value, low, high = (1e6 * here[f"areal_density{end}"].values for end in ("", "_low", "_high"))
        axis.errorbar(distances, value, [value - low, high - value], fmt="o", color=INK, ms=4, lw=1)
        axis.set(title=name, xlabel="distance from the line (nm)", ylim=(0, None))
        axis.set_ylabel("defects per square micrometer" if column == 0 else "")
    return figure


def _panels(rows: int, columns: int) -> tuple[Figure, NDArray[np.object_]]:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(3.2 * max(columns, 1), 2.6 * rows), layout="constrained")
    FigureCanvasAgg(figure)
    axes = np.asarray(figure.subplots(rows, max(columns, 1), squeeze=False))
    return figure, axes


def _beside_chance(axis: Axes, radii: Floats, own: Floats, low: Floats, high: Floats) -> None:
    axis.fill_between(radii, low, high, color=GREY, label="at random")
    axis.plot(radii, own, color=ACCENT, label="seen")
