from __future__ import annotations

import itertools

import numpy as np
from hypothesis import given, strategies as st

from defectkit.conventions import DEFECTKIT
from defectkit.reports.charts import chart
from defectkit.reports.histograms import FEWEST_BINS, LARGEST_SHARE, histogram, readable_edges

EDGES = (0.0, 10.0, 20.0, 30.0)

values = st.lists(st.floats(-100, 1000) | st.just(float("nan")), max_size=60)


@given(values)
def test_nothing_is_dropped(given_values: list[float]) -> None:
    shown = histogram(given_values, EDGES)
    assert shown.total + shown.unknown == len(given_values)
    assert shown.under == sum(v < 0 for v in given_values)
    assert shown.over == sum(v > 30 for v in given_values)


@given(values)
def test_readable_bins_hold_all_but_the_largest(given_values: list[float]) -> None:
    edges = readable_edges(given_values, EDGES)
    assert all(low < high for low, high in itertools.pairwise(edges))
    shown = histogram(given_values, edges)
    assert shown.total + shown.unknown == len(given_values)
    if edges != EDGES:
        assert shown.under == 0
        assert shown.over <= max(1, 0.02 * shown.total)
        assert len(edges) <= 20


def test_bins_of_the_convention_stay_where_they_tell_apart() -> None:
    wide = np.linspace(1, 88, 200)
    assert readable_edges(wide, DEFECTKIT.size_edges_nm("all")) == DEFECTKIT.size_edges_nm("all")


def test_bins_that_are_too_coarse_are_replaced() -> None:
    narrow = np.linspace(2.1, 9.9, 200)
    edges = readable_edges(narrow, DEFECTKIT.size_edges_nm("all"))
    shown = histogram(narrow, edges)
    assert np.count_nonzero(shown.counts) >= FEWEST_BINS
    assert max(shown.counts) <= LARGEST_SHARE * shown.total
    assert edges[0] == 2.0 and edges[1] == 2.5


def test_few_or_equal_values_keep_the_bins() -> None:
    for few in ([], [3.0], [3.0] * 50, [float("nan")]):
        assert readable_edges(few, EDGES) == EDGES


def test_a_chart_has_a_bar_for_everything() -> None:
    drawn = chart(histogram([-5, 1, 2, 15, 99, 99], EDGES), title="Size", x_label="nm", color="#123456")
    assert [(bar.count, bar.is_overflow) for bar in drawn.bars] == [
        (1, True),
        (2, False),
        (1, False),
        (0, False),
        (2, True),
    ]
    assert drawn.bars[-1].text == "above 30"
    labels = [tick.label for tick in drawn.x_ticks]
    assert labels[0] == "<0" and labels[-1] == ">30"
    for bar in drawn.bars:
        assert drawn.left <= bar.x and bar.x + bar.width <= drawn.right
        assert drawn.top <= bar.y and abs(bar.y + bar.height - drawn.base) < 1e-9
    heights = {bar.count: bar.height for bar in drawn.bars}
    assert heights[2] == 2 * heights[1] > 0 == heights[0]
    assert drawn.summary == "Size: 6 defects; below 0: 1; 0 to 10: 2; 10 to 20: 1; above 30: 2"


def test_a_chart_of_nothing_says_so() -> None:
    drawn = chart(histogram([], EDGES), title="Size", x_label="nm", color="#123456")
    assert drawn.summary == "Size: no defect"
    assert [bar.count for bar in drawn.bars] == [0, 0, 0]


@given(st.integers(1, 10**7))
def test_the_count_axis_is_whole_numbers(largest: int) -> None:
    drawn = chart(histogram([1.0], EDGES), title="", x_label="", color="#123456")
    assert len(drawn.y_ticks) >= 2
    from defectkit.reports.charts import _y_values

    ticks = _y_values(largest)
    assert ticks[0] == 0 and ticks[-1] >= largest and 2 <= len(ticks) <= 6
