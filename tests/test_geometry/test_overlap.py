from __future__ import annotations

import numpy as np
import pytest
from pycocotools import mask as coco

from defectkit.errors import GeometryError
from defectkit.geometry.masks import masks_to_runs
from defectkit.geometry.overlap import intersections, iou_pairs, iou_pairs_by_frame, mask_iou
from defectkit.geometry.polygons import Polygons, polygons_to_runs
from defectkit.geometry.runs import Runs
from defectkit.geometry.sets import covered_areas_by_frame, shift


def coco_iou(a, b):
    encoded = [coco.encode(np.asfortranarray(masks.transpose(1, 2, 0).astype(np.uint8))) for masks in (a, b)]
    return coco.iou(*encoded, [0] * len(b))


def dense_counts(a, b):
    return np.einsum("ihw,jhw->ij", a.astype(np.int64), b.astype(np.int64))


def scene(rng, n, shape=(90, 110)):
    """Ellipses as polygons, many of them overlapping, some cut by the border."""
    angle = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    rings = []
    for _ in range(n):
        (a, b), turn = rng.uniform(2, 14, 2), rng.uniform(0, np.pi)
        spin = np.array([(np.cos(turn), np.sin(turn)), (-np.sin(turn), np.cos(turn))])
        rings.append(rng.uniform(0, 1, 2) * shape + np.stack([a * np.cos(angle), b * np.sin(angle)], 1) @ spin)
    return polygons_to_runs(Polygons.from_list(rings), shape)


def dense(runs, shape=(90, 110)):
    return np.stack([runs.to_mask(i, shape) for i in range(len(runs))])


def test_equals_pycocotools_to_the_bit_on_ellipses():
    rng = np.random.default_rng(10)
    for n, m in ((40, 55), (75, 75), (1, 30), (30, 1)):
        a, b = scene(rng, n), scene(rng, m)
        assert np.array_equal(mask_iou(a, b), coco_iou(dense(a), dense(b)))


def test_equals_pycocotools_to_the_bit_on_masks_with_holes_and_parts(blobs, blob_runs):
    assert np.array_equal(mask_iou(blob_runs, blob_runs), coco_iou(blobs, blobs))


def test_pairs_are_sparse_sorted_and_counted(blobs):
    rng = np.random.default_rng(11)
    thin = blobs & (rng.random(blobs.shape) < 0.08)
    a, b = thin[::2], thin[::-1]
    pairs = intersections(masks_to_runs(a), masks_to_runs(b))
    counts = dense_counts(a, b)
    first, second = np.nonzero(counts)
    assert len(pairs) == first.size < counts.size
    assert np.array_equal(pairs.first, first)
    assert np.array_equal(pairs.second, second)
    assert np.array_equal(pairs.intersection, counts[first, second])


def test_iou_pairs_are_those_of_the_dense_matrix():
    rng = np.random.default_rng(12)
    a, b = scene(rng, 30), scene(rng, 20)
    pairs, matrix = iou_pairs(a, b), mask_iou(a, b)
    assert np.array_equal(np.stack([pairs.first, pairs.second]), np.nonzero(matrix))
    assert np.array_equal(pairs.iou, matrix[pairs.first, pairs.second])
    assert np.array_equal(pairs.intersection, intersections(a, b).intersection)


def test_masks_far_from_the_origin_and_before_it():
    rng = np.random.default_rng(13)
    a, b = scene(rng, 20), scene(rng, 20)
    for rows, columns in ((-1000, -2000), (2_000_000_000, 2_000_000_000)):
        assert np.array_equal(mask_iou(shift(a, rows, columns), shift(b, rows, columns)), mask_iou(a, b))


def test_more_pairs_than_were_room_for():
    masks = np.ones((30, 2, 2), bool)
    pairs = intersections(masks_to_runs(masks), masks_to_runs(masks))
    assert len(pairs) == 900
    assert np.array_equal(pairs.second, np.tile(np.arange(30), 30))


@pytest.mark.parametrize(("n", "m"), [(0, 0), (0, 3), (3, 0), (2, 2)])
def test_without_a_pixel_nothing_overlaps(n, m):
    assert len(intersections(Runs.empty(n), Runs.empty(m))) == 0
    assert len(iou_pairs(Runs.empty(n), Runs.empty(m))) == 0
    assert mask_iou(Runs.empty(n), Runs.empty(m)).tolist() == np.zeros((n, m)).tolist()


def test_empty_masks_among_others():
    full = masks_to_runs([np.ones((2, 3), bool)])
    mixed = Runs.concatenate([Runs.empty(1), full, Runs.empty(1)])
    assert mask_iou(mixed, mixed).tolist() == [[0, 0, 0], [0, 1, 0], [0, 0, 0]]


def test_two_parallel_edge_on_loops_share_no_pixel():
    """60 x 6 px at 45 degrees, 8 px apart: box IoU 0.61, mask IoU 0.00."""
    loop = np.array([(-30, -3), (-30, 3), (30, 3), (30, -3)]) @ (np.array([(1, 1), (-1, 1)]) / np.sqrt(2)) + 50
    apart = 8 / np.sqrt(2) * np.array([-1, 1])
    runs = polygons_to_runs(Polygons.from_list([loop, loop + apart]), (110, 110))
    assert mask_iou(runs.take([0]), runs.take([1])).tolist() == [[0]]


def test_counts_beyond_int32():
    wide = Runs(
        row=np.arange(3, dtype=np.int32),
        start=np.zeros(3, np.int32),
        end=np.full(3, 2**31 - 1, np.int32),
        offsets=np.array([0, 3]),
    )
    assert intersections(wide, wide).intersection.tolist() == [3 * (2**31 - 1)]
    assert mask_iou(wide, wide).tolist() == [[1]]


@pytest.mark.parametrize("compare", [iou_pairs_by_frame, covered_areas_by_frame])
@pytest.mark.parametrize(
    ("a_frames", "b_frames", "message"),
    [
        ([0, 1, 2], [0, 2], "one side has 2 frames and the other 1"),
        ([0, 1], [0, 2], "must run from 0 to the number of masks, 2"),
        ([0, 2, 2], [0, 3, 2], "offsets decreases from 3 to 2"),
    ],
)
def test_frames_that_do_not_fit_are_refused(compare, a_frames, b_frames, message):
    two = Runs.empty(2)
    with pytest.raises(GeometryError, match=message):
        compare(two, np.array(a_frames), two, np.array(b_frames))
