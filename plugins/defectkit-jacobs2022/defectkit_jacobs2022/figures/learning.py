"""Figure 10: learning curves, the F1 of types over the number of defects trained on."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.statistics import Bootstrap
from defectkit.statistics.variables import ALL
from defectkit.studies import bootstrap
from defectkit_jacobs2022.artifact import NamedFigures, Outcome
from defectkit_jacobs2022.figures.canvas import INK, draw_legend, panels
from defectkit_jacobs2022.figures.learning_fit import draw_fit
from defectkit_jacobs2022.figures.marks import Mark
from defectkit_jacobs2022.figures.parity_panel import set_title
from defectkit_jacobs2022.figures.published import published_note
from defectkit_jacobs2022.figures.subject import Subject, subjects

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Floats = NDArray[np.float64]

N_RESAMPLES = 200
OVERALL, BY_TYPE = "overall_type_f1_score", "type_f1_score"


@attrs.frozen(kw_only=True)
class Curve:
    """How the runs of one study are drawn.

    Parameters
    ----------
    title, marker : str
    is_filled : bool
    is_random : bool
        Whether train sides are drawn at random, so that one curve goes through all.
    """

    title: str
    marker: str
    is_filled: bool
    is_random: bool = True


CURVES: Mapping[str, Curve] = MappingProxyType(
    {
        "learning-curve": Curve(title="random images, same test side", marker="o", is_filled=True),
        "leave-percent-out": Curve(title="random images, rest as test side", marker="^", is_filled=False),
        "groups": Curve(title="a group left out", marker="s", is_filled=False, is_random=False),
    }
)
"""By the study: random train sides of rising size, leave percent out, and leave group out."""


@attrs.frozen(kw_only=True, eq=False)
class Runs:
    """The runs of one study over the numbers that they were trained on.

    Parameters
    ----------
    trained : numpy.ndarray, shape (R,)
        Defects of a type, or of all, on the train side.
    score, low, high : numpy.ndarray, shape (R,)
        F1 and the ends of its interval; NaN where it cannot be said.
    n_lacking : numpy.ndarray, shape (R,)
        Types without an F1, which the mean leaves out; 0 for a single type.
    """

    trained: Floats
    score: Floats
    low: Floats
    high: Floats
    n_lacking: Floats


def figure10(outcome: Outcome, *, n_resamples: int = N_RESAMPLES, seed: int = 0) -> NamedFigures:
    """Return learning curves: overall on a linear axis, then all types on a logarithmic one.

    Parameters
    ----------
    outcome : Outcome
    n_resamples : int
        Of the bootstrap that the intervals of 95 % come from.
    seed : int
    """
    from matplotlib.lines import Line2D

    every = {study: subjects(outcome, study) for study in CURVES}
    marks: dict[str, Mark] = {}
    for runs in every.values():
        for about in runs:
            marks |= about.marks
    types = [name for name in marks if name != ALL]
    collected = {study: learned(outcome, study, every[study], types, n_resamples, seed) for study in CURVES}
    lines = (*outcome.provenance, published_note(10, is_original=outcome.is_original))
    figure, ((left, right),) = panels((11.4, 5.4), lines, 1, 2)
    overall = {study: runs[ALL] for study, runs in collected.items()}
    lost = _draw(left, overall, INK, ALL)
    of_random = [runs for study, runs in overall.items() if CURVES[study].is_random]
    trained, scores = (np.concatenate([getattr(runs, k) for runs in of_random]) for k in ("trained", "score"))
    told = draw_fit(left, trained, scores, seed)
    left.set_xlim(left=0)
    set_title(left, ["overall, mean over types; bars: 95 % bootstrap interval", told, lost.told()])
    of_types = Lost()
    for name in types:
        of_types += _draw(right, {study: runs[name] for study, runs in collected.items()}, marks[name].color, name)
    if any((runs[name].trained > 0).any() for runs in collected.values() for name in types):
        _logarithmic(right)
    set_title(right, ["by type; bars: 95 % bootstrap interval", of_types.told()])
    for axes, whose in ((left, ""), (right, " of the type")):
        axes.set_ylim(-0.02, 1.02)
        axes.set_xlabel(f"training defects{whose}", fontsize=8.5)
        axes.set_ylabel("type F1 of found defects", fontsize=8.5)
    colors = [Line2D([], [], ls="", marker="s", color=marks[name].color, label=marks[name].title) for name in types]
    draw_legend(figure, [*left.get_legend_handles_labels()[0], *colors], columns=3)
    return {"": figure}


def learned(
    outcome: Outcome, study: str, runs: list[Subject], types: list[str], n_resamples: int, seed: int
) -> dict[str, Runs]:
    """Return the F1 of each type, and overall under ``all``, over the numbers trained on.

    Parameters
    ----------
    outcome : Outcome
    study : str
    runs : list of Subject
        Of that study, in order.
    types : list of str
    n_resamples, seed : int
        Of the bootstrap.
    """
    counts = outcome.result(study)["train_count"]
    known = [str(name) for name in counts["defect_type"].values]
    names = [ALL, *types]
    scores = np.full((3, len(names), len(runs)), np.nan)
    lacking = np.array([float(about.at_threshold()[f"undefined_{OVERALL}"]) for about in runs])
    for r, about in enumerate(runs):
        how = Bootstrap(n_resamples=n_resamples, level="images-and-defects", seed=seed, confidence=0.95)
        found = bootstrap(
            about.evaluation,
            how,
            statistics=[OVERALL, BY_TYPE],
        ).sel(iou_threshold=about.iou_threshold, method="nearest")
        for k, name in enumerate(names):
            for end, suffix in enumerate(("", "_low", "_high")):
                if name == ALL:
                    scores[end, k, r] = float(found[OVERALL + suffix])
                elif name in found["defect_type"].values:
                    scores[end, k, r] = float(found[BY_TYPE + suffix].sel(defect_type=name))
    return {
        name: Runs(
            trained=counts.sel(defect_type=name).values.astype(np.float64) if name in known else np.zeros(len(runs)),
            score=scores[0, k],
            low=scores[1, k],
            high=scores[2, k],
            n_lacking=lacking if name == ALL else np.zeros(len(runs)),
        )
        for k, name in enumerate(names)
    }


@attrs.frozen(kw_only=True)
class Lost:
    """Runs that are not drawn as they are: without a score, trained on none, without an interval, lacking a type."""

    undefined: int = 0
    none_trained: int = 0
    without_interval: int = 0
    partial: int = 0

    def __add__(self, other: Lost) -> Lost:
        return Lost(**{name: value + getattr(other, name) for name, value in attrs.asdict(self).items()})

    def told(self) -> str:
        """Return what there is of it, in words."""
        parts = (
            (self.undefined, "undefined: no found pair (crosses)"),
            (self.none_trained, "trained on none (not drawn)"),
            (self.without_interval, "without an interval"),
            (self.partial, "with a mean that lacks a type"),
        )
        told = ", ".join(f"{n} {words}" for n, words in parts if n)
        return f"runs: {told}" if told else ""


def _draw(axes: Axes, collected: Mapping[str, Runs], color: str, name: str) -> Lost:
    """Draw the runs of all studies, of one type or overall."""
    lost = Lost()
    for study, runs in collected.items():
        look = CURVES[study]
        drawn = ~np.isnan(runs.score)
        on_axis = drawn & (runs.trained > 0) if name != ALL else drawn
        bars = on_axis & ~np.isnan(runs.low) & ~np.isnan(runs.high)
        lost += Lost(
            undefined=int((~drawn).sum()),
            none_trained=int((drawn & ~on_axis).sum()),
            without_interval=int((on_axis & ~bars).sum()),
            partial=int((drawn & (runs.n_lacking > 0)).sum()),
        )
        without = ~drawn & (runs.trained > 0)
        axes.plot(
            runs.trained[without], np.full(int(without.sum()), 0.02), ls="", marker="x", ms=6, mew=1.5, color=color,
            transform=axes.get_xaxis_transform(), gid=f"undefined {study} {name}", zorder=3,
        )  # fmt: skip
        score, low, high = runs.score[bars], runs.low[bars], runs.high[bars]
        ends = np.clip([score - low, high - score], 0, None)
        axes.errorbar(runs.trained[bars], score, ends, fmt="none", ecolor="#9a9a9a", elinewidth=0.8, zorder=2)
        axes.plot(
            runs.trained[on_axis], runs.score[on_axis], ls="", marker=look.marker, ms=6.5, color=color,
            mfc=color if look.is_filled else "white", mec="black" if look.is_filled else color,
            mew=0.6 if look.is_filled else 1.5, label=look.title, gid=f"{study} {name}", zorder=3,
        )  # fmt: skip
    return lost


def _logarithmic(axes: Axes) -> None:
    from matplotlib.ticker import LogFormatter

    axes.set_xscale("log")
    axes.xaxis.set_major_formatter("{x:g}")
    axes.xaxis.set_minor_formatter(LogFormatter())
    axes.tick_params(which="both", labelsize=8)
