"""Panels: matplotlib figures without global state, whose margins are given and not searched for.

A layout engine draws each figure twice to learn how large its texts are, and takes as long as all of the rest. Here the
panels have a size and the margins are wide enough for what stands in them; the figure is as large as both together.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from defectkit.errors import OutputError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

DOTS_PER_INCH = 120
FONT_SIZE = 9
"""Of all texts, in points: each further size is another search for a font."""

LINE = 0.19
"""The height of a line of text, in inches."""

CHARACTER = 0.086
"""The width of a character, in inches: a wide one, so that a text takes no more than this many of them."""

TICK_LABELS = 0.27
"""What ticks and the labels below them take, in inches."""


@attrs.frozen(kw_only=True)
class Layout:
    """Sizes in inches of a grid of panels and of the space around them.

    Parameters
    ----------
    panel : tuple of float
        Width and height of each panel.
    left, right, bottom : float
        Space beside the grid, and below it.
    between : tuple of float
        Space between two columns, and between two rows.
    raised : float
        How much higher than just above a panel its title stands.
    """

    panel: tuple[float, float]
    left: float = 0.75
    right: float = 0.2
    bottom: float = 0.6
    between: tuple[float, float] = (0.75, 0.65)
    raised: float = 0.0


def panels(rows: int, columns: int, layout: Layout, *, title: Sequence[str]) -> tuple[Figure, list[list[Axes]]]:
    """Return a figure with a title of some lines and a grid of empty axes.

    Parameters
    ----------
    rows, columns : int
    layout : Layout
    title : sequence of str
        Lines above all of it, as they are: no markup is read in them.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    (width, height), (across, down) = layout.panel, layout.between
    top = LINE * (len(title) + 2) + layout.raised
    whole_width = layout.left + columns * width + (columns - 1) * across + layout.right
    whole_height = top + rows * height + (rows - 1) * down + layout.bottom
    figure = Figure(figsize=(whole_width, whole_height), dpi=DOTS_PER_INCH)
    FigureCanvasAgg(figure)
    grid = [
        [
            figure.add_axes(
                (
                    (layout.left + column * (width + across)) / whole_width,
                    1 - (top + row * (height + down) + height) / whole_height,
                    width / whole_width,
                    height / whole_height,
                )
            )
            for column in range(columns)
        ]
        for row in range(rows)
    ]
    for axes in figure.axes:
        axes.spines[["top", "right"]].set_visible(False)
        axes.tick_params(labelsize=FONT_SIZE)
        axes.xaxis.set_label_coords(0.5, -TICK_LABELS / height)
        axes.yaxis.set_label_coords(-(layout.left - LINE) / width, 0.5)
    figure.suptitle("\n".join(title), fontsize=FONT_SIZE, parse_math=False, y=1 - 0.5 * LINE / whole_height)
    return figure, grid


def name_panel(axes: Axes, layout: Layout, *, x: str = "", y: str = "", title: str = "") -> None:
    """Write the names of axes and the title of a panel where the layout has room for them.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    layout : Layout
    x, y, title : str
        No markup is read in them.
    """
    if x:
        axes.set_xlabel(x, fontsize=FONT_SIZE, parse_math=False)
    if y:
        axes.set_ylabel(y, fontsize=FONT_SIZE, parse_math=False)
    if title:
        axes.set_title(title, fontsize=FONT_SIZE, parse_math=False, y=1 + layout.raised / layout.panel[1])


def width_of(texts: Sequence[str]) -> float:
    """Return how many inches the longest of some texts takes at most, 0 without a text."""
    return max((len(text) for text in texts), default=0) * CHARACTER


def write_png(figure: Figure, path: Path) -> None:
    """Write a figure as PNG, compressed as fast as can be: texts and lines on white stay small.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    try:
        figure.savefig(path, pil_kwargs={"compress_level": 1})
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error}") from error
