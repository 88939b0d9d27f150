from __future__ import annotations

import numpy as np

from defectkit.geometry.polygons import Polygons
from defectkit.geometry.runs import Runs
from defectkit.measurement.stacking import Stack, unstack
from defectkit.records import Instances


def squares(*sides: int, types: tuple[str, ...], shape: tuple[int, int]) -> Instances:
    masks = np.zeros((len(sides), *shape), bool)
    for mask, side in zip(masks, sides, strict=True):
        mask[:side, :side] = True
    return Instances.from_masks(masks, types=types, shape=shape)


def test_types_are_joined() -> None:
    wide = squares(2, 3, types=("bdot", "loop"), shape=(4, 9))
    tall = squares(4, 1, types=("cavity", "bdot"), shape=(8, 5))
    both = Stack(parts=[wide, Instances.empty((3, 3), ["widget"]), tall])
    assert both.types == ("bdot", "loop", "widget", "cavity")
    assert [both.types[code] for code in both.type_codes] == ["bdot", "loop", "cavity", "bdot"]
    assert both.areas.tolist() == [4, 9, 16, 1]
    assert both.frames.tolist() == [0, 2, 2, 4]


def test_columns_are_those_of_the_parts() -> None:
    labels = Instances.from_polygons([[(0, 0), (0, 3), (3, 3)]], types=["bdot"], shape=(4, 4))
    found = squares(2, 1, types=("bdot", "loop"), shape=(4, 4))
    scored = Instances.from_runs(found.runs, types=found.type_names, shape=(4, 4), scores=np.array([0.5, 0.25]))
    stack = Stack(parts=(labels, scored))
    assert stack.runs == Runs.concatenate([labels.runs, scored.runs])
    assert stack.polygons == Polygons.concatenate([labels.polygons, scored.polygons])
    assert np.isnan(stack.scores[0])
    assert stack.scores[1:].tolist() == [0.5, 0.25]
    assert not stack.is_labels
    assert Stack(parts=[labels]).is_labels


def test_nothing_can_be_stacked() -> None:
    nothing = Stack(parts=())
    assert nothing.frames.tolist() == [0]
    assert len(nothing.runs) == len(nothing.polygons) == len(nothing.scores) == len(nothing.type_codes) == 0


def test_values_go_back_to_their_parts() -> None:
    parts = [
        squares(2, types=("a",), shape=(4, 4)),
        Instances.empty((4, 4)),
        squares(1, 3, types=("b", "c"), shape=(4, 4)),
    ]
    frames = Stack(parts=parts).frames
    assert [v.tolist() for v in unstack(np.array([1.0, 2.0, 3.0]), frames)] == [[1.0], [], [2.0, 3.0]]


def test_one_part_is_not_copied() -> None:
    alone = squares(2, types=("a",), shape=(4, 4))
    assert Stack(parts=[alone]).runs is alone.runs
