"""Figure 11: configurations ranked by the norm of three figures, and a radar of some."""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from defectkit.reports.numbers import significant
from defectkit.statistics import Bootstrap
from defectkit.studies import rank_detectors
from defectkit_jacobs2022.artifact import NamedFigures, Outcome
from defectkit_jacobs2022.figures.canvas import empty_figure
from defectkit_jacobs2022.figures.parity_panel import TITLE_POINTS, set_title

if TYPE_CHECKING:
    import xarray
    from matplotlib.axes import Axes

N_RESAMPLES = 500
FIGURES_OF: Mapping[str, tuple[str, str, str]] = MappingProxyType(
    {
        "find_f1_score": ("find F1", "", ""),
        "size_error": ("size\n(100 - error)", "size error", " %"),
        "density_error": ("density\n(100 - error)", "density error", " %"),
    }
)
"""Spoke of the radar, what the legend calls the value, and its unit."""

LOOKS = (("best", "#0072b2", "o", "-"), ("typical", "#009e73", "s", "--"), ("worst", "#d55e00", "^", ":"))


def figure11(outcome: Outcome, *, n_resamples: int = N_RESAMPLES, seed: int = 0) -> NamedFigures:
    """Return sorted bars of the norm with the uncertainty of ranks, and the radar.

    Parameters
    ----------
    outcome : Outcome
    n_resamples : int
        Of the bootstrap that the intervals of 95 % come from.
    seed : int

    Raises
    ------
    StudyError
        If there are not two configurations.
    """
    how = Bootstrap(n_resamples=n_resamples, level="images-and-defects", seed=seed, confidence=0.95)
    ranked = rank_detectors(
        outcome.result("hyperparameters"),
        how,
    )
    n = ranked.sizes["detector"]
    figure = empty_figure((11.4, max(6.4, 0.42 * n + 3.0)), outcome.provenance)
    grid = figure.add_gridspec(1, 2, width_ratios=[1.35, 1])
    draw_bars(figure.add_subplot(grid[0]), ranked)
    draw_radar(figure.add_subplot(grid[1], projection="polar"), ranked)
    return {"": figure}


def draw_bars(axes: Axes, ranked: xarray.Dataset) -> None:
    """Draw a bar for each configuration, best at the top, with the interval of its norm and its ranks beside it.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    ranked : xarray.Dataset
        Of :func:`defectkit.studies.rank_detectors`.
    """
    names = [str(name) for name in ranked["detector"].values]
    at = np.arange(len(names))
    norms, low, high = (ranked[name].values for name in ("norm", "norm_low", "norm_high"))
    defined = ~np.isnan(norms)
    axes.barh(at, np.where(defined, norms, 0), 0.66, color="#7fb3d5", edgecolor="black", linewidth=0.6)
    for k in np.flatnonzero(defined & ~np.isnan(low) & ~np.isnan(high)):
        axes.plot(
            [low[k], high[k]], [at[k], at[k]], color="black", lw=1.2, marker="|", ms=7, gid=f"interval {names[k]}"
        )
    right = 1.05 * math.sqrt(3)
    for k in at:
        axes.text(right, at[k], _rank_text(ranked, int(k)), va="center", ha="left", fontsize=7.5)
    axes.set_yticks(at, names, fontsize=7.5)
    axes.invert_yaxis()
    axes.set_xlim(0, right)
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_xlabel("L2 norm of the three normalized figures", fontsize=8.5)
    axes.tick_params(axis="x", labelsize=8)
    level = 100 * ranked.attrs["confidence"]
    set_title(
        axes, ["configurations from best to worst", f"lines and ranks in brackets: {level:g} % bootstrap interval"]
    )


def _rank_text(ranked: xarray.Dataset, k: int) -> str:
    rank, low, high = (float(ranked[name].values[k]) for name in ("rank", "rank_low", "rank_high"))
    if math.isnan(rank):
        return "undefined, no rank"
    if math.isnan(low) or math.isnan(high):
        return f"rank {rank:g} (undefined in {ranked['n_degenerate'].values[k]:g} of {ranked.attrs['n_resamples']})"
    return f"rank {rank:g} ({low:g} to {high:g})"


def draw_radar(axes: Any, ranked: xarray.Dataset) -> None:
    """Draw the three normalized figures of the best, the middle and the worst configuration that have a rank.

    Parameters
    ----------
    axes : matplotlib.projections.polar.PolarAxes
    ranked : xarray.Dataset
        Of :func:`defectkit.studies.rank_detectors`.
    """
    places = np.flatnonzero(~np.isnan(ranked["norm"].values))
    title = "0: worst configuration, 1: best" if places.size else "undefined: no configuration has a rank"
    angles = 2 * np.pi * np.arange(len(FIGURES_OF)) / len(FIGURES_OF)
    closed = np.append(angles, angles[0])
    for (place_title, color, marker, line), place in _typical(places):
        row = ranked.isel(detector=place)
        values = np.array([float(row[f"normalized_{name}"]) for name in FIGURES_OF])
        own = ", ".join(
            f"{t or FIGURES_OF[n][0]} {significant(float(row[n]))}{u}" for n, (_, t, u) in FIGURES_OF.items()
        )
        axes.plot(
            closed, np.append(values, values[0]), color=color, marker=marker, ms=5, ls=line, lw=1.6, clip_on=False,
            label=f"{place_title}: {row['detector'].item()}\n{own}", gid=place_title,
        )  # fmt: skip
        axes.fill(closed, np.append(values, values[0]), color=color, alpha=0.08)
    axes.set_theta_zero_location("N")
    axes.set_xticks(angles, [title for title, *_ in FIGURES_OF.values()], fontsize=8.5)
    axes.tick_params(axis="x", pad=9)
    axes.set_ylim(0, 1)
    axes.set_yticks([0.25, 0.5, 0.75, 1], ["", "0.5", "", "1"], fontsize=7)
    if places.size:
        axes.legend(frameon=False, fontsize=7.5, loc="upper center", bbox_to_anchor=(0.5, -0.1))
    axes.set_title(title, fontsize=TITLE_POINTS, loc="center", pad=18)


def _typical(places: np.ndarray[Any, np.dtype[np.int64]]) -> list[tuple[tuple[str, str, str, str], int]]:
    """Return the best, the middle and the worst of places that are sorted; each once."""
    best, typical, worst = LOOKS
    if not places.size:
        return []
    chosen = {int(places[0]): best}
    chosen.setdefault(int(places[-1]), worst)
    chosen.setdefault(int(places[len(places) // 2]), typical)
    return sorted(((look, place) for place, look in chosen.items()), key=lambda entry: entry[1])
