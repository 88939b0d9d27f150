"""Figure 8: sizes and densities of each split of the random cross validation, with the best and the worst."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from defectkit.reports.numbers import significant
from defectkit.statistics.variables import ALL
from defectkit.studies import headline
from defectkit_jacobs2022.artifact import NamedFigures, Outcome
from defectkit_jacobs2022.figures.canvas import draw_legend, panels
from defectkit_jacobs2022.figures.marks import Mark
from defectkit_jacobs2022.figures.parity_panel import (
    Look,
    draw_points,
    finish,
    set_title,
    statistics_text,
    undefined_text,
)
from defectkit_jacobs2022.figures.points import Points, joined_points, points
from defectkit_jacobs2022.figures.published import published_note
from defectkit_jacobs2022.figures.subject import subjects

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D

BEST = Look(color="#009e73", label="best split", area=34)
WORST = Look(color="#d55e00", is_filled=False, label="worst split", area=34)
OTHER = Look(color="#d4d4d4", edge="#9a9a9a", label="other splits", area=12)
ERRORS = {"size": "size_error", "density": "density_error"}


def best_and_worst(errors: NDArray[np.float64]) -> tuple[int, int] | None:
    """Return the positions of the smallest and the largest error, None if no two defined ones differ.

    Examples
    --------
    >>> best_and_worst(np.array([3.0, np.nan, 1.0, 8.0]))
    (2, 3)
    """
    if len(np.unique(errors[~np.isnan(errors)])) < 2:
        return None
    return int(np.nanargmin(errors)), int(np.nanargmax(errors))


def figure8(outcome: Outcome) -> NamedFigures:
    """Return parity plots of size and density over all splits; best and worst go by the percent error of each."""
    result = outcome.result("random-cv")
    every = subjects(outcome, "random-cv")
    errors, splits = headline(result), [str(split) for split in result["split"].values]
    marks: dict[str, Mark] = {}
    for about in every:
        marks |= about.marks
    lines = (*outcome.provenance, published_note(8, is_original=outcome.is_original))
    figure, (row,) = panels((9.6, 7.4), lines, 1, 2)
    for axes, name in zip(row, ERRORS, strict=True):
        shown = [points(outcome, about, name) for about in every]
        _draw(axes, shown, errors[ERRORS[name]].values, splits, marks, every[0].length)
    draw_legend(figure, _handles((BEST, WORST, OTHER), marks))
    return {"": figure}


def _draw(
    axes: Axes,
    shown: Sequence[Points],
    errors: NDArray[np.float64],
    splits: Sequence[str],
    marks: Mapping[str, Mark],
    length: str,
) -> None:
    every = joined_points(shown)
    name = every.quantity.variable
    lines = [f"{len(splits)} splits, ranked by the percent error of the {name}, mean over types"]
    chosen = best_and_worst(errors)
    rest = [part for k, part in enumerate(shown) if chosen is None or k not in chosen]
    if rest:
        draw_points(axes, joined_points(rest), marks, OTHER)
    if chosen is None:
        lines.append("no best and worst: no two splits have different errors")
    else:
        for look, k in zip((BEST, WORST), chosen, strict=True):
            draw_points(axes, shown[k], marks, look)
            text = statistics_text(shown[k].statistics(), every.quantity.plain_unit(length))
            lines += [f"{look.label}, {splits[k]} ({significant(errors[k])} %):", text]
    undefined = ", ".join(splits[int(k)] for k in np.flatnonzero(np.isnan(errors)))
    finish(axes, every, length)
    set_title(axes, [*lines, f"error undefined: {undefined}" if undefined else "", undefined_text(every)])


def _handles(looks: Iterable[Look], marks: Mapping[str, Mark]) -> list[Line2D]:
    """Return colors of splits, then markers of types."""
    from matplotlib.lines import Line2D

    of_splits = [
        Line2D([], [], ls="", marker="o", ms=6, color=look.color, label=look.label,
               mfc=look.color if look.is_filled else "none")
        for look in looks
    ]  # fmt: skip
    of_types = [
        Line2D([], [], ls="", marker=mark.marker, ms=6, mfc="none", color="black", label=mark.title)
        for name, mark in marks.items()
        if name != ALL
    ]
    return [*of_splits, *of_types]
