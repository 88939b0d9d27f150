from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest

from defectkit.errors import LabelReadError
from defectkit.formats.mending import Mended, mend
from defectkit.formats.report import Problem, RepairKind
from defectkit.formats.shapes import ellipse, rectangle
from defectkit.geometry.polygons import Polygons, rings_to_runs

SQUARE = [(10, 10), (10, 20), (20, 20), (20, 10)]


def mended(*rings: Sequence[tuple[float, float]], shape: tuple[int, int] = (100, 100)) -> Mended:
    vertices = np.array([vertex for ring in rings for vertex in ring], dtype=np.float64).reshape(-1, 2)
    return mend(vertices, np.cumsum([0, *map(len, rings)]).astype(np.int64), shape)


def test_good_outlines_are_untouched() -> None:
    result = mended(SQUARE, [(0, 0), (0, 100), (100, 100), (100, 0)])
    assert result.faults == ()
    assert result.polygons.ring(0).tolist() == [list(map(float, v)) for v in SQUARE]


def test_no_outline_at_all() -> None:
    result = mended()
    assert (len(result.polygons), result.faults, result.refused) == (0, (), frozenset())


def test_a_repeated_last_vertex_is_left_out_without_a_word() -> None:
    result = mended([*SQUARE, SQUARE[0]], [*SQUARE, SQUARE[0], SQUARE[0]])
    assert result.faults == ()
    assert [len(result.polygons.ring(i)) for i in (0, 1)] == [4, 4]


@pytest.mark.parametrize(
    ("ring", "problem", "words"),
    [
        ([(1, 1), (2, 2)], Problem.ZERO_AREA, "2 vertices"),
        ([], Problem.ZERO_AREA, "no vertices"),
        ([(3, 3), (3, 3), (3, 3)], Problem.ZERO_AREA, "1 vertex"),
        ([(1, 1), (5, 5), (3, 3)], Problem.ZERO_AREA, "no area"),
        ([(1, 1), (np.nan, 5), (3, 0)], Problem.MALFORMED, "no number"),
        ([(1, 1), (np.inf, 5), (3, 0)], Problem.MALFORMED, "no number"),
        ([(-9, -9), (-9, -5), (-5, -5)], Problem.OUT_OF_FRAME, "outside the frame"),
    ],
)
def test_what_encloses_nothing_is_refused(ring: list[tuple[float, float]], problem: Problem, words: str) -> None:
    result = mended(SQUARE, ring)
    (fault,) = result.faults
    assert (fault.index, fault.kind, fault.problem) == (1, RepairKind.REFUSED, problem)
    assert words in fault.what
    assert result.refused == {1}
    assert len(result.polygons.ring(0)) == 4
    assert len(result.polygons.ring(1)) == 0


def test_of_a_bow_tie_the_larger_side_stays() -> None:
    result = mended([(0, 0), (30, 30), (30, 0), (0, 10)])  # crosses itself at (7.5, 7.5)
    (fault,) = result.faults
    assert (fault.kind, fault.problem) == (RepairKind.MENDED, Problem.SELF_CROSSING)
    assert "largest of 2 parts is kept, 337.5 of 375 square pixels" in fault.what
    assert result.polygons.areas().tolist() == [337.5]


def test_an_outline_drawn_twice_around_is_kept_once() -> None:
    result = mended([*SQUARE, *SQUARE])
    assert [fault.problem for fault in result.faults] == [Problem.SELF_CROSSING]
    assert result.polygons.areas().tolist() == [100.0]


@pytest.mark.parametrize(
    "ring",
    [
        pytest.param([(0, 0), (0, 2), (2, 2), (2, 4), (4, 4), (4, 2), (2, 2), (2, 0)], id="touches itself at a corner"),
        pytest.param(
            [(0, 0), (0, 9), (9, 9), (9, 0), (0, 0), (3, 3), (6, 3), (6, 6), (3, 6), (3, 3)], id="bridge to a hole"
        ),
        pytest.param(
            [(0, 0), (0, 3), (3, 3), (3, 0), (0, 0), (50, 7), (50, 9), (60, 9), (60, 7), (50, 7)], id="bridge to a part"
        ),
        pytest.param([(0, 0), (0, 9), (9, 9), (14, 14), (9, 9), (9, 0)], id="spike"),
    ],
)
def test_what_only_touches_itself_is_kept(ring: list[tuple[float, float]]) -> None:
    result = mended(ring)
    assert result.faults == ()
    assert result.polygons.ring(0).tolist() == [list(map(float, v)) for v in ring]


