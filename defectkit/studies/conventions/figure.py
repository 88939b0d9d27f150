"""Figure: each statistic over the IoU threshold, one line per combination of choices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from defectkit.studies.conventions.table import STATISTICS, select_figures

if TYPE_CHECKING:
    import xarray
    from matplotlib.figure import Figure

COLORS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
LINES = ("-", "--", ":", "-.")
WIDTHS = (1.8, 0.9)


def convention_figure(exploration: xarray.Dataset) -> Figure:
    """Return a figure of every statistic over the IoU threshold.

    Parameters
    ----------
    exploration : xarray.Dataset
        Of :func:`~defectkit.studies.conventions.explore.explore_conventions`.

    Returns
    -------
    matplotlib.figure.Figure
        Matchers by color, kinds of IoU by line style, size rules by line width; combinations that give the same line
        lie on each other.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

    figure = Figure(figsize=(13, 6.5), layout="constrained")
    FigureCanvasAgg(figure)
    panels = figure.subplots(2, 4, sharex=True).ravel()
    matchers, kinds, rules = (
        [str(v) for v in exploration[name].values] for name in ("matcher", "iou_kind", "size_rule")
    )
    color = {name: COLORS[k % len(COLORS)] for k, name in enumerate(matchers)}
    line: dict[str, Any] = {name: LINES[k % len(LINES)] for k, name in enumerate(kinds)}
    width = {name: WIDTHS[k % len(WIDTHS)] for k, name in enumerate(rules)}
    for axes, title in zip(panels, STATISTICS, strict=True):
        values = select_figures(exploration, title)
        for matcher in matchers:
            for kind in kinds:
                for rule in rules:
                    axes.plot(
                        exploration["iou_threshold"],
                        values.sel(matcher=matcher, iou_kind=kind, size_rule=rule),
                        color=color[matcher],
                        linestyle=line[kind],
                        linewidth=width[rule],
                    )
        axes.set_title(title, fontsize="medium")
        axes.set_ylim(0, 1.05 * axes.get_ylim()[1])
        axes.grid(alpha=0.3)
    for axes in panels[4:]:
        axes.set_xlabel("IoU threshold")
    handles = [
        *(Line2D([], [], color=color[name], label=f"matcher: {name}") for name in matchers),
        *(Line2D([], [], color="black", linestyle=line[name], label=f"IoU of: {name}") for name in kinds),
        *(Line2D([], [], color="black", linewidth=width[name], label=f"size rule: {name}") for name in rules),
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=5, fontsize="small")
    figure.suptitle("The same predictions under every convention")
    return figure
