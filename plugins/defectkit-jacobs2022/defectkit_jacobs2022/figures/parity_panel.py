"""Parity panel: predicted over true values, a marker a type, with the statistics above."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import attrs
import numpy as np

from defectkit.metrics import ParityStatistics
from defectkit.reports.numbers import significant
from defectkit_jacobs2022.figures.canvas import FAINT
from defectkit_jacobs2022.figures.marks import Mark
from defectkit_jacobs2022.figures.points import Floats, Points, Regime

if TYPE_CHECKING:
    from matplotlib.axes import Axes

REGIME_COLOR = "#0072b2"
TITLE_POINTS = 7.5
AREA = 26


@attrs.frozen(kw_only=True)
class Look:
    """How the points of one run are drawn.

    Parameters
    ----------
    color : str, optional
        In place of the color of the type.
    edge : str
        Color of the edge of filled markers.
    is_filled : bool
    label : str, optional
        In place of the titles of types.
    area : float
        Of a marker, in square points.
    """

    color: str | None = None
    edge: str = "black"
    is_filled: bool = True
    label: str | None = None
    area: float = AREA


PLAIN = Look()


def statistics_text(s: ParityStatistics, unit: str = "") -> str:
    """Return statistics as one line.

    Examples
    --------
    >>> from defectkit.metrics import parity_statistics
    >>> statistics_text(parity_statistics([1, 2, 3], [1, 2, 4]), "nm")
    'n 3, R² 0.500, MAE 0.333, RMSE 0.577 (nm)'
    """
    r2, mae, rmse = (significant(value) for value in (s.r2, s.mae, s.rmse))
    in_unit = f" ({unit})" if unit else ""
    return f"n {s.n}, R² {r2}, MAE {mae}, RMSE {rmse}{in_unit}"


def undefined_text(points: Points) -> str:
    """Return how many points cannot be drawn, empty where all can."""
    no_true, no_predicted, neither = points.undefined()
    parts = [
        f"{count} {words}"
        for count, words in (
            (no_true, "no truth (ticks left)"),
            (no_predicted, "no prediction (ticks below)"),
            (neither, "neither"),
        )
        if count
    ]
    return f"undefined: {', '.join(parts)}" if parts else ""


def draw_points(axes: Axes, points: Points, marks: Mapping[str, Mark], look: Look = PLAIN) -> None:
    """Draw a point for each image and type; one that lacks a value is a tick at the axis of the value that it has.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    points : Points
    marks : mapping of str to Mark
    look : Look
    """
    for name in points.types:
        mark = marks[name]
        true, predicted = points.of_type(name)
        color = look.color or mark.color
        axes.scatter(
            true,
            predicted,
            s=look.area,
            marker=mark.marker,
            facecolors=color if look.is_filled else "none",
            edgecolors=look.edge if look.is_filled else color,
            linewidths=0.5 if look.is_filled else 1.1,
            label=look.label or mark.title,
            gid=f"points {name}",
            zorder=3,
        )
        _draw_ticks(axes, true, predicted, color, name)


def _draw_ticks(axes: Axes, true: Floats, predicted: Floats, color: str, name: str) -> None:
    only_predicted = predicted[np.isnan(true) & ~np.isnan(predicted)]
    only_true = true[np.isnan(predicted) & ~np.isnan(true)]
    if only_predicted.size:
        axes.plot(
            np.full(only_predicted.size, 0.012), only_predicted, ls="", marker="_", ms=8, mew=1.6, color=color,
            transform=axes.get_yaxis_transform(), gid=f"without truth {name}", zorder=4,
        )  # fmt: skip
    if only_true.size:
        axes.plot(
            only_true, np.full(only_true.size, 0.012), ls="", marker="|", ms=8, mew=1.6, color=color,
            transform=axes.get_xaxis_transform(), gid=f"without prediction {name}", zorder=4,
        )  # fmt: skip


def draw_averages(axes: Axes, points: Points, marks: Mapping[str, Mark], ddof: int) -> None:
    """Draw the mean over images of each type, with bars of one standard deviation on both sides.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    points : Points
    marks : mapping of str to Mark
    ddof : int
        Of the standard deviation. A type without a mean on one side has no point and is named above the panel.
    """
    means, deviations = points.averages(ddof)
    lacking = []
    for k, name in enumerate(points.types):
        mark = marks[name]
        if np.isnan(means[:, k]).any():
            lacking.append(mark.title)
            continue
        x_bar, y_bar = np.where(np.isnan(deviations[:, k]), 0, deviations[:, k])
        axes.errorbar(
            means[0, k], means[1, k], xerr=x_bar, yerr=y_bar, fmt=mark.marker, ms=8, color=mark.color, mec="black",
            ecolor="#444444", elinewidth=1, capsize=3, label=mark.title, gid=f"average {name}", zorder=3,
        )  # fmt: skip
    text = f"mean over images, bars: standard deviation (ddof {ddof})"
    set_title(axes, [text, f"no mean: {', '.join(lacking)}" if lacking else ""])


def finish(axes: Axes, points: Points, length: str, regime: Regime | None = None) -> None:
    """Draw the line of equality and the box of a regime, and label the axes.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    points : Points
        Of the panel, for the box.
    length : str
        Symbol of the unit of length.
    regime : Regime, optional
        Its box ends at the largest prediction inside.
    """
    from matplotlib.patches import Rectangle

    axes.set_aspect("equal", adjustable="box")
    low = min(axes.get_xlim()[0], axes.get_ylim()[0])
    high = max(axes.get_xlim()[1], axes.get_ylim()[1])
    axes.plot([low, high], [low, high], color=FAINT, lw=1, ls="--", zorder=1, gid="equality")
    axes.set(xlim=(low, high), ylim=(low, high))
    label = points.quantity.label(length)
    axes.set_xlabel(f"true {label}", fontsize=8.5)
    axes.set_ylabel(f"predicted {label}", fontsize=8.5)
    axes.locator_params(nbins=6)
    if regime is None:
        return
    inside = regime.holds(points.true) & ~np.isnan(points.predicted)
    top = float(points.predicted[inside].max(initial=0.0))
    pad = 0.02 * (high - low)
    right, upper = min(regime.limit, high - pad), min(max(regime.limit, top + pad), high - pad)
    axes.add_patch(
        Rectangle(
            (low + pad, low + pad), right - low - pad, upper - low - pad,
            fill=False, ec=REGIME_COLOR, lw=1.2, ls=(0, (4, 3)), zorder=2, gid="regime",
        )
    )  # fmt: skip


def set_title(axes: Axes, lines: Iterable[str]) -> None:
    """Write lines above a panel; empty ones are left out."""
    kept = [line for line in lines if line]
    axes.set_title("\n".join(kept), fontsize=TITLE_POINTS, loc="left", parse_math=False)


def titles(points: Points, length: str, regime: Regime | None = None) -> list[str]:
    """Return the lines above a panel: its statistics, those inside and outside of a regime, and what is undefined."""
    lines = [statistics_text(points.statistics(), points.quantity.plain_unit(length))]
    if regime is not None:
        inside, outside = points.apart(regime)
        lines += [
            f"{regime.inside}: {statistics_text(inside)}",
            f"{regime.outside}: {statistics_text(outside)}",
        ]
    return [*lines, undefined_text(points)]