def test_what_leaves_the_frame_is_cut_at_the_border() -> None:
    result = mended([(-5, 10), (10, 10), (10, 120), (-5, 120)])
    (fault,) = result.faults
    assert (fault.kind, fault.problem) == (RepairKind.MENDED, Problem.OUT_OF_FRAME)
    assert "20 px beyond the frame of 100 x 100 px" in fault.what
    assert result.polygons.areas().tolist() == [900.0]
    assert result.polygons.boxes().tolist() == [[0.0, 10.0, 10.0, 100.0]]


def test_what_the_frame_cuts_in_two_keeps_both_parts() -> None:
    fork = [(-10, 0), (20, 0), (20, 10), (-5, 10), (-5, 20), (20, 20), (20, 30), (-10, 30)]
    result = mended(fork)
    assert "2 parts" in result.faults[0].what
    assert len(result.polygons.ring(0)) == 0
    assert rings_to_runs([result.parts[0]], (100, 100)).areas().tolist() == [400]


def test_a_bridged_outline_that_leaves_the_frame_keeps_its_hole() -> None:
    ring = [(-9, 0), (-9, 9), (9, 9), (9, 0), (-9, 0), (3, 3), (6, 3), (6, 6), (3, 6), (3, 3)]
    result = mended(ring)
    assert [fault.problem for fault in result.faults] == [Problem.OUT_OF_FRAME]
    assert rings_to_runs([result.parts[0]], (100, 100)).areas().tolist() == [81 - 9]


def test_each_outline_of_many_gets_its_own_fault() -> None:
    result = mended(SQUARE, [(0, 0), (9, 9), (9, 0), (0, 6)], SQUARE, [(1, 1)], [(-5, 0), (5, 0), (5, 5)])
    assert [(f.index, f.problem) for f in result.faults] == [
        (1, Problem.SELF_CROSSING),
        (3, Problem.ZERO_AREA),
        (4, Problem.OUT_OF_FRAME),
    ]
    assert result.polygons.areas()[[0, 2]].tolist() == [100.0, 100.0]


@pytest.mark.parametrize(("radius_x", "radius_y"), [(4, 4), (3, 9), (400, 30), (2000, 2000)])
def test_ellipses_have_their_area_axes_and_center(radius_x: float, radius_y: float) -> None:
    theta = 0.7
    ring = ellipse(500, 600, radius_x, radius_y, theta)
    assert len(ring) % 4 == 0
    assert Polygons.from_list([ring]).areas()[0] == pytest.approx(math.pi * radius_x * radius_y, rel=2e-3)
    assert ring.mean(axis=0) == pytest.approx([500, 600])
    distance = np.hypot(*(ring - [500, 600]).T)
    assert (distance.min(), distance.max()) == pytest.approx((min(radius_x, radius_y), max(radius_x, radius_y)))
    assert ring[0] == pytest.approx([500 + radius_x * math.sin(theta), 600 + radius_x * math.cos(theta)])
    middle = (ring + np.roll(ring, 1, axis=0)) / 2 - [500, 600]
    turned = middle @ [[math.sin(theta), math.cos(theta)], [math.cos(theta), -math.sin(theta)]]
    inside = np.hypot(*(turned / [radius_x, radius_y]).T)
    assert ((1 - inside) * max(radius_x, radius_y)).max() < 0.011


@pytest.mark.parametrize("radius", [0.0, -1.0, math.nan, math.inf])
def test_ellipses_without_area_are_refused(radius: float) -> None:
    with pytest.raises(LabelReadError, match="no area"):
        ellipse(5, 5, 3, radius)


def test_rectangles_without_area_are_refused() -> None:
    with pytest.raises(LabelReadError, match="no area"):
        rectangle(3, 3, 3, 8)
