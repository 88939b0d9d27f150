"""Distributions (figures 4 and 5): histograms of size and shape, of all and of found defects, with an overflow bin."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from defectkit.reports.evaluation_plots import PIXEL_EDGES
from defectkit.reports.histograms import Histogram, histogram
from defectkit.reports.numbers import significant
from defectkit.statistics.variables import ALL, FOUND
from defectkit_jacobs2022.artifact import NamedFigures, Outcome
from defectkit_jacobs2022.figures.canvas import draw_legend, panels
from defectkit_jacobs2022.figures.parity_panel import set_title
from defectkit_jacobs2022.figures.published import published_note
from defectkit_jacobs2022.figures.subject import Subject, subject

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SIDES = (("true", "truth", "#bdbdbd", ""), ("predicted", "prediction", "#0072b2", "////"))
"""Side, title, color and hatch."""

BAR_SHARE = 0.42
"""Part of the width of a bin that the bar of one side takes."""

MOST_LABELS = 11
"""Edges that are labeled; of more, every second or third is."""


def figure4(outcome: Outcome) -> NamedFigures:
    """Return histograms of sizes and shapes, of all and of found defects; counts of shapes on a logarithmic axis."""
    about = subject(outcome, "initial")
    lines = (*outcome.provenance, published_note(4, is_original=outcome.is_original))
    figure, grid = panels((9.6, 7.2), lines, 2, 2)
    for row, measure in zip(grid, ("size", "shape"), strict=True):
        for axes, subset in zip(row, (ALL, FOUND), strict=True):
            _draw(axes, about, measure, ALL, subset)
            if measure == "shape":
                axes.set_ylim(0.7, max(10.0, 1.4 * axes.get_ylim()[1]))
                axes.set_yscale("log")
    draw_legend(figure, grid[0][0].get_legend_handles_labels()[0])
    return {"": figure}


def figure5(outcome: Outcome) -> NamedFigures:
    """Return histograms of sizes by type, of all and of found defects."""
    about = subject(outcome, "initial")
    figure, grid = panels((4.3 * max(1, len(about.types)), 6.9), outcome.provenance, 2, max(1, len(about.types)))
    for row, subset in zip(grid, (ALL, FOUND), strict=True):
        for axes, name in zip(row, about.types or [ALL], strict=True):
            _draw(axes, about, "size", name, subset)
    draw_legend(figure, grid[0][0].get_legend_handles_labels()[0])
    return {"": figure}


def measured(about: Subject, side: str, measure: str, name: str, subset: str) -> NDArray[np.float64]:
    """Return sizes or shapes of the defects of one side.

    Parameters
    ----------
    about : Subject
    side : str
        ``true`` or ``predicted``.
    measure : str
        ``size`` or ``shape``.
    name : str
        A type, or ``all``. Each side goes by its own types.
    subset : str
        ``all`` or ``found``.

    Returns
    -------
    numpy.ndarray, shape (N,)
        NaN for a defect that has none.
    """
    prefix = f"{side}_defect"
    values: NDArray[np.float64] = about.evaluation[f"{prefix}_{measure}"].values
    kept = np.ones(len(values), np.bool_)
    if name != ALL:
        kept &= about.evaluation[f"{prefix}_type"].values == name
    if subset == FOUND:
        kept &= about.evaluation[f"{prefix}_partner"].values >= 0
    return values[kept]


def bins(about: Subject, measure: str, name: str) -> tuple[float, ...]:
    """Return the edges of the convention; those of sizes in pixels where images are not calibrated."""
    if measure == "shape":
        return about.convention.shape_bin_edges
    return about.convention.size_edges_nm(name) if about.in_nm else PIXEL_EDGES


def _draw(axes: Axes, about: Subject, measure: str, name: str, subset: str) -> None:
    edges = bins(about, measure, name)
    values = [measured(about, side, measure, name, subset) for side, *_ in SIDES]
    shown = [histogram(v, edges) for v in values]
    draw_histograms(axes, shown)
    unit = f" / {about.length}" if measure == "size" else ""
    axes.set_xlabel(f"{'size' if measure == 'size' else 'shape factor (Heywood)'}{unit}", fontsize=8.5)
    axes.set_ylabel("defects", fontsize=8.5)
    title = "all types" if name == ALL else about.marks[name].title
    unknown = ", ".join(f"{h.unknown} in the {side[1]}" for h, side in zip(shown, SIDES, strict=True) if h.unknown)
    subset_title = "all defects" if subset == ALL else f"found at IoU {about.iou_threshold:g}"
    set_title(
        axes,
        [
            f"{title}, {subset_title}: {len(values[0])} true, {len(values[1])} predicted",
            _means(values, about.length if measure == "size" else ""),
            f"undefined: {unknown}" if unknown else "",
        ],
    )


def draw_histograms(axes: Axes, shown: Sequence[Histogram]) -> None:
    """Draw the histograms of truth and prediction side by side, with a bin beyond the last edge.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    shown : sequence of Histogram
        Of truth and prediction, between the same edges. A bin below the first edge is drawn if it holds any.
    """
    edges = np.asarray(shown[0].edges)
    width = float(edges[1] - edges[0])
    below = any(h.under for h in shown)
    centers = (edges[:-1] + edges[1:]) / 2
    places = np.concatenate([[edges[0] - width] if below else [], centers, [edges[-1] + width]])
    for h, (_, title, color, hatch), side in zip(shown, SIDES, (-0.5, 0.5), strict=True):
        counts = [*([h.under] if below else []), *h.counts, h.over]
        axes.bar(
            places + side * BAR_SHARE * width, counts, BAR_SHARE * width,
            color=color, edgecolor="black", linewidth=0.6, hatch=hatch, label=title,
        )  # fmt: skip
    beyond = [(edges[-1] + width, f">{edges[-1]:g}"), *([(edges[0] - width, f"<{edges[0]:g}")] if below else [])]
    ticks = [float(edge) for edge in edges[:: -(-len(edges) // MOST_LABELS)]]
    labels = [f"{edge:g}" for edge in ticks]
    axes.set_xticks([*ticks, *(at for at, _ in beyond)], [*labels, *(text for _, text in beyond)], fontsize=8)
    for at, _ in beyond:
        axes.axvspan(at - width / 2, at + width / 2, color="#000000", alpha=0.06, lw=0, zorder=0)
    axes.set_xlim(places[0] - 0.6 * width, places[-1] + 0.6 * width)


def _means(values: Sequence[NDArray[np.float64]], unit: str) -> str:
    means = [float(v[~np.isnan(v)].mean()) if (~np.isnan(v)).any() else float("nan") for v in values]
    texts = [significant(mean) for mean in means]
    error = 100 * abs(means[1] - means[0]) / means[0]
    return f"means {texts[0]} and {texts[1]} {unit}".rstrip() + f", error {significant(error)} %"
