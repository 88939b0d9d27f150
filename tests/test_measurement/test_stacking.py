from __future__ import annotations

import numpy as np

from defectkit.measurement.stacking import stacked, unstacked
from defectkit.records import Instances


def squares(*sides: int, types: tuple[str, ...], shape: tuple[int, int]) -> Instances:
    masks = np.zeros((len(sides), *shape), bool)
    for mask, side in zip(masks, sides, strict=True):
        mask[:side, :side] = True
    return Instances.from_masks(masks, types=types, shape=shape)


def test_types_are_joined_and_frames_hold_each_other() -> None:
    wide = squares(2, 3, types=("bdot", "loop"), shape=(4, 9))
    tall = squares(4, 1, types=("cavity", "bdot"), shape=(8, 5))
    both = stacked([wide, Instances.empty((3, 3), ["widget"]), tall])
    assert both.shape == (8, 9)
    assert both.type_names == ("bdot", "loop", "cavity", "bdot")
    assert both.areas.tolist() == [4, 9, 16, 1]
    assert both.ids.tolist() == [0, 1, 2, 3]


def test_values_go_back_to_their_parts() -> None:
    parts = [squares(2, types=("a",), shape=(4, 4)), Instances.empty((4, 4)), squares(1, 3, types="bc", shape=(4, 4))]
    assert [v.tolist() for v in unstacked(np.array([1.0, 2.0, 3.0]), parts)] == [[1.0], [], [2.0, 3.0]]


def test_one_part_is_itself() -> None:
    alone = squares(2, types=("a",), shape=(4, 4))
    assert stacked([alone]) is alone
