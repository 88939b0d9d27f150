"""Every text of every figure lies inside the canvas, and none runs into another panel."""

from __future__ import annotations

import itertools
from typing import Any

import attrs
import pytest
from defectkit_jacobs2022.artifact import Outcome
from defectkit_jacobs2022.figures import FIGURES
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox

TOLERANCE = 1.0
"""Pixels: what antialiasing puts around a letter."""

PROVENANCE = (
    "data set synthetic-fecral, labels dataset1@1, dataset2@1, dataset2-expanded@1, 182 images; detector loopnet as it "
    "is for what one model shows (figures 2 to 7 and 12 to 15, hardening), and trained in the studies of splits, "
    "labels and training detector pixel-forest (pixel_size=2 nm/px, n_trees=12, max_depth=14), a budget of 30 minutes",
    "convention jacobs2022; defectkit 0.1.0",
    "The micrographs are drawn from a seed: no number made from them says anything about FeCrAl.",
)
"""As long as that of a reproduction."""


def drawn_axes(figure: Figure) -> list[Axes]:
    return [axes for axes in figure.axes if axes.get_visible()]


def tick_texts(axes: Axes) -> set[int]:
    """Ids of the texts of ticks that lie beyond the limits of an axis, which are there and are not drawn."""
    beyond: set[int] = set()
    for axis in (axes.xaxis, axes.yaxis):
        private: Any = axis  # matplotlib has no public name for the ticks that it draws
        kept = {id(tick) for tick in private._update_ticks()}
        for tick in (*axis.get_major_ticks(), *axis.get_minor_ticks()):
            if id(tick) not in kept:
                beyond |= {id(tick.label1), id(tick.label2)}
    return beyond


def of_panel(axes: Axes) -> list[tuple[str, Bbox]]:
    """The texts of a panel that are drawn, and the boxes around them."""
    beyond = tick_texts(axes)
    if not axes.axison:
        beyond |= {id(text) for axis in (axes.xaxis, axes.yaxis) for text in axis.findobj(Text)}
    return [
        (text.get_text(), text.get_window_extent())
        for text in axes.findobj(Text)
        if text.get_visible() and text.get_text().strip() and id(text) not in beyond
    ]


def outside(box: Bbox, frame: Bbox) -> bool:
    return (
        box.x0 < frame.x0 - TOLERANCE
        or box.y0 < frame.y0 - TOLERANCE
        or box.x1 > frame.x1 + TOLERANCE
        or box.y1 > frame.y1 + TOLERANCE
    )


def overlap(a: Bbox, b: Bbox) -> bool:
    width, height = min(a.x1, b.x1) - max(a.x0, b.x0), min(a.y1, b.y1) - max(a.y0, b.y0)
    return width > TOLERANCE and height > TOLERANCE


@pytest.mark.parametrize("name", FIGURES)
def test_texts_stay_inside_the_canvas_and_their_panel(outcome: Outcome, name: str) -> None:
    check(attrs.evolve(outcome, provenance=PROVENANCE), name)


@pytest.mark.parametrize("name", ["figure8", "figure11"])
def test_names_as_long_as_those_of_a_reproduction_stay_inside(outcome: Outcome, name: str) -> None:
    splits, survey = outcome.result("random-cv"), outcome.result("hyperparameters")
    runs = [f"leave out 20 %, run {k}" for k in range(1, splits.sizes["run"] + 1)]
    labels = [f"border_nm={k}.0, smoothing_nm=2.0, depth_nm=3.0" for k in range(survey.sizes["run"])]
    results = {
        **outcome.results,
        "random-cv": splits.assign_coords(split=("run", runs)),
        "hyperparameters": survey.assign_coords(detector=("run", labels)),
    }
    check(attrs.evolve(outcome, results=results, provenance=PROVENANCE), name)


def check(outcome: Outcome, name: str) -> None:
    (figure,) = FIGURES[name].make(outcome).values()
    figure.canvas.draw()
    private: Any = figure  # matplotlib gives the text of this label, not the label
    panels = {axes: of_panel(axes) for axes in drawn_axes(figure)}
    others = [
        (text.get_text(), text.get_window_extent())
        for text in (*figure.texts, private._supxlabel)
        if text is not None and text.get_text().strip()
    ]
    everything = [*others, *itertools.chain.from_iterable(panels.values())]
    assert [text for text, box in everything if outside(box, Bbox(figure.bbox.get_points()))] == []
    clashes = [
        (text, other)
        for (one, texts), (two, more) in itertools.combinations(panels.items(), 2)
        for text, box in texts
        for other, its in more
        if overlap(box, its) and one.get_position().bounds != two.get_position().bounds
    ]
    assert clashes == []
    into = [
        (text, axes.get_title(loc="left"))
        for one, texts in panels.items()
        for text, box in texts
        for axes in panels
        if axes is not one
        and axes.get_position().bounds != one.get_position().bounds
        and overlap(box, axes.get_window_extent())
    ]
    assert into == []
    assert [text for text, box in others for axes in panels if overlap(box, axes.get_window_extent())] == []


@pytest.mark.parametrize("name", FIGURES)
def test_several_panels_have_letters_and_one_has_none(outcome: Outcome, name: str) -> None:
    (figure,) = FIGURES[name].make(outcome).values()
    drawn = [axes for axes in figure.axes if axes.get_visible()]
    letters = [text.get_text() for axes in drawn for text in axes.texts if text.get_gid() == "letter"]
    assert letters == (list("ABCDEFGHIJKLMNOP"[: len(drawn)]) if len(drawn) > 1 else [])
    assert figure.axes == drawn
