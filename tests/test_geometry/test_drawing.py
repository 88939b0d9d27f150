from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, strategies as st

from defectkit.errors import GeometryError
from defectkit.geometry.drawing import cut, ellipse_ring
from defectkit.geometry.masks import masks_to_runs
from defectkit.geometry.polygons import Polygons, polygons_to_runs
from defectkit.geometry.sets import union

SHAPE = (40, 50)


def disc(center=(20, 25), radius=12):
    rows, columns = np.mgrid[: SHAPE[0], : SHAPE[1]] + 0.5
    return (rows - center[0]) ** 2 + (columns - center[1]) ** 2 < radius**2


@pytest.mark.parametrize("angle", [0.0, 0.4, math.pi / 2])
def test_the_ring_of_an_ellipse_has_its_area_and_lies_on_it(angle):
    ring = ellipse_ring((30.0, 40.0), (6.0, 15.0), angle)
    assert Polygons.from_list([ring]).areas()[0] == pytest.approx(math.pi * 6 * 15, rel=0.01)
    row, col = (ring - (30.0, 40.0)).T
    along = row * math.cos(angle) + col * math.sin(angle)
    across = col * math.cos(angle) - row * math.sin(angle)
    assert np.allclose((along / 6) ** 2 + (across / 15) ** 2, 1)


@pytest.mark.parametrize("semi_axes", [(0, 3), (-1, 3), (math.nan, 2), (1, 2, 3)])
def test_no_ellipse_is_refused(semi_axes):
    with pytest.raises(GeometryError, match="semi-axes"):
        ellipse_ring((1, 1), semi_axes)


@given(
    angle=st.floats(0, math.pi),
    shift=st.floats(-8, 8),
)
def test_the_parts_of_a_disc_are_apart_and_make_it_up(angle, shift):
    whole = masks_to_runs([disc()])
    direction = np.array([math.cos(angle), math.sin(angle)])
    middle = np.array([20.0, 25.0]) + shift * np.array([-direction[1], direction[0]])
    parts = cut(whole, [middle - 30 * direction, middle + 30 * direction], SHAPE)
    assert len(parts) == 2
    assert parts.areas()[0] >= parts.areas()[1] > 0
    assert parts.areas().sum() == whole.areas()[0]
    assert union(parts, [0, 0]) == whole


def test_a_bent_line_and_a_hole():
    mask = disc()
    mask[18:23, 23:28] = False
    whole = masks_to_runs([mask])
    parts = cut(whole, [(20.0, -1.0), (20.0, 25.0), (45.0, 25.0)], SHAPE)
    assert len(parts) == 2
    assert union(parts, [0, 0]) == whole
    assert parts.to_mask(1, SHAPE)[25, 20]
    assert not parts.to_mask(1, SHAPE)[10, 25]


def test_a_part_that_is_not_connected_stays_with_the_largest():
    mask = disc()
    mask[2:4, 2:4] = True
    whole = masks_to_runs([mask])
    parts = cut(whole, [(-5.0, 20.0), (45.0, 20.0)], SHAPE)
    assert union(parts, [0] * len(parts)) == whole
    assert parts.to_mask(0, SHAPE)[2, 2]


@pytest.mark.parametrize(
    "line", [[(20, 25), (22, 25)], [(0, 0), (1, 1)], [(20, 25)], [(20, 25), (math.inf, 3)], [(-5, 0), (45, 0)]]
)
def test_a_line_that_parts_nothing_is_refused(line):
    with pytest.raises(GeometryError):
        cut(masks_to_runs([disc()]), line, SHAPE)


def test_one_mask_is_cut_at_a_time():
    with pytest.raises(GeometryError, match="one mask"):
        cut(polygons_to_runs(Polygons.empty(), SHAPE), [(0, 0), (1, 1)], SHAPE)
