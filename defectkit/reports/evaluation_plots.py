"""Evaluation plots: figures of an evaluation, each a pure function of its data set."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from defectkit.conventions import Convention
from defectkit.files.decoding import parse_json
from defectkit.records.colors import type_colors
from defectkit.records.defect_type import DefectType, Taxonomy
from defectkit.reports.evaluation_tables import at_threshold
from defectkit.reports.histograms import histogram, readable_edges
from defectkit.reports.panels import FONT_SIZE, LINE, Layout, name_panel, panels, width_of
from defectkit.statistics.intervals import HIGH, LOW

if TYPE_CHECKING:
    import xarray
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

TRUE_COLOR, PREDICTED_COLOR = "#444444", "#d95f02"
SCORE_COLORS = {"precision": "#1b6ca8", "recall": "#c0392b", "f1_score": "#111111"}
SCORE_TITLES = {"precision": "precision", "recall": "recall", "f1_score": "F1"}
UNITS = {"nanometer": "nm", "pixel": "px", "1 / nanometer ** 2": "nm⁻²", "1 / pixel ** 2": "px⁻²", "": ""}
QUANTITY_TITLES = {"size": "mean size", "shape": "mean shape factor", "density": "areal density"}
PIXEL_EDGES = tuple(float(5 * k) for k in range(21))
"""Edges of size histograms in pixels, where they tell the values apart."""

ROUND = (1, 2, 5, 10)
"""Steps between ticks, times a power of ten."""

SLANT = 40
"""Of the names below a matrix, in degrees."""


def find_figure(result: xarray.Dataset) -> Figure:
    """Return precision, recall and F1 of finding over the IoU threshold, and the F1 of types, with their intervals."""
    layout = Layout(panel=(4.0, 3.0))
    figure, ((left, right),) = panels(1, 2, layout, title=_made(result))
    thresholds = result["iou_threshold"].values
    types = {
        "type": ("type of found defects", "#6a3d9a"),
        "end_to_end": ("finding and typing", "#33a02c"),
    }
    drawn = [(left, f"find_{score}", SCORE_TITLES[score], color) for score, color in SCORE_COLORS.items()]
    drawn += [(right, f"overall_{kind}_f1_score", text, color) for kind, (text, color) in types.items()]
    for axes, name, text, color in drawn:
        axes.plot(thresholds, result[name].values, color=color, marker="o", ms=3, label=text)
        if f"{name}{LOW}" in result:
            low, high = (result[f"{name}{end}"].values for end in (LOW, HIGH))
            axes.fill_between(thresholds, low, high, color=color, alpha=0.12, lw=0)
    for axes, title in ((left, "finding defects, whatever their type"), (right, "types, mean F1 over them")):
        axes.axvline(result.attrs["iou_threshold"], color="#999999", lw=1, ls="--")
        axes.set(ylim=(-0.02, 1.02), xlim=(0, 1))
        axes.legend(frameon=False, fontsize=FONT_SIZE, loc="lower left")
        name_panel(axes, layout, x="IoU threshold", title=title)
    name_panel(left, layout, y="score")
    return figure


def confusion_figure(result: xarray.Dataset) -> Figure:
    """Return the confusion matrix at the IoU threshold; a color is the share of the true defects of a row."""
    matrix = at_threshold(result)["confusion"]
    counts = matrix.values
    predicted = [*(str(name) for name in matrix["predicted_type"].values[:-1]), "missed"]
    true = [*(str(name) for name in matrix["true_type"].values[:-1]), "not there"]
    slanted = width_of(predicted) * math.sin(math.radians(SLANT))
    side = 0.8 * len(counts)
    layout = Layout(
        panel=(side, side),
        left=width_of(true) + 0.2 + LINE,
        right=max(0.2, 2.6 - 0.5 * side),
        bottom=slanted + 0.3 + 1.5 * LINE,
    )
    figure, ((axes,),) = panels(1, 1, layout, title=_made(result))
    totals = np.maximum(counts.sum(axis=1, keepdims=True), 1)
    axes.imshow(counts / totals, cmap="Blues", vmin=0, vmax=1)
    for i, row in enumerate(counts):
        for j, count in enumerate(row):
            if i < len(counts) - 1 or j < len(row) - 1:
                color = "white" if count / totals[i, 0] > 0.55 else "black"
                axes.text(j, i, str(count), ha="center", va="center", color=color, fontsize=FONT_SIZE)
    axes.set_xticks(range(len(predicted)), predicted, rotation=SLANT, ha="right", parse_math=False)
    axes.set_yticks(range(len(true)), true, parse_math=False)
    name_panel(axes, layout, x="predicted type", y="true type")
    axes.xaxis.set_label_coords(0.5, -(slanted + 0.3) / side)
    return figure


def histogram_figure(result: xarray.Dataset, measure: str, taxonomy: Taxonomy | None = None) -> Figure:
    """Return histograms of true and predicted sizes or shapes, of all and of found defects, one row per type.

    Parameters
    ----------
    result : xarray.Dataset
        Of an evaluation with the metric ``defect-pairs``.
    measure : str
        ``size`` or ``shape``; shapes have a logarithmic axis of counts.
    taxonomy : Taxonomy, optional
        For the titles of types.

    Notes
    -----
    Edges are those of the convention, where lengths are in nm and these edges tell the values apart. What lies beyond
    them is a bar of its own at either end.
    """
    from matplotlib.ticker import MaxNLocator, StrMethodFormatter

    types = [str(name) for name in result["defect_type"].values]
    types = types[:1] if len(types) == 2 else types  # all types together are then that one
    titles = _titles(types, taxonomy)
    layout = Layout(panel=(3.9, 1.6), left=0.7)
    figure, grid = panels(len(types), 2, layout, title=_made(result))
    for row, name in zip(grid, types, strict=True):
        every = [_values(result, side, measure, name, "all") for side in ("true", "predicted")]
        edges = _edges(result, measure, name, np.concatenate(every))
        for axes, subset in zip(row, ("all", "found"), strict=True):
            sides = [_values(result, side, measure, name, subset) for side in ("true", "predicted")]
            _draw_histogram(axes, sides, edges)
            name_panel(axes, layout, title=f"{titles[name]}, {subset}")
            axes.xaxis.set_major_locator(MaxNLocator(6, steps=ROUND))
            if measure == "shape":
                axes.set_yscale("symlog", linthresh=1)
                axes.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
            else:
                axes.yaxis.set_major_locator(MaxNLocator(4, integer=True))
            axes.yaxis.set_major_formatter(StrMethodFormatter("{x:.0f}"))
        name_panel(row[0], layout, y="defects")
    unit = UNITS[result.attrs["length_unit"]]
    for axes in grid[-1]:
        name_panel(axes, layout, x=f"size / {unit}" if measure == "size" else "shape factor (Heywood)")
    grid[0][0].legend(frameon=False, fontsize=FONT_SIZE, loc="upper right")
    return figure


def parity_figure(result: xarray.Dataset, taxonomy: Taxonomy | None = None) -> Figure:
    """Return predicted over true mean sizes, shapes and densities: a point an image and type, and means over images."""
    types = [str(name) for name in result["defect_type"].values[:-1]] or ["all"]
    colors, titles = _colors(types, taxonomy), _titles(types, taxonomy)
    layout = Layout(panel=(2.8, 2.8), left=0.85, between=(1.1, 1.0), raised=LINE)
    figure, grid = panels(3, 2, layout, title=_made(result))
    here = result.sel(subset="all")
    for row, quantity in zip(grid, QUANTITY_TITLES, strict=True):
        points = [here[f"image_{side}_{quantity}"].values for side in ("true", "predicted")]
        for k, name in enumerate(types):
            row[0].scatter(
                points[0][:, k],
                points[1][:, k],
                s=28,
                color=colors[name],
                edgecolors="black",
                linewidths=0.4,
                label=titles[name],
                zorder=3,
            )
        _draw_means(row[1], here, quantity, [colors[name] for name in types])
        unit = UNITS[result[f"true_{quantity}"].attrs["units"]]
        named = QUANTITY_TITLES[quantity] + (f" / {unit}" if unit else "")
        r2, mae, rmse, n = (here[f"overall_{quantity}_parity_{s}"].item() for s in ("r2", "mae", "rmse", "n"))
        scores = f"{n:.0f} points, R² {r2:.3g}, MAE {mae:.3g}, RMSE {rmse:.3g}"
        for axes, title in zip(row, (scores, "mean over images and standard deviation"), strict=True):
            _draw_diagonal(axes)
            axes.locator_params(nbins=5, steps=ROUND)
            axes.ticklabel_format(style="sci", scilimits=(-2, 4))
            for axis in (axes.xaxis, axes.yaxis):
                axis.get_offset_text().set_fontsize(FONT_SIZE)
            name_panel(axes, layout, x=f"true {named}", y=f"predicted {named}", title=title)
    grid[0][0].legend(frameon=False, fontsize=FONT_SIZE, loc="lower right")
    return figure


def _made(result: xarray.Dataset) -> list[str]:
    """Return the lines that say on the face of a figure how it was made."""
    sides = " against ".join(t for t in (result.attrs.get("predicted", ""), result.attrs.get("truth", "")) if t)
    made = (
        f"convention {result.attrs['convention']}, found at IoU {result.attrs['iou_threshold']:g}, "
        f"{result.sizes['image']} images"
    )
    return [line for line in (sides, made) if line]


def _values(result: xarray.Dataset, side: str, measure: str, name: str, subset: str) -> NDArray[np.float64]:
    prefix = f"{side}_defect"
    values: NDArray[np.float64] = result[f"{prefix}_{measure}"].values
    kept = np.ones(len(values), np.bool_)
    if name != "all":
        kept &= result[f"{prefix}_type"].values == name
    if subset == "found":
        kept &= result[f"{prefix}_partner"].values >= 0
    return values[kept]


def _edges(result: xarray.Dataset, measure: str, name: str, values: NDArray[np.float64]) -> tuple[float, ...]:
    convention = Convention.from_settings(
        parse_json(str(result.attrs["convention_settings"]), where="the convention of the evaluation")
    )
    if measure == "shape":
        return convention.shape_bin_edges
    in_nm = result.attrs["length_unit"] == "nanometer"
    return readable_edges(values, convention.size_edges_nm(name) if in_nm else PIXEL_EDGES)


def _draw_histogram(axes: Axes, sides: Sequence[NDArray[np.float64]], edges: Sequence[float]) -> None:
    shown = [histogram(values, edges) for values in sides]
    width = edges[-1] - edges[-2]
    left = [edges[0] - width] if any(h.under for h in shown) else []
    right = [edges[-1] + width] if any(h.over for h in shown) else []
    steps = [*left, *edges, *right]
    for h, color, label, filled in zip(
        shown, (TRUE_COLOR, PREDICTED_COLOR), ("truth", "prediction"), (True, False), strict=True
    ):
        counts = [*([h.under] if left else []), *h.counts, *([h.over] if right else [])]
        axes.stairs(counts, steps, color=color, fill=filled, alpha=0.35 if filled else 1, lw=1.4, label=label)
    axes.set_ylim(bottom=0)
    for place, text in ((left, f"<{edges[0]:g}"), ([edges[-1]] if right else [], f">{edges[-1]:g}")):
        if place:
            axes.axvspan(place[0], place[0] + width, color="#000000", alpha=0.05, lw=0)
            axes.text(
                place[0] + width / 2,
                0.98,
                text,
                transform=axes.get_xaxis_transform(),
                ha="center",
                va="top",
                size=FONT_SIZE,
            )


def _draw_means(axes: Axes, here: xarray.Dataset, quantity: str, colors: Sequence[str]) -> None:
    """Draw a point a type, the mean over images, with bars of a standard deviation where there is one."""
    x, y, dx, dy = (
        here[f"averaged_{side}_{quantity}{end}"].values[: len(colors)]
        for end in ("", "_sd")
        for side in ("true", "predicted")
    )
    shown = np.isfinite(x) & np.isfinite(y)
    x, y, dx, dy = x[shown], y[shown], np.nan_to_num(dx[shown]), np.nan_to_num(dy[shown])
    kept = [color for color, is_shown in zip(colors, shown, strict=True) if is_shown]
    if kept:
        axes.hlines(y, x - dx, x + dx, colors=kept, zorder=2)
        axes.vlines(x, y - dy, y + dy, colors=kept, zorder=2)
        axes.scatter(x, y, s=36, color=kept, edgecolors="black", zorder=3)


def _draw_diagonal(axes: Axes) -> None:
    low = min(axes.get_xlim()[0], axes.get_ylim()[0])
    high = max(axes.get_xlim()[1], axes.get_ylim()[1])
    axes.plot([low, high], [low, high], color="#999999", lw=1, ls="--", zorder=1)
    axes.set(xlim=(low, high), ylim=(low, high))


def _known(types: Sequence[str], taxonomy: Taxonomy | None) -> Taxonomy:
    known = Taxonomy.standard() if taxonomy is None else taxonomy
    missing = (DefectType(name=name) for name in types if name not in known and name != "all")
    return Taxonomy(types=(*known, *missing))


def _colors(types: Sequence[str], taxonomy: Taxonomy | None) -> dict[str, str]:
    named = [name for name in types if name != "all"]
    return {"all": "#777777"} | type_colors(named, _known(named, taxonomy))


def _titles(types: Sequence[str], taxonomy: Taxonomy | None) -> dict[str, str]:
    known = _known(types, taxonomy)
    return {name: "all types" if name == "all" else known[name].title for name in types}
