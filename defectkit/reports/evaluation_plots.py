"""Evaluation plots: figures of an evaluation, each a pure function of its data set."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from defectkit.conventions import Convention
from defectkit.records.defect_type import DefectType, Taxonomy
from defectkit.reports.colors import type_colors
from defectkit.reports.evaluation_tables import at_threshold
from defectkit.reports.histograms import histogram, readable_edges

if TYPE_CHECKING:
    import xarray
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

TRUE_COLOR, PREDICTED_COLOR = "#444444", "#d95f02"
SCORE_COLORS = {"precision": "#1b6ca8", "recall": "#c0392b", "f1_score": "#111111"}
SCORE_TITLES = {"precision": "precision", "recall": "recall", "f1_score": "F1"}
UNITS = {"nanometer": "nm", "pixel": "px", "1 / nanometer ** 2": "nm$^{-2}$", "1 / pixel ** 2": "px$^{-2}$", "": ""}
QUANTITY_TITLES = {"size": "mean size", "shape": "mean shape factor", "density": "areal density"}
PIXEL_EDGES = tuple(float(5 * k) for k in range(21))
"""Edges of size histograms in pixels, where they tell the values apart."""

DOTS_PER_INCH = 150


def find_figure(result: xarray.Dataset) -> Figure:
    """Return precision, recall and F1 of finding over the IoU threshold, with the F1 of types beside them."""
    figure, ((left, right),) = _figure(result, 1, 2, (9.5, 4.2))
    thresholds = result["iou_threshold"].values
    for score, color in SCORE_COLORS.items():
        left.plot(thresholds, result[f"find_{score}"].values, color=color, marker="o", ms=3, label=SCORE_TITLES[score])
    left.set_title("finding defects, whatever their type")
    right.plot(
        thresholds,
        result["overall_type_f1_score"].values,
        color="#6a3d9a",
        marker="o",
        ms=3,
        label="F1 of the type of found defects, mean over types",
    )
    right.plot(
        thresholds,
        result["overall_end_to_end_f1_score"].values,
        color="#33a02c",
        marker="o",
        ms=3,
        label="F1 of finding and typing, mean over types",
    )
    right.set_title("types")
    for axes in (left, right):
        axes.axvline(result.attrs["iou_threshold"], color="#999999", lw=1, ls="--")
        axes.set(xlabel="IoU threshold", ylim=(-0.02, 1.02), xlim=(0, 1))
        axes.legend(frameon=False, fontsize=8, loc="lower left")
    left.set_ylabel("score")
    return figure


def confusion_figure(result: xarray.Dataset) -> Figure:
    """Return the confusion matrix at the IoU threshold; a color is the share of the true defects of a row."""
    matrix = at_threshold(result)["confusion"]
    counts = matrix.values
    side = 1.6 + 0.8 * len(counts)
    figure, ((axes,),) = _figure(result, 1, 1, (side + 1.2, side))
    totals = np.maximum(counts.sum(axis=1, keepdims=True), 1)
    axes.imshow(counts / totals, cmap="Blues", vmin=0, vmax=1)
    for i, row in enumerate(counts):
        for j, count in enumerate(row):
            if i < len(counts) - 1 or j < len(row) - 1:
                dark = count / totals[i, 0] > 0.55
                axes.text(j, i, str(count), ha="center", va="center", color="white" if dark else "black", fontsize=9)
    predicted = [str(name) for name in matrix["predicted_type"].values]
    true = [str(name) for name in matrix["true_type"].values]
    axes.set_xticks(range(len(predicted)), [*predicted[:-1], "missed"], rotation=40, ha="right")
    axes.set_yticks(range(len(true)), [*true[:-1], "not there"])
    axes.set(xlabel="predicted type", ylabel="true type")
    return figure


def histogram_figure(result: xarray.Dataset, measure: str, taxonomy: Taxonomy | None = None) -> Figure:
    """Return histograms of true and predicted sizes or shapes, of all and of found defects, a row a type.

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
    types = [str(name) for name in result["defect_type"].values]
    types = types[:1] if len(types) == 2 else types  # all types together are then that one
    titles = _titles(types, taxonomy)
    figure, grid = _figure(result, len(types), 2, (9.5, 2.3 * len(types) + 0.6))
    for row, name in zip(grid, types, strict=True):
        every = [_values(result, side, measure, name, "all") for side in ("true", "predicted")]
        edges = _edges(result, measure, name, np.concatenate(every))
        for axes, subset in zip(row, ("all", "found"), strict=True):
            sides = [_values(result, side, measure, name, subset) for side in ("true", "predicted")]
            _draw_histogram(axes, sides, edges)
            axes.set_title(f"{titles[name]}, {subset}", fontsize=9)
            if measure == "shape":
                axes.set_yscale("symlog", linthresh=1)
        row[0].set_ylabel("defects")
    unit = UNITS[result.attrs["length_unit"]]
    for axes in grid[-1]:
        axes.set_xlabel(f"size / {unit}" if measure == "size" else "shape factor (Heywood)")
    grid[0][0].legend(frameon=False, fontsize=8)
    return figure


