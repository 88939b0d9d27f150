"""Counting rules: exact expectations over every place that a defect can take on the grid."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, strategies as st
from numpy.typing import NDArray

from defectkit.conventions import EdgeRule
from defectkit.errors import GeometryError
from defectkit.measurement.edges import edge_weights, is_cut
from defectkit.records import Exclusion, Field
from defectkit.records.exclusion import OUTSIDE

SHAPE = (23, 31)
sides = st.tuples(st.integers(1, 9), st.integers(1, 9))


def every_place(height: int, width: int, shape: tuple[int, int] = SHAPE) -> NDArray[np.float64]:
    """The boxes of what is seen of a defect at every place from which a part of it reaches into the field."""
    tops, lefts = np.meshgrid(np.arange(1 - height, shape[0]), np.arange(1 - width, shape[1]), indexing="ij")
    corners = np.stack([tops.ravel(), lefts.ravel(), tops.ravel() + height, lefts.ravel() + width], axis=1)
    return np.clip(corners, 0, [shape[0], shape[1], shape[0], shape[1]]).astype(np.float64)


@given(sides)
def test_unbiased_rules_count_every_defect_once(side: tuple[int, int]) -> None:
    boxes = every_place(*side)
    for rule in EdgeRule:
        total = edge_weights(boxes, SHAPE, rule).sum()
        if rule.is_unbiased and rule is not EdgeRule.GUARD:
            assert total == pytest.approx(SHAPE[0] * SHAPE[1]), rule
    assert edge_weights(boxes, SHAPE, "all").sum() > SHAPE[0] * SHAPE[1] or side == (1, 1)
    assert edge_weights(boxes, SHAPE, "exclude").sum() < SHAPE[0] * SHAPE[1]


@given(sides.filter(lambda side: side[0] == side[1]))
def test_a_guard_counts_every_defect_once(side: tuple[int, int]) -> None:
    assert edge_weights(every_place(*side), SHAPE, "guard").sum() == pytest.approx(SHAPE[0] * SHAPE[1])


@given(sides, sides)
def test_rules_are_per_defect_and_do_not_depend_on_the_order(one: tuple[int, int], other: tuple[int, int]) -> None:
    boxes = np.concatenate([every_place(*one)[::7], every_place(*other)[::5]])
    for rule in EdgeRule:
        weights = edge_weights(boxes, SHAPE, rule)
        assert edge_weights(boxes[::-1], SHAPE, rule)[::-1] == pytest.approx(weights)
        assert (weights >= 0).all()


def test_no_defect() -> None:
    for rule in EdgeRule:
        assert edge_weights(np.zeros((0, 4)), SHAPE, rule).shape == (0,)


def test_a_guard_that_leaves_nothing() -> None:
    with pytest.raises(GeometryError, match="leaves nothing"):
        edge_weights(np.array([[0.0, 0.0, 23.0, 31.0]]), SHAPE, "guard")


def every_center(height: int, width: int) -> NDArray[np.float64]:
    """The middles of what is there, seen or not, at the places of :func:`every_place`."""
    tops, lefts = np.meshgrid(np.arange(1 - height, SHAPE[0]), np.arange(1 - width, SHAPE[1]), indexing="ij")
    return np.stack([tops.ravel() + height / 2, lefts.ravel() + width / 2], axis=1)


def places(*boxes: tuple[int, int, int, int], reason: str) -> tuple[Exclusion, ...]:
    return tuple(Exclusion.box(box, reason=reason) for box in boxes)


FIELDS = {
    "a strip": places((17, 0, 23, 31), reason="information strip"),
    "a bar": places((9, 4, 13, 20), reason="burned-in scale bar"),
    "a crop at a corner": places((0, 20, 23, 31), (15, 0, 23, 20), reason=OUTSIDE),
    "a crop in the middle": places((0, 0, 6, 31), (16, 0, 23, 31), reason=OUTSIDE),
    "a crop and a strip": (
        *places((17, 0, 23, 31), reason="information strip"),
        *places((0, 12, 17, 31), reason=OUTSIDE),
    ),
    "a ragged mask": places((3, 3, 8, 9), (5, 7, 14, 12), (0, 29, 9, 31), reason="excluded by hole.png"),
}


@pytest.mark.parametrize("places_of", FIELDS)
@given(side=sides)
def test_one_that_stands_for_its_extent_is_right_in_any_field(places_of: str, side: tuple[int, int]) -> None:
    field = Field(shape=SHAPE, excluded=FIELDS[places_of])
    boxes, centers = every_place(*side), every_center(*side)
    inside = field.holds(centers[:, 0], centers[:, 1])
    top, left, bottom, right = field.window
    seen = np.clip(boxes[inside], [top, left, top, left], [bottom, right, bottom, right])
    weights = edge_weights(seen, field, "horvitz-thompson", centers=centers[inside])
    whole = (weights > 0).any()  # in a field that is smaller than the defect, none is seen whole
    assert weights.sum() == pytest.approx(field.n_pixels if whole else 0)


def test_the_window_is_what_is_seen() -> None:
    assert Field(shape=SHAPE).window == (0, 0, 23, 31)
    windows = {name: Field(shape=SHAPE, excluded=excluded).window for name, excluded in FIELDS.items()}
    assert windows == {
        "a strip": (0, 0, 17, 31),
        "a bar": (0, 0, 23, 31),
        "a crop at a corner": (0, 0, 23, 31),
        "a crop in the middle": (0, 0, 23, 31),
        "a crop and a strip": (0, 0, 17, 31),
        "a ragged mask": (0, 0, 23, 31),
    }
    around = places((0, 0, 23, 4), (0, 28, 23, 31), (0, 0, 2, 31), reason="frame")
    assert Field(shape=SHAPE, excluded=around).window == (2, 4, 23, 28)
    assert Field(shape=SHAPE, excluded=places((0, 0, 23, 31), reason="all")).window == (0, 0, 0, 0)


@given(st.lists(st.tuples(*[st.integers(-3, 34)] * 4), max_size=6))
def test_pixels_in_boxes_are_those_of_the_mask(boxes: list[tuple[int, int, int, int]]) -> None:
    for excluded in FIELDS.values():
        field = Field(shape=SHAPE, excluded=excluded)
        rows, columns = np.indices(SHAPE)
        mask = field.holds(rows.ravel() + 0.5, columns.ravel() + 0.5).reshape(SHAPE)
        expected = [mask[max(t, 0) : max(b, 0), max(e, 0) : max(r, 0)].sum() for t, e, b, r in boxes]
        assert field.n_pixels_in(boxes).tolist() == expected


def test_one_without_an_extent_stands_for_one() -> None:
    for rule in EdgeRule:
        assert edge_weights(np.zeros((2, 4)), SHAPE, rule).tolist() == [1, 1]
    assert not is_cut(np.zeros((1, 4)), Field(shape=SHAPE)).any()
