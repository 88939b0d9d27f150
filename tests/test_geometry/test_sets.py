from __future__ import annotations

import numpy as np
import pytest

from defectkit.errors import GeometryError
from defectkit.geometry.masks import masks_to_runs
from defectkit.geometry.runs import Runs
from defectkit.geometry.sets import crop, shift, union, union_area


def test_union_by_group(blobs, blob_runs):
    groups = np.arange(len(blobs)) * 7 % 5
    joined = union(blob_runs, groups)
    joined.validate(blobs.shape[1:])
    assert joined == masks_to_runs([blobs[groups == g].any(axis=0) for g in range(5)])


def test_union_area(blobs, blob_runs):
    few = np.arange(len(blobs)) % 9 == 0
    assert union_area(blob_runs.take(few)) == blobs[few].any(axis=0).sum()


def test_union_joins_runs_that_touch():
    masks = np.zeros((2, 1, 6), bool)
    masks[0, 0, :3], masks[1, 0, 3:5] = True, True
    joined = union(masks_to_runs(masks), [0, 0])
    assert (joined.start.tolist(), joined.end.tolist()) == ([0], [5])


def test_union_of_nothing():
    assert union(Runs.empty(), []) == Runs.empty()
    assert union(Runs.empty(), [], n_groups=2) == Runs.empty(2)
    assert union(Runs.empty(3), [0, 2, 2]) == Runs.empty(3)
    assert union_area(Runs.empty()) == 0
    assert union_area(Runs.empty(3)) == 0


def test_union_area_beyond_int32():
    wide = Runs(
        row=np.arange(4, dtype=np.int32),
        start=np.zeros(4, np.int32),
        end=np.full(4, 2**31 - 1, np.int32),
        offsets=np.array([0, 2, 4]),
    )
    assert union_area(wide) == 4 * (2**31 - 1)


@pytest.mark.parametrize(
    ("groups", "n_groups", "says"),
    [
        ([0], None, "2 integers are needed"),
        ([0.0, 1.0], None, "float64"),
        ([0, -1], None, "from -1 to 0"),
        ([0, 2], 2, "to 2"),
    ],
)
def test_union_refuses(groups, n_groups, says):
    with pytest.raises(GeometryError, match=says):
        union(Runs.empty(2), groups, n_groups)


@pytest.mark.parametrize("window", [(0, 0, 37, 45), (5, 7, 20, 30), (-4, -6, 12, 90), (36, 44, 40, 50), (8, 8, 8, 20)])
def test_crop(blobs, blob_runs, window):
    top, left, bottom, right = window
    padded = np.pad(blobs, ((0, 0), (50, 50), (50, 50)))
    cut = padded[:, 50 + top : 50 + bottom, 50 + left : 50 + right]
    cropped, kept = crop(blob_runs, *window)
    assert kept.tolist() == np.flatnonzero(cut.any(axis=(1, 2))).tolist()
    assert cropped == masks_to_runs(cut[kept])


def test_crop_of_nothing():
    cropped, kept = crop(Runs.empty(), 0, 0, 5, 5)
    assert cropped == Runs.empty()
    assert kept.shape == (0,)


def test_crop_refuses_a_reversed_window():
    with pytest.raises(GeometryError, match=r"\(5, 0, 4, 9\) is reversed"):
        crop(Runs.empty(1), 5, 0, 4, 9)


def test_shift_and_back(blob_runs):
    moved = shift(blob_runs, -11, 23)
    assert (moved.boxes() - blob_runs.boxes())[blob_runs.areas() > 0].tolist() == [
        [-11, 23, -11, 23]
    ] * np.count_nonzero(blob_runs.areas())
    assert shift(moved, 11, -23) == blob_runs


@pytest.mark.parametrize("by", [(2**31 - 1, 0), (0, -(2**31) - 1)])
def test_shift_refuses_to_wrap_around(by):
    runs = masks_to_runs([np.ones((2, 2), bool)])
    with pytest.raises(GeometryError, match="int32"):
        shift(runs, *by)
    assert shift(Runs.empty(2), *by) == Runs.empty(2)
