"""Plot: every ratio with its spread, beside what is to be reached."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tests.benchmarks.rounds import Outcome

YARDSTICK, OTHERS, ASKED = "#0072b2", "#8c8c8c", "#d55e00"


def plotted(outcomes: Sequence[Outcome], path: Path) -> None:
    """Write a picture of how many times longer than defectkit the others take."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    bars = [
        (f"{outcome.row.title}\n{ratio.yardstick.slow}", ratio)
        for outcome in outcomes
        for ratio in outcome.ratios
        if ratio.yardstick.fast == "defectkit" and not ratio.yardstick.slow.startswith("defectkit")
    ]
    with mpl.rc_context({"font.size": 8, "axes.spines.top": False, "axes.spines.right": False}):
        figure = Figure(figsize=(7.0, 0.34 * len(bars) + 0.9), layout="constrained")
        axes = figure.add_subplot()
        for place, (_, ratio) in enumerate(bars):
            asked = ratio.yardstick.at_least
            axes.barh(place, ratio.median, color=OTHERS if asked is None else YARDSTICK, height=0.62, left=0)
            axes.plot([min(ratio.rounds), max(ratio.rounds)], [place, place], color="black", linewidth=1)
            if asked is not None:
                axes.plot([asked, asked], [place - 0.42, place + 0.42], color=ASKED, linewidth=2)
        axes.set_yticks(range(len(bars)), [label for label, _ in bars], fontsize=6.5)
        axes.invert_yaxis()
        axes.set_xscale("log")
        axes.set_xlim(left=1)
        axes.set_xlabel("time of the other over that of defectkit; black: all rounds, orange: to be reached")
        figure.savefig(path, dpi=160)
