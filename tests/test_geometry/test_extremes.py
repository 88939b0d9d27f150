"""Coordinates at the ends of int32: masks measure there what they measure at the origin."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from defectkit.geometry import shape
from defectkit.geometry.masks import masks_to_runs
from defectkit.geometry.overlap import iou_pairs, mask_iou
from defectkit.geometry.runs import Runs
from defectkit.geometry.sets import covered_areas, shift, union, union_area

SIDE = 60
END = 2**31 - 1 - SIDE
BEGIN = -(2**31)


@pytest.fixture
def masks() -> Runs:
    """A disc, a sieve that holds several runs a row, and an ellipse, all overlapping."""
    row, col = np.indices((SIDE, SIDE))
    disc = (row - 20) ** 2 + (col - 20) ** 2 < 150
    sieve = (abs(row - 30) < 8) & (abs(col - 31) < 12) & ((row + col) % 7 > 0)
    return masks_to_runs([disc, sieve, (row - 25) ** 2 * 3 + (col - 20) ** 2 < 200])


@pytest.mark.parametrize("corner", [(END, END), (BEGIN, BEGIN), (BEGIN, END)])
@pytest.mark.parametrize(
    "measure",
    [
        shape.areas,
        shape.perimeters,
        shape.axes,
        shape.second_moments,
        shape.feret_diameters,
        shape.hull_areas,
        shape.hull_perimeters,
        shape.heywood_circularities,
        union_area,
        lambda runs: mask_iou(runs, runs),
        lambda runs: covered_areas(runs, runs.take([0])),
    ],
)
def test_a_shift_to_the_end_of_the_range_changes_no_bit(
    masks: Runs, corner: tuple[int, int], measure: Callable[[Runs], np.ndarray]
) -> None:
    here, there = (np.asarray(measure(runs)) for runs in (masks, shift(masks, *corner)))
    assert here.tobytes() == there.tobytes()


def test_unions_at_the_end_of_the_range(masks: Runs) -> None:
    far = union(shift(masks, END, END), [0, 0, 1])
    assert shift(far, -END, -END) == union(masks, [0, 0, 1])


def test_masks_at_both_ends_of_a_frame_meet_only_their_own_without_memory_for_the_rows_between(masks: Runs) -> None:
    both = Runs.concatenate([masks, shift(masks, END, END), shift(masks, BEGIN, BEGIN)])
    alone = iou_pairs(masks, masks)
    pairs = iou_pairs(both, both)
    for k in range(3):
        own = (pairs.first >= 3 * k) & (pairs.first < 3 * k + 3)
        assert (pairs.first[own] - 3 * k).tolist() == alone.first.tolist()
        assert (pairs.second[own] - 3 * k).tolist() == alone.second.tolist()
        assert pairs.iou[own].tolist() == alone.iou.tolist()
    assert len(pairs) == 3 * len(alone)


def test_rows_as_wide_as_int32_allows() -> None:
    width = 2**31 - 1
    ends = [(0, width), (1, width), (width - 1, width), (0, 1)]
    wide = Runs(
        row=np.repeat(np.array([0, width - 1], np.int32), 2),
        start=np.array([a for a, _ in ends], np.int32),
        end=np.array([b for _, b in ends], np.int32),
        offsets=np.array([0, 1, 2, 3, 4]),
    )
    assert wide.areas().tolist() == [width, width - 1, 1, 1]
    assert covered_areas(wide.take([0, 2]), wide.take([1, 3])) == (width + 1, width, width - 1)
    assert iou_pairs(wide.take([0]), wide.take([1])).iou.tolist() == [(width - 1) / width]
