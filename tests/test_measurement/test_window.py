"""Windows with places left out, and strips along a line."""

from __future__ import annotations

import numpy as np
import pytest

from defectkit.errors import RecordError
from defectkit.measurement.profiles import distances_to_line, strip_areas
from defectkit.measurement.spatial import ripley_k
from defectkit.measurement.window import Window
from defectkit.records import Exclusion, Field

FRAME = (40.0, 60.0)


def half() -> Window:
    """A frame whose right third is left out."""
    mask = np.ones((80, 120), bool)
    mask[:, 80:] = False
    return Window.of_mask(mask, FRAME)


def test_a_mask_that_leaves_out_nothing_is_the_frame() -> None:
    whole, masked = Window(frame=FRAME), Window.of_mask(np.ones((80, 120), bool), FRAME)
    apart = np.array([[0.0, 0.0], [3.0, -7.5], [-20.0, 30.0]])
    assert masked.area == whole.area == 2400
    assert masked.shared_area(apart) == pytest.approx(whole.shared_area(apart))


def test_what_is_shared_is_that_of_the_part_that_is_left() -> None:
    apart = np.array([[0.0, 0.0], [2.0, 5.0], [-2.0, -5.0]])
    assert half().shared_area(apart) == pytest.approx(Window(frame=(40.0, 40.0)).shared_area(apart))


def test_a_field_is_a_window_in_nm() -> None:
    strip = Exclusion.box((30, 0, 40, 60), reason="strip")
    window = Window.of_field(Field(shape=(40, 60), excluded=(strip,)), (0.5, 2.0))
    assert window.frame == (20.0, 120.0)
    assert window.area == pytest.approx(0.75 * 2400)
    assert window.holds(np.array([[14.9, 1.0], [15.0, 1.0], [30 * 0.5 - 1e-12, 1.0]])).tolist() == [True, False, False]
    points = window.random_points(500, np.random.default_rng(0))
    assert points.shape == (500, 2) and window.holds(points).all()


def test_k_of_points_at_random_is_unbiased_with_places_left_out() -> None:
    """The window is larger than COARSEST allows cells for, so that shared areas come from coarse cells."""
    mask = np.ones((600, 900), bool)
    mask[200:400, 300:700] = False
    window, radii = Window.of_mask(mask, FRAME), np.array([2.0, 5.0, 9.0])
    rng = np.random.default_rng(1)
    drawn = [ripley_k(window.random_points(60, rng), window, radii) for _ in range(1000)]
    error = np.std(drawn, axis=0) / np.sqrt(len(drawn))
    assert (np.abs(np.mean(drawn, axis=0) - np.pi * radii**2) < 3.5 * error + 0.003 * np.pi * radii**2).all()


def test_a_point_in_an_excluded_place_is_refused() -> None:
    with pytest.raises(RecordError, match="excluded place"):
        ripley_k(np.array([[1.0, 50.0], [1.0, 1.0]]), half(), np.array([1.0]))


def test_strips_of_a_straight_line_by_hand() -> None:
    line = np.array([[10.0, -100.0], [10.0, 200.0]])
    assert strip_areas(Window(frame=FRAME), line, np.array([0.0, 5.0, 10.0, 20.0])) == pytest.approx(
        [600, 600, 600], rel=0.01
    )
    assert strip_areas(half(), line, np.array([0.0, 5.0])) == pytest.approx([400], rel=0.01)


def test_strips_cover_the_window_whatever_the_line() -> None:
    line = np.array([[3.0, 5.0], [20.0, 30.0], [20.0, 30.0], [38.0, 20.0]])
    assert strip_areas(half(), line, np.linspace(0, 100, 8)).sum() == pytest.approx(half().area, rel=1e-3)


def test_distances_do_not_depend_on_the_direction_of_a_line() -> None:
    line = np.array([[3.0, 5.0], [20.0, 30.0], [38.0, 20.0]])
    points = np.random.default_rng(0).uniform(0, 40, (50, 2))
    assert distances_to_line(points, line) == pytest.approx(distances_to_line(points, line[::-1]))


@pytest.mark.parametrize("line", [[[1.0, 1.0]], [[1.0, 1.0], [1.0, 1.0]], [1.0, 2.0]])
def test_a_line_has_two_ends(line: list[list[float]]) -> None:
    with pytest.raises(RecordError, match="two different vertices"):
        distances_to_line(np.zeros((1, 2)), np.array(line))


@pytest.mark.parametrize("edges", [[1.0], [-1.0, 2.0], [2.0, 2.0]])
def test_distances_rise(edges: list[float]) -> None:
    with pytest.raises(RecordError, match="rise"):
        strip_areas(Window(frame=FRAME), np.array([[0.0, 0.0], [1.0, 1.0]]), np.array(edges))
