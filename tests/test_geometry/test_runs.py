from __future__ import annotations

import copy
import pickle
import subprocess
import sys

import numpy as np
import pytest

from defectkit.errors import DefectkitError, GeometryError
from defectkit.geometry.masks import masks_to_runs
from defectkit.geometry.runs import Runs


def make(row, start, end, offsets):
    return Runs(
        row=np.array(row, np.int32),
        start=np.array(start, np.int32),
        end=np.array(end, np.int32),
        offsets=np.array(offsets, np.int64),
    )


def test_areas_and_boxes_match_the_masks(blobs, blob_runs):
    assert blob_runs.areas().tolist() == blobs.sum(axis=(1, 2)).tolist()
    for mask, box in zip(blobs, blob_runs.boxes().tolist(), strict=True):
        rows, columns = np.nonzero(mask)
        expected = [rows.min(), columns.min(), rows.max() + 1, columns.max() + 1] if rows.size else [0, 0, 0, 0]
        assert box == expected


def test_no_defect_at_all():
    runs = Runs.empty()
    assert len(runs) == 0
    assert runs.areas().shape == (0,)
    assert runs.boxes().shape == (0, 4)
    assert runs.take([]) == runs
    assert Runs.concatenate([]) == runs
    runs.validate((0, 0))


def test_empty_masks_keep_their_places():
    runs = Runs.concatenate([Runs.empty(2), make([3], [4], [6], [0, 1]), Runs.empty(1)])
    assert len(runs) == 4
    assert runs.areas().tolist() == [0, 0, 2, 0]
    assert runs.boxes().tolist() == [[0, 0, 0, 0], [0, 0, 0, 0], [3, 4, 4, 6], [0, 0, 0, 0]]
    assert not runs.to_mask(1, (5, 8)).any()


@pytest.mark.parametrize("indices", [[3, 0, 3], [-1], np.array([2, 1], np.uint8), []])
def test_take_by_integers(blobs, blob_runs, indices):
    expected = blobs[np.asarray(indices, np.int64)]
    assert blob_runs.take(indices) == masks_to_runs(expected)


def test_take_by_booleans(blobs, blob_runs):
    wanted = np.arange(len(blobs)) % 3 == 0
    assert blob_runs.take(wanted) == masks_to_runs(blobs[wanted])


@pytest.mark.parametrize(
    ("indices", "says"),
    [
        ([3], "3 is out of range"),
        ([-4], "-4 is out of range"),
        ([0.5], "float64"),
        ([True], "3 booleans"),
        ([[0]], "shape"),
    ],
)
def test_take_refuses(indices, says):
    with pytest.raises(GeometryError, match=says):
        Runs.empty(3).take(indices)


def test_to_mask_gives_the_mask_back(blobs, blob_runs):
    for i, mask in enumerate(blobs):
        assert np.array_equal(blob_runs.to_mask(i, mask.shape), mask)


def test_to_mask_refuses_a_frame_that_is_too_small():
    with pytest.raises(GeometryError, match="leaves the frame of 3 x 5"):
        make([0], [2], [6], [0, 1]).to_mask(0, (3, 5))


def test_equality_is_by_content():
    a, b = make([0, 1], [0, 0], [2, 2], [0, 2]), make([0, 1], [0, 0], [2, 2], [0, 2])
    assert a == b
    assert a != make([0, 1], [0, 0], [2, 2], [0, 1, 2])
    assert a != make([0, 1], [0, 0], [2, 3], [0, 2])


def test_columns_are_read_only_also_after_a_copy():
    row = np.zeros(1, np.int32)
    runs = Runs(row=row, start=row, end=row + np.int32(1), offsets=np.array([0, 1]))
    for one in (runs, pickle.loads(pickle.dumps(runs)), copy.deepcopy(runs)):
        assert one == runs
        with pytest.raises(ValueError, match="read-only"):
            one.row[0] = 5
    assert row.flags.writeable


def test_a_column_that_is_not_contiguous_is_copied():
    strided = np.arange(6, dtype=np.int32)[::2]
    runs = Runs(row=strided, start=strided, end=strided + np.int32(1), offsets=np.array([0, 3]))
    assert runs.row.flags.c_contiguous
    assert runs.row.tolist() == [0, 2, 4]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"row": [0]}, "row is a list"),
        ({"row": np.zeros(1)}, "row holds float64, but int32"),
        ({"start": np.zeros(1, np.int64)}, "start holds int64, but int32"),
        ({"end": np.zeros((1, 1), np.int32)}, "end has 2 dimensions, but 1"),
        ({"end": np.ones(2, np.int32)}, "1, 1 and 2"),
        ({"offsets": np.zeros(0, np.int64)}, r"offsets is empty.*\[0\]"),
        ({"offsets": np.array([0, 2])}, "number of runs, 1"),
        ({"offsets": np.array([1, 1])}, "from 1 to 1"),
        ({"offsets": np.array([0, 1, 0, 1])}, "decreases from 1 to 0 at slice 1"),
        ({"offsets": np.array([0, 1], np.int32)}, "offsets holds int32, but int64"),
    ],
)
def test_construction_refuses(change, says):
    columns = {
        "row": np.zeros(1, np.int32),
        "start": np.zeros(1, np.int32),
        "end": np.ones(1, np.int32),
        "offsets": np.array([0, 1]),
    }
    with pytest.raises(GeometryError, match=says) as caught:
        Runs(**{**columns, **change})
    assert isinstance(caught.value, DefectkitError)
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize(
    ("row", "start", "end", "says"),
    [
        ([0, 1, 1], [0, 0, 4], [1, 3, 4], r"defect 1, run 1 \(row 1, columns 4 to 4\) is empty"),
        ([0, 1, 5], [0, 0, 0], [1, 3, 3], r"defect 1, run 1 .*leaves the frame of 5 x 9"),
        ([0, -1, 1], [0, 0, 0], [1, 3, 3], r"defect 1, run 0 .*leaves the frame"),
        ([0, 1, 1], [-1, 0, 4], [1, 3, 5], r"defect 0, run 0 .*leaves the frame"),
        ([0, 1, 1], [0, 0, 4], [1, 3, 10], r"defect 1, run 1 .*leaves the frame"),
        ([0, 2, 1], [0, 0, 4], [1, 3, 5], r"defect 1, run 1 .*comes before"),
        ([0, 1, 1], [0, 5, 0], [1, 6, 2], r"defect 1, run 1 .*comes before"),
        ([0, 1, 1], [0, 0, 2], [1, 3, 5], r"defect 1, run 1 .*overlaps or touches"),
        ([0, 1, 1], [0, 0, 3], [1, 3, 5], r"defect 1, run 1 .*overlaps or touches"),
    ],
)
def test_validate_names_defect_and_run(row, start, end, says):
    with pytest.raises(GeometryError, match=says):
        make(row, start, end, [0, 1, 3]).validate((5, 9))


def test_validate_looks_at_each_defect_alone():
    make([4, 0, 0], [0, 0, 0], [9, 9, 9], [0, 1, 2, 3]).validate((5, 9))


@pytest.mark.parametrize("shape", [(3,), (2.5, 3), None, (-1, 3), (3, 2**31)])
def test_a_shape_must_be_two_sides(shape):
    with pytest.raises(GeometryError, match="shape is"):
        Runs.empty(1).validate(shape)


def test_importing_the_records_loads_no_compiler():
    modules = "runs, polygons, masks, contours, boxes, overlap, sets, shape"
    code = (
        f"import sys; from defectkit.geometry import {modules}; "
        "print([m for m in ('numba', 'scipy', 'skimage', 'pint', 'shapely') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
