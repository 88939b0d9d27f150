"""Figure 9: sizes and densities where a part of the images is left out, all repetitions together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from defectkit.reports.numbers import significant
from defectkit.statistics.scores import mean_of_defined
from defectkit_jacobs2022.artifact import NamedFigures, Outcome
from defectkit_jacobs2022.figures.canvas import draw_legend, panels
from defectkit_jacobs2022.figures.marks import Mark
from defectkit_jacobs2022.figures.parity import SPARSE_DENSITY
from defectkit_jacobs2022.figures.parity_panel import draw_points, finish, set_title, titles
from defectkit_jacobs2022.figures.points import Points, Regime, joined_points, points
from defectkit_jacobs2022.figures.published import published_note
from defectkit_jacobs2022.figures.subject import Subject, subject

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def figure9(outcome: Outcome, *, regime: Regime = SPARSE_DENSITY) -> NamedFigures:
    """Return parity plots of size and density, a row for each part of the images that was left out.

    Parameters
    ----------
    outcome : Outcome
    regime : Regime
        Of true densities, in 10^-4 per square of the unit of length.
    """
    result = outcome.result("leave-percent-out")
    of_run = [str(label) for label in result["splits"].values]
    rows = list(dict.fromkeys(of_run))
    lines = (*outcome.provenance, published_note(9, is_original=outcome.is_original))
    figure, grid = panels((9.2, 4.5 * len(rows) + 0.5), lines, len(rows), 2)
    for (left, right), label in zip(grid, rows, strict=True):
        runs = [subject(outcome, "leave-percent-out", k) for k, own in enumerate(of_run) if own == label]
        _draw(left, outcome, runs, "size", label, None)
        _draw(right, outcome, runs, "density", label, regime)
    draw_legend(figure, [handle for axes in grid.flat for handle in axes.get_legend_handles_labels()[0]])
    return {"": figure}


def _draw(axes: Axes, outcome: Outcome, runs: list[Subject], name: str, label: str, regime: Regime | None) -> None:
    parts = [points(outcome, about, name) for about in runs]
    every = joined_points(parts)
    marks: dict[str, Mark] = {}
    for about in runs:
        marks |= about.marks
    length = runs[0].length
    draw_points(axes, every, marks)
    finish(axes, every, length, regime)
    set_title(
        axes,
        [f"{label}: {len(runs)} runs together", _mean_rmse(parts, regime), *titles(every, length, regime)],
    )


def _mean_rmse(parts: list[Points], regime: Regime | None) -> str:
    """Return the mean over runs of the RMSE, as the paper gives it, within the regime where there is one."""
    each = [(part.statistics() if regime is None else part.apart(regime)[0]).rmse for part in parts]
    mean, n_undefined = mean_of_defined(np.array(each))
    where = "" if regime is None else f", {regime.inside}"
    left_out = f" ({n_undefined} undefined)" if n_undefined else ""
    return f"mean RMSE of the runs{where}: {significant(float(mean))}{left_out}"
