from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import xarray
from matplotlib.figure import Figure

from defectkit.errors import OutputError
from defectkit.records import Image, Instances
from defectkit.reports.evaluation_plots import confusion_figure, find_figure, histogram_figure, parity_figure
from defectkit.reports.panels import DOTS_PER_INCH, LINE, Layout, name_panel, panels, width_of, write_png
from defectkit.workflows import evaluate

SHAPE = (64, 64)
TYPES = ("bdot", "a_rather_long_name_of_a_type", "WIDE_MMMMMMMM")


@pytest.fixture(scope="module")
def result() -> xarray.Dataset:
    masks = np.zeros((6, *SHAPE), bool)
    for k, mask in enumerate(masks):
        mask[10 * k : 10 * k + 3 + k, 5 : 8 + 2 * k] = True
    truth = {name: Instances.from_masks(masks, types=[*TYPES, *TYPES], shape=SHAPE) for name in ("a", "b")}
    predicted = {"a": truth["a"].take([0, 1, 2, 4]), "b": truth["b"].take([1, 2, 3, 5])}
    images = [Image.from_array(name, np.zeros(SHAPE), pixel_size="0.5 nm/px") for name in truth]
    return evaluate(truth, predicted, images)


def test_a_panel_has_the_size_that_it_is_given_however_many_there_are() -> None:
    layout = Layout(panel=(3.0, 1.5), left=0.8, between=(0.5, 0.7))
    for rows, columns in ((1, 1), (5, 2)):
        figure, grid = panels(rows, columns, layout, title=["one", "two"])
        assert (len(grid), len(grid[0]), figure.dpi) == (rows, columns, DOTS_PER_INCH)
        for axes in figure.axes:
            size = axes.get_position().size * figure.get_size_inches()
            assert size == pytest.approx((3.0, 1.5))
    first, below, beside = (
        grid[i][j].get_position().p0 * figure.get_size_inches() for i, j in ((0, 0), (1, 0), (0, 1))
    )
    assert first[0] == pytest.approx(0.8)
    assert first - below == pytest.approx((0.0, 1.5 + 0.7))
    assert beside - first == pytest.approx((3.0 + 0.5, 0.0))


@pytest.mark.parametrize(
    "draw",
    [
        find_figure,
        confusion_figure,
        lambda result: histogram_figure(result, "size"),
        lambda result: histogram_figure(result, "shape"),
        parity_figure,
    ],
)
def test_no_text_of_an_evaluation_is_cut_off_or_lies_on_another(draw: object, result: xarray.Dataset) -> None:
    figure: Figure = draw(result)  # type: ignore[operator]  # each of them is a function
    figure.canvas.draw()
    drawn = figure.get_tightbbox()
    assert (np.asarray(drawn.min) >= 0).all()
    assert (np.asarray(drawn.max) <= figure.get_size_inches()).all()
    title = figure.texts[0].get_window_extent()
    for axes in figure.axes:
        assert not axes.title.get_window_extent().overlaps(title)
        for axis in (axes.xaxis, axes.yaxis):
            low, high = sorted(axis.get_view_interval())
            ticks = [
                tick.label1.get_window_extent() for tick in axis.get_major_ticks() if low <= tick.get_loc() <= high
            ]
            assert ticks
            if axis.get_label().get_text():
                name = axis.get_label().get_window_extent()
                assert not [tick for tick in ticks if tick.overlaps(name)]


def test_names_hold_no_markup() -> None:
    layout = Layout(panel=(2.0, 2.0), raised=LINE)
    figure, ((axes,),) = panels(1, 1, layout, title=["a $1 store"])
    name_panel(axes, layout, x="$x", y="y$", title="50 $")
    figure.canvas.draw()
    assert (axes.get_xlabel(), axes.get_ylabel(), axes.get_title()) == ("$x", "y$", "50 $")
    assert axes.title.get_position()[1] == pytest.approx(1 + LINE / 2)


def test_the_longest_text_tells_the_width() -> None:
    assert width_of([]) == 0
    assert width_of(["abc", "a"]) == width_of(["abc"]) > width_of(["a"])


def test_a_figure_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    figure, _ = panels(1, 1, Layout(panel=(1.0, 1.0)), title=[])
    with pytest.raises(OutputError, match="cannot be written"):
        write_png(figure, tmp_path / "nowhere" / "figure.png")
