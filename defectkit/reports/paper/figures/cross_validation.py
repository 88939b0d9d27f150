"""Figure 8: sizes and densities of each split of the random cross validation, with the best and the worst."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from defectkit.reports.numbers import significant
from defectkit.reports.paper.artifact import Figures, Material
from defectkit.reports.paper.figures.face import panels
from defectkit.reports.paper.figures.marks import Mark
from defectkit.reports.paper.figures.parity_panel import (
    Look,
    draw_points,
    finish,
    set_title,
    statistics_text,
    undefined_text,
)
from defectkit.reports.paper.figures.points import joined_points, points
from defectkit.reports.paper.figures.published import published_note
from defectkit.reports.paper.figures.subject import Subject, subjects
from defectkit.studies import headline

if TYPE_CHECKING:
    import xarray
    from matplotlib.axes import Axes

BEST = Look(color="#009e73", label="best split", area=34)
WORST = Look(color="#d55e00", is_filled=False, label="worst split", area=34)
OTHER = Look(color="#c8c8c8", label="other splits", area=12)
ERRORS = {"size": "size_error", "density": "density_error"}


def best_and_worst(errors: NDArray[np.float64]) -> tuple[int, int] | None:
    """Return the positions of the smallest and the largest error that are defined, None if fewer than two are.

    Examples
    --------
    >>> best_and_worst(np.array([3.0, np.nan, 1.0, 8.0]))
    (2, 3)
    """
    if np.count_nonzero(~np.isnan(errors)) < 2:
        return None
    return int(np.nanargmin(errors)), int(np.nanargmax(errors))


def figure8(material: Material) -> Figures:
    """Return parity plots of size and density over all splits; best and worst go by the percent error of each."""
    result = material.result("random-cv")
    every = subjects(material, "random-cv")
    lines = (*material.face, published_note(8, is_original=material.is_original))
    figure, (row,) = panels((9.6, 5.4), lines, 1, 2)
    for axes, name in zip(row, ERRORS, strict=True):
        _draw(axes, material, result, every, name)
    return {"": figure}


def _draw(axes: Axes, material: Material, result: xarray.Dataset, every: list[Subject], name: str) -> None:
    errors = headline(result)[ERRORS[name]].values
    splits = [str(split) for split in result["split"].values]
    marks: dict[str, Mark] = {}
    for about in every:
        marks |= about.marks
    shown = [points(material, about, name) for about in every]
    chosen = best_and_worst(errors)
    lines = [f"{len(splits)} splits; types by marker; split by the error of the {name}, mean over types"]
    rest = [part for k, part in enumerate(shown) if chosen is None or k not in chosen]
    if rest:
        draw_points(axes, joined_points(rest), marks, OTHER)
    if chosen is None:
        lines.append("no best and worst: the error of fewer than two splits is defined")
    else:
        for look, k in zip((BEST, WORST), chosen, strict=True):
            draw_points(axes, shown[k], marks, look)
            text = statistics_text(shown[k].statistics())
            lines.append(f"{look.label}, {splits[k]} ({significant(errors[k])} %): {text}")
    undefined = [f"{splits[k]}" for k in np.flatnonzero(np.isnan(errors))]
    lines += [f"error undefined: {', '.join(undefined)}" if undefined else "", undefined_text(joined_points(shown))]
    finish(axes, joined_points(shown), every[0].length)
    set_title(axes, lines)
    _legend(axes, marks, has_others=bool(rest))


def _legend(axes: Axes, marks: dict[str, Mark], *, has_others: bool) -> None:
    from matplotlib.lines import Line2D

    looks = [BEST, WORST, *([OTHER] if has_others else [])]
    handles = [
        *(
            Line2D(
                [], [], ls="", marker="o", ms=6, label=look.label,
                color=look.color, mfc=look.color if look.is_filled else "none",
            )
            for look in looks
        ),
        *(
            Line2D([], [], ls="", marker=mark.marker, ms=6, mfc="none", color="black", label=mark.title)
            for name, mark in marks.items()
            if name != "all"
        ),
    ]  # fmt: skip
    axes.legend(handles=handles, frameon=False, fontsize=7.5, loc="lower right")
