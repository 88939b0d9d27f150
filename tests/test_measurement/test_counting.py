"""Counting rules: exact expectations over every place that a defect can take on the grid."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, strategies as st
from numpy.typing import NDArray

from defectkit.errors import GeometryError
from defectkit.measurement.counting import EdgeRule, counting_weights

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
        total = counting_weights(boxes, SHAPE, rule).sum()
        if rule.is_unbiased and rule is not EdgeRule.GUARD:
            assert total == pytest.approx(SHAPE[0] * SHAPE[1]), rule
    assert counting_weights(boxes, SHAPE, "all").sum() > SHAPE[0] * SHAPE[1] or side == (1, 1)
    assert counting_weights(boxes, SHAPE, "exclude").sum() < SHAPE[0] * SHAPE[1]


@given(sides.filter(lambda side: side[0] == side[1]))
def test_a_guard_counts_every_defect_once(side: tuple[int, int]) -> None:
    assert counting_weights(every_place(*side), SHAPE, "guard").sum() == pytest.approx(SHAPE[0] * SHAPE[1])


@given(sides, sides)
def test_rules_are_per_defect_and_do_not_depend_on_the_order(one: tuple[int, int], other: tuple[int, int]) -> None:
    boxes = np.concatenate([every_place(*one)[::7], every_place(*other)[::5]])
    for rule in EdgeRule:
        weights = counting_weights(boxes, SHAPE, rule)
        assert counting_weights(boxes[::-1], SHAPE, rule)[::-1] == pytest.approx(weights)
        assert (weights >= 0).all()


def test_no_defect() -> None:
    for rule in EdgeRule:
        assert counting_weights(np.zeros((0, 4)), SHAPE, rule).shape == (0,)


def test_a_guard_that_leaves_nothing() -> None:
    with pytest.raises(GeometryError, match="leaves nothing"):
        counting_weights(np.array([[0.0, 0.0, 23.0, 31.0]]), SHAPE, "guard")
