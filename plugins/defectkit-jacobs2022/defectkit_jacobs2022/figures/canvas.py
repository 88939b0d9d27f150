"""Canvas: an empty figure that says below its panels which data, labels, detector and budget made it."""

from __future__ import annotations

import string
import textwrap
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

DOTS_PER_INCH = 150
PROVENANCE_POINTS = 6.5
LETTERS_PER_INCH = 20
"""Letters of the provenance that fit an inch."""

INK = "#222222"
FAINT = "#8a8a8a"


def empty_figure(size: tuple[float, float], lines: Iterable[str]) -> Figure:
    """Return a figure without global state and without panels.

    Parameters
    ----------
    size : (float, float)
        Width and height in inches.
    lines : iterable of str
        Its provenance: small text at the bottom, wrapped to the width. Empty lines are left out.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=size, dpi=DOTS_PER_INCH, layout="constrained")
    FigureCanvasAgg(figure)
    write_provenance(figure, lines)
    return figure


def write_provenance(figure: Figure, lines: Iterable[str]) -> None:
    """Write lines as small text below the panels of a figure."""
    width = int(figure.get_figwidth() * LETTERS_PER_INCH)
    wrapped = [part for line in lines if line for part in textwrap.wrap(line, width, subsequent_indent="    ")]
    figure.supxlabel(
        "\n".join(wrapped),
        x=0.01,
        ha="left",
        fontsize=PROVENANCE_POINTS,
        color="#444444",
        linespacing=1.35,
        parse_math=False,
    )


def draw_legend(figure: Figure, handles: Sequence[Artist], columns: int = 6) -> None:
    """Draw a legend above all panels, where it covers none of them.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
    handles : sequence of matplotlib.artist.Artist
        With labels; of several with one label the first is shown.
    columns : int
    """
    first = {str(handle.get_label()): handle for handle in reversed(handles)}
    ordered = list(reversed(first.values()))
    figure.legend(handles=ordered, frameon=False, fontsize=8.5, ncols=columns, loc="outside upper right")


def panels(size: tuple[float, float], lines: Iterable[str], rows: int, columns: int) -> tuple[Figure, Any]:
    """Return a figure and its panels.

    Parameters
    ----------
    size, lines
        As :func:`empty_figure` takes them.
    rows, columns : int

    Returns
    -------
    figure : matplotlib.figure.Figure
    grid : numpy.ndarray of matplotlib.axes.Axes, shape (rows, columns)
    """
    figure = empty_figure(size, lines)
    grid = figure.subplots(rows, columns, squeeze=False)
    for axes in grid.flat:
        axes.spines[["top", "right"]].set_visible(False)
        axes.tick_params(labelsize=8)
    return figure, grid


def lettered_panels(figure: Figure) -> dict[str, Axes]:
    """Return the panels of a figure by the letter of each, in the order of reading; one panel alone has none.

    Examples
    --------
    >>> figure, grid = panels((4, 4), [], 1, 2)
    >>> list(lettered_panels(figure))
    ['A', 'B']
    """
    drawn = [axes for axes in figure.axes if axes.get_visible()]
    return dict(zip(string.ascii_uppercase if len(drawn) > 1 else [""], drawn, strict=False))


def letter_panels(figure: Figure) -> None:
    """Write the letter of each panel at its upper left corner, left of its title; a panel alone has none."""
    for letter, axes in lettered_panels(figure).items():
        if not letter:
            continue
        axes.annotate(
            letter, (0, 1), xytext=(-6, 5), xycoords="axes fraction", textcoords="offset points",
            ha="right", va="bottom", fontsize=11, fontweight="bold", color=INK, gid="letter", annotation_clip=False,
        )  # fmt: skip
