"""Figures: reliability, counts, sweeps, and the worst images with what was found in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from defectkit.geometry.contours import runs_to_polygons
from defectkit.records import Image, Instances
from tests.quality.calibration import THRESHOLDS, Reliability, true_finds
from tests.quality.sets import TITLES
from tests.quality.sweeps import SWEEPS, UNITS

COLORS = dict(zip(TITLES, ("#0072b2", "#56b4e9", "#d55e00", "#009e73", "#000000"), strict=True))
LOOK: dict[Any, Any] = {"font.size": 8, "axes.spines.top": False, "axes.spines.right": False}


def calibration_figure(
    reliabilities: Mapping[str, Reliability], counts: Mapping[str, Sequence[float]], path: Path
) -> None:
    """Write the reliability diagram beside the counts against the threshold."""
    figure, (left, right) = _figure(1, 2, (7.0, 3.2))
    left.plot([0, 1], [0, 1], color="0.7", linewidth=0.8)
    for name, held in reliabilities.items():
        some = np.array(held.n) >= 5
        left.plot(
            np.array(held.predicted)[some],
            np.array(held.right)[some],
            "o-",
            ms=3,
            color=COLORS[name],
            label=TITLES[name],
        )
    left.set(xlabel="probability given", ylabel="share that is a labelled defect", xlim=(0, 1), ylim=(0, 1))
    left.legend(frameon=False, fontsize=7)
    right.axhline(1, color="0.7", linewidth=0.8)
    for name, shares in counts.items():
        right.plot(THRESHOLDS, shares, color=COLORS[name])
    right.set(xlabel="lowest probability", ylabel="defects found / labelled", ylim=(0, 2.5))
    figure.savefig(path, dpi=150)


def sweep_figure(results: Mapping[str, Mapping[str, Sequence[float]]], path: Path) -> None:
    """Write F1 against each property, one line for each detector."""
    figure, axes = _figure(2, 2, (7.0, 4.6))
    for axis, name in zip(np.ravel(axes), SWEEPS, strict=True):
        for color, (who, values) in zip(("#0072b2", "0.6", "#d55e00"), results[name].items(), strict=False):
            axis.plot(SWEEPS[name], values, "o-", ms=3, color=color, label=who)
        axis.set(xlabel=UNITS[name], ylabel="F1", ylim=(0, 1.03), xscale="log")
        axis.set_xticks(SWEEPS[name], [f"{value:g}" for value in SWEEPS[name]], fontsize=6)
        axis.minorticks_off()
    np.ravel(axes)[0].legend(frameon=False)
    figure.savefig(path, dpi=150)


def worst_figure(cases: Sequence[tuple[str, Image, Instances, Instances]], path: Path, columns: int = 3) -> None:
    """Write images with their labels (white), what was rightly found (green) and what was not (red)."""
    rows = -(-len(cases) // columns)
    figure, axes = _figure(rows, columns, (3.0 * columns, 3.2 * rows))
    for axis in np.ravel(axes):
        axis.set_axis_off()
    for axis, (title, image, truth, found) in zip(np.ravel(axes), cases, strict=False):
        pixels = np.asarray(image.pixels)
        axis.imshow(pixels, cmap="gray", vmin=np.percentile(pixels, 1), vmax=np.percentile(pixels, 99))
        right = true_finds(found, truth)
        for instances, colors in ((truth, ["white"] * len(truth)), (found, np.where(right, "#00d060", "#ff3030"))):
            for rings, color in zip(runs_to_polygons(instances.runs), colors, strict=True):
                for ring in rings:
                    closed = np.concatenate([ring, ring[:1]])
                    axis.plot(closed[:, 1] - 0.5, closed[:, 0] - 0.5, color=str(color), linewidth=0.6)
        axis.set_title(title, fontsize=7)
    figure.savefig(path, dpi=130)


def _figure(rows: int, columns: int, size: tuple[float, float]) -> tuple[Any, Any]:
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context(LOOK):
        figure = Figure(figsize=size, layout="constrained")
        return figure, figure.subplots(rows, columns)
