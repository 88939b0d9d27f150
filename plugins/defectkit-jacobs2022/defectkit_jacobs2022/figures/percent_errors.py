"""Percent errors (figures 7, 14 and 15): a bar an image and type, then both averages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from defectkit_jacobs2022.artifact import NamedFigures, Outcome
from defectkit_jacobs2022.figures.canvas import FAINT, draw_legend, panels
from defectkit_jacobs2022.figures.parity_panel import set_title
from defectkit_jacobs2022.figures.published import published_note
from defectkit_jacobs2022.figures.subject import Subject, subject

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TITLES = {"size": "mean size", "shape": "mean shape factor", "density": "areal density"}
AVERAGES = ("mean over images", "full distribution")
GROUP_SHARE = 0.84
"""Part of a group that its bars take."""

LINEAR_AXIS = 400.0
"""Where an error is larger than this, in percent, the axis is logarithmic above :data:`LINEAR_PART`."""

LINEAR_PART = 100.0


def figure7(outcome: Outcome) -> NamedFigures:
    """Return percent errors of mean sizes."""
    return _percent_errors(outcome, "size", 7)


def figure14(outcome: Outcome) -> NamedFigures:
    """Return percent errors of areal densities."""
    return _percent_errors(outcome, "density", 14)


def figure15(outcome: Outcome) -> NamedFigures:
    """Return percent errors of mean shape factors."""
    return _percent_errors(outcome, "shape", 15)


def _percent_errors(outcome: Outcome, quantity: str, number: int) -> NamedFigures:
    about = subject(outcome, "initial")
    n_groups = about.evaluation.sizes["image"] + len(AVERAGES)
    lines = (*outcome.provenance, published_note(number, is_original=outcome.is_original))
    figure, ((axes,),) = panels((max(8.0, 0.44 * n_groups), 5.0), lines, 1, 1)
    _draw(axes, about, quantity)
    draw_legend(figure, axes.get_legend_handles_labels()[0])
    return {"": figure}


def _draw(axes: Axes, about: Subject, quantity: str) -> None:
    here = about.evaluation.sel(subset="all")
    names = [str(name) for name in here["image"].values]
    at = np.concatenate([np.arange(len(names)), len(names) + 0.6 + np.arange(len(AVERAGES))])
    width = GROUP_SHARE / max(1, len(about.types))
    undefined = []
    for k, name in enumerate(about.types):
        mark = about.marks[name]
        of_type = here.sel(defect_type=name)
        values = np.array(
            [
                *of_type[f"image_{quantity}_error"].values,
                of_type[f"averaged_{quantity}_error"].item(),
                of_type[f"{quantity}_error"].item(),
            ]
        )
        places = at + (k - (len(about.types) - 1) / 2) * width
        axes.bar(
            places, np.where(np.isnan(values), 0, values), width,
            color=mark.color, edgecolor="black", linewidth=0.5, hatch=mark.hatch, label=mark.title,
        )  # fmt: skip
        deviation = of_type[f"averaged_{quantity}_error_sd"].item()
        if np.isfinite([values[-2], deviation]).all():
            axes.errorbar(places[-2], values[-2], deviation, color="black", capsize=2.5, lw=1, gid=f"sd {name}")
        _mark_undefined(axes, places, values, mark.color, name)
        if n := int(np.isnan(values[: len(names)]).sum()):
            undefined.append(f"{mark.title} in {n}")
    axes.axvline(len(names) - 0.2, color=FAINT, lw=1)
    axes.set_ylim(bottom=0)
    is_bent = bool(axes.dataLim.y1 > LINEAR_AXIS)
    if is_bent:
        axes.set_yscale("symlog", linthresh=LINEAR_PART, linscale=1.5)
        axes.yaxis.set_major_formatter("{x:g}")
    axes.set_xlim(at[0] - 0.6, at[-1] + 0.6)
    axes.set_xticks(at, [*names, *AVERAGES], rotation=60, ha="right", rotation_mode="anchor", fontsize=7)
    for label in axes.get_xticklabels()[-len(AVERAGES) :]:
        label.set_fontweight("bold")
    axes.set_ylabel(f"error of the {TITLES[quantity]} / %", fontsize=9)
    set_title(
        axes,
        [
            f"percent error of the {TITLES[quantity]} by type, all defects; {len(names)} test images; bar on the mean: "
            f"standard deviation over images (ddof {about.convention.image_ddof})",
            f"undefined (crosses), no defect to compare: {', '.join(undefined)} of {len(names)} images"
            if undefined
            else "",
            f"the axis is logarithmic above {LINEAR_PART:g} %" if is_bent else "",
        ],
    )


def _mark_undefined(
    axes: Axes, places: NDArray[np.float64], values: NDArray[np.float64], color: str, name: str
) -> None:
    missing = places[np.isnan(values)]
    if missing.size:
        axes.plot(
            missing, np.full(missing.size, 0.02), ls="", marker="x", ms=5, mew=1.6, color=color,
            transform=axes.get_xaxis_transform(), gid=f"undefined {name}", zorder=4,
        )  # fmt: skip