def parity_figure(result: xarray.Dataset, taxonomy: Taxonomy | None = None) -> Figure:
    """Return predicted over true mean sizes, shapes and densities: a point an image and type, and means over images."""
    types = [str(name) for name in result["defect_type"].values[:-1]] or ["all"]
    colors, titles = _colors(types, taxonomy), _titles(types, taxonomy)
    figure, grid = _figure(result, 3, 2, (9.0, 11.5))
    here = result.sel(subset="all")
    for row, quantity in zip(grid, QUANTITY_TITLES, strict=True):
        for name in types:
            points = here.sel(defect_type=name)
            true, predicted = (points[f"image_{side}_{quantity}"].values for side in ("true", "predicted"))
            row[0].scatter(
                true,
                predicted,
                s=28,
                color=colors[name],
                edgecolors="black",
                linewidths=0.4,
                label=titles[name],
                zorder=3,
            )
            x, y = (points[f"averaged_{side}_{quantity}"].item() for side in ("true", "predicted"))
            dx, dy = (points[f"averaged_{side}_{quantity}_sd"].item() for side in ("true", "predicted"))
            if np.isfinite([x, y]).all():
                row[1].errorbar(
                    x, y, xerr=_finite(dx), yerr=_finite(dy), fmt="o", color=colors[name], mec="black", capsize=2
                )
        unit = UNITS[result[f"true_{quantity}"].attrs["units"]]
        label = QUANTITY_TITLES[quantity] + (f" / {unit}" if unit else "")
        for axes in row:
            _draw_diagonal(axes)
            axes.set(xlabel=f"true {label}", ylabel=f"predicted {label}")
            axes.locator_params(nbins=6)
            axes.ticklabel_format(style="sci", scilimits=(-2, 4))
        r2, mae, rmse, n = (here[f"overall_{quantity}_parity_{s}"].item() for s in ("r2", "mae", "rmse", "n"))
        row[0].set_title(f"{n:.0f} points, R$^2$ {r2:.3g}, MAE {mae:.3g}, RMSE {rmse:.3g}", fontsize=9)
        row[1].set_title("mean over images and standard deviation", fontsize=9)
    grid[0][0].legend(frameon=False, fontsize=8, loc="lower right")
    return figure


def _figure(result: xarray.Dataset, rows: int, columns: int, size: tuple[float, float]) -> tuple[Figure, Any]:
    """Return a figure without global state, that says on its face how it was made, and its grid of axes."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=size, dpi=DOTS_PER_INCH, layout="constrained")
    FigureCanvasAgg(figure)
    grid = figure.subplots(rows, columns, squeeze=False)
    for axes in grid.flat:
        axes.spines[["top", "right"]].set_visible(False)
    sides = " against ".join(t for t in (result.attrs.get("predicted", ""), result.attrs.get("truth", "")) if t)
    made = (
        f"convention {result.attrs['convention']}, found at IoU {result.attrs['iou_threshold']:g}, "
        f"{result.sizes['image']} images"
    )
    figure.suptitle("\n".join(line for line in (sides, made) if line), fontsize=9, parse_math=False)
    return figure, grid


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
    convention = Convention(**json.loads(result.attrs["convention_settings"]))
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
                place[0] + width / 2, 0.98, text, transform=axes.get_xaxis_transform(), ha="center", va="top", size=7
            )


def _draw_diagonal(axes: Axes) -> None:
    low = min(axes.get_xlim()[0], axes.get_ylim()[0])
    high = max(axes.get_xlim()[1], axes.get_ylim()[1])
    axes.plot([low, high], [low, high], color="#999999", lw=1, ls="--", zorder=1)
    axes.set(xlim=(low, high), ylim=(low, high), aspect="equal")


def _finite(value: float) -> float:
    return value if np.isfinite(value) else 0.0


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
