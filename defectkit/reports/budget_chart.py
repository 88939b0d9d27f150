"""Budget chart: the share of each source in the variance of each measure, laid out as bars for SVG."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import numpy as np

from defectkit.uncertainty.measures import UNITS
from defectkit.uncertainty.table import SHARE

if TYPE_CHECKING:
    import xarray

WIDTH, LEFT, RIGHT, TOP, ROW, BAR = 640.0, 150.0, 20.0, 12.0, 34.0, 22.0
LEGEND_ROW = 20.0
COLORS = ("#4477aa", "#ee6677", "#228833", "#ccbb44", "#66ccee", "#aa3377", "#bbbbbb", "#000000", "#ee7733", "#009988")
"""Of the sources, in order: told apart by people who see colors differently."""


@attrs.frozen(kw_only=True)
class Piece:
    """The part of a bar that one source has."""

    x: float
    y: float
    width: float
    color: str
    text: str


@attrs.frozen(kw_only=True)
class Entry:
    """A text at a place, with a color where it is of the legend."""

    x: float
    y: float
    text: str
    color: str = ""


@attrs.frozen(kw_only=True)
class BudgetChart:
    """Bars from 0 to 100 %, one for each measure that is uncertain.

    Parameters
    ----------
    pieces : tuple of Piece
    labels, legend : tuple of Entry
    height : float
    summary : str
        The same in words, for those who cannot see it.
    """

    pieces: tuple[Piece, ...]
    labels: tuple[Entry, ...]
    legend: tuple[Entry, ...]
    height: float
    summary: str
    width: float = WIDTH
    bar: float = BAR


def budget_chart(table: xarray.Dataset, *, defect_type: str = "all") -> BudgetChart:
    """Lay out the budget of a condition.

    Parameters
    ----------
    table : xarray.Dataset
        As :func:`defectkit.workflows.condition.harden_condition` returns it.
    defect_type : str
        Whose measures; by default those of all types together.
    """
    of_type = table.sel(defect_type=defect_type)
    sources = [str(name) for name in table["source"].values]
    shares = {name: of_type[f"{name}{SHARE}"].values for name in UNITS}
    known = {name: values for name, values in shares.items() if np.isfinite(values).all()}
    pieces, labels, words = [], [], []
    for k, (name, values) in enumerate(known.items()):
        y = TOP + k * ROW
        labels.append(Entry(x=LEFT - 8, y=y + 0.7 * BAR, text=readable(name)))
        x = LEFT
        for source, share, color in zip(sources, values.tolist(), COLORS, strict=True):
            width = share * (WIDTH - LEFT - RIGHT)
            if share > 0:
                text = f"{readable(source)}: {100 * share:.1f} %"
                pieces.append(Piece(x=x, y=y, width=width, color=color, text=f"{readable(name)}, {text}"))
            x += width
        parts = ", ".join(f"{readable(s)} {100 * v:.0f} %" for s, v in zip(sources, values, strict=True) if v > 0)
        words.append(f"{readable(name)}: {parts}")
    used = [s for s, v in zip(sources, zip(*known.values(), strict=True), strict=True) if any(v)] if known else []
    base = TOP + len(known) * ROW + 14
    legend = [
        Entry(
            x=LEFT + (j % 3) * 160,
            y=base + (j // 3) * LEGEND_ROW,
            text=readable(source),
            color=COLORS[sources.index(source)],
        )
        for j, source in enumerate(used)
    ]
    return BudgetChart(
        pieces=tuple(pieces),
        labels=tuple(labels),
        legend=tuple(legend),
        height=base + (len(used) + 2) // 3 * LEGEND_ROW,
        summary="; ".join(words) or "nothing is uncertain",
    )


def readable(name: str) -> str:
    """Return the name of a measure or source as people write it.

    Examples
    --------
    >>> readable("line_length_density"), readable("size_mean")
    ('line length density', 'mean size')
    """
    return {"size_mean": "mean size"}.get(name, name.replace("_", " "))
