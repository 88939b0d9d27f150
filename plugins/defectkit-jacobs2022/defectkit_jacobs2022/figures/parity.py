"""Parity figures (6, 12, 13): class means of images, predicted over true, and their averages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from defectkit_jacobs2022.artifact import NamedFigures, Outcome
from defectkit_jacobs2022.figures.canvas import draw_legend, panels
from defectkit_jacobs2022.figures.parity_panel import (
    draw_averages,
    draw_points,
    finish,
    set_title,
    titles,
)
from defectkit_jacobs2022.figures.points import Regime, points
from defectkit_jacobs2022.figures.published import published_note
from defectkit_jacobs2022.figures.subject import subject

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SPARSE_DENSITY = Regime(limit=10)
"""True densities below 10 x 10^-4 nm^-2, the dashed box of figures 6 and 9."""

FEW_DEFECTS = Regime(limit=50, holds_limit=True)
"""Images with 50 or fewer defects of a type, the dashed box of figure 13."""


def figure6(outcome: Outcome, *, regime: Regime = SPARSE_DENSITY) -> NamedFigures:
    """Return parity plots of size, shape and density.

    Parameters
    ----------
    outcome : Outcome
    regime : Regime
        Of true densities, in 10^-4 per square of the unit of length.
    """
    drawn = _parity(outcome, ("size", "shape", "density"), {"density": regime}, 6)
    return {"": drawn}


def figure12(outcome: Outcome) -> NamedFigures:
    """Return parity plots of sizes in pixels."""
    return {"": _parity(outcome, ("size in pixels",), {}, 12)}


def figure13(outcome: Outcome, *, regime: Regime = FEW_DEFECTS) -> NamedFigures:
    """Return parity plots of numbers of defects.

    Parameters
    ----------
    outcome : Outcome
    regime : Regime
        Of true numbers of defects of a type in an image.
    """
    return {"": _parity(outcome, ("count",), {"count": regime}, 13)}


def _parity(outcome: Outcome, names: Sequence[str], regimes: Mapping[str, Regime], number: int) -> Figure:
    about = subject(outcome, "initial")
    lines = (*outcome.provenance, published_note(number, is_original=outcome.is_original))
    figure, grid = panels((9.2, 4.4 * len(names) + 0.5), lines, len(names), 2)
    ddof = about.convention.image_ddof
    for (left, right), name in zip(grid, names, strict=True):
        shown = points(outcome, about, name)
        regime = regimes.get(name)
        draw_points(left, shown, about.marks)
        finish(left, shown, about.length, regime)
        set_title(left, titles(shown, about.length, regime))
        draw_averages(right, shown, about.marks, ddof)
        finish(right, shown, about.length)
    draw_legend(figure, grid[0][0].get_legend_handles_labels()[0])
    return figure
