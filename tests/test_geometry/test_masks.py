from __future__ import annotations

import numpy as np
import pytest

from defectkit.errors import GeometryError
from defectkit.geometry.masks import crops_to_runs, label_image_to_runs, masks_to_runs, runs_to_label_image
from defectkit.geometry.runs import Runs


def test_masks_come_back(blobs, blob_runs):
    blob_runs.validate(blobs.shape[1:])
    assert all(np.array_equal(blob_runs.to_mask(i, mask.shape), mask) for i, mask in enumerate(blobs))


def test_masks_may_be_a_generator_of_strided_views(blobs, blob_runs):
    assert masks_to_runs(mask.T for mask in blobs.transpose(0, 2, 1)) == blob_runs
    assert masks_to_runs(np.asfortranarray(mask) for mask in blobs) == blob_runs


@pytest.mark.parametrize("masks", [[], np.zeros((0, 4, 5), bool)])
def test_no_masks(masks):
    assert masks_to_runs(masks) == Runs.empty()


@pytest.mark.parametrize("shape", [(0, 0), (0, 5), (5, 0), (5, 5)])
def test_masks_without_a_pixel(shape):
    assert masks_to_runs([np.zeros(shape, bool)] * 2) == Runs.empty(2)


@pytest.mark.parametrize("mask", [np.zeros((3, 3)), np.zeros((1, 3, 3), bool), [[True]]])
def test_masks_must_be_boolean_and_flat(mask):
    with pytest.raises(GeometryError, match=r"mask 1 is no mask .*bool is needed"):
        masks_to_runs([np.zeros((3, 3), bool), mask])


def test_crops_land_in_the_frame_and_are_cut_at_its_border():
    rng = np.random.default_rng(7)
    shape = (30, 26)
    crops = [rng.random(rng.integers(0, 14, 2)) < 0.6 for _ in range(200)]
    tops, lefts = rng.integers(-15, 32, (2, 200))
    runs = crops_to_runs(crops, tops, lefts, shape)
    runs.validate(shape)
    for i, (crop, top, left) in enumerate(zip(crops, tops, lefts, strict=True)):
        wide = np.zeros((80, 80), bool)
        wide[20 + top : 20 + top + crop.shape[0], 20 + left : 20 + left + crop.shape[1]] = crop
        assert np.array_equal(runs.to_mask(i, shape), wide[20 : 20 + shape[0], 20 : 20 + shape[1]])


def test_no_crops():
    assert crops_to_runs([], [], [], (5, 5)) == Runs.empty()


@pytest.mark.parametrize(
    ("crops", "tops", "lefts", "shape", "says"),
    [
        ([np.ones((2, 2), bool)], [0, 1], [0], (5, 5), "tops has shape"),
        ([np.ones((2, 2), bool)], [0], [0.5], (5, 5), "lefts has shape .*float64"),
        ([np.ones((2, 2))], [0], [0], (5, 5), "crop 0 is no mask"),
        ([np.ones((2, 2), bool)], [0], [0], (5,), "shape is"),
    ],
)
def test_crops_refuse(crops, tops, lefts, shape, says):
    with pytest.raises(GeometryError, match=says):
        crops_to_runs(crops, tops, lefts, shape)


@pytest.mark.parametrize("dtype", ["uint8", ">u2", "int32", "int64"])
def test_label_images_give_a_mask_for_each_value(dtype):
    rng = np.random.default_rng(8)
    low = 0 if np.dtype(dtype).kind == "u" else -3
    labels = rng.integers(low, 9, (33, 41)).astype(dtype)
    labels[labels == 5] = 0
    runs, values = label_image_to_runs(labels)
    runs.validate(labels.shape)
    assert values.tolist() == [value for value in np.unique(labels) if value]
    for i, value in enumerate(values):
        assert np.array_equal(runs.to_mask(i, labels.shape), labels == value)
    assert np.array_equal(runs_to_label_image(runs, labels.shape, values), labels)


def test_labels_far_apart_in_value():
    labels = np.array([[2**63, 0], [2**64 - 1, 1]], np.uint64)
    runs, values = label_image_to_runs(labels)
    assert values.tolist() == [1, 2**63, 2**64 - 1]
    assert np.array_equal(runs_to_label_image(runs, (2, 2), values), labels)


def test_boolean_label_image():
    runs, values = label_image_to_runs(np.eye(3, dtype=bool))
    assert values.tolist() == [True]
    assert runs.areas().tolist() == [3]


@pytest.mark.parametrize("shape", [(0, 0), (0, 4), (4, 0), (3, 4)])
def test_label_image_without_a_label(shape):
    runs, values = label_image_to_runs(np.zeros(shape, np.uint8))
    assert runs == Runs.empty()
    assert values.shape == (0,)
    assert runs_to_label_image(runs, shape).tolist() == np.zeros(shape).tolist()


@pytest.mark.parametrize("labels", [np.zeros((3, 3)), np.zeros(3, int), [[0.5]]])
def test_label_images_refuse(labels):
    with pytest.raises(GeometryError, match="2-D array of integers is needed"):
        label_image_to_runs(labels)


def test_the_later_defect_wins():
    masks = np.zeros((2, 1, 4), bool)
    masks[0, 0, :3], masks[1, 0, 2:] = True, True
    runs = masks_to_runs(masks)
    assert runs_to_label_image(runs, (1, 4)).tolist() == [[1, 1, 2, 2]]
    assert runs_to_label_image(runs.take([1, 0]), (1, 4), np.array([9, 4], np.uint16)).tolist() == [[4, 4, 4, 9]]


@pytest.mark.parametrize("values", [[1], [0.5, 1.5], [[1, 2]]])
def test_label_values_must_be_one_integer_a_defect(values):
    with pytest.raises(GeometryError, match="2 integers are needed"):
        runs_to_label_image(Runs.empty(2), (3, 3), values)


def test_a_label_image_must_hold_every_run():
    with pytest.raises(GeometryError, match="leaves the frame"):
        runs_to_label_image(masks_to_runs([np.ones((3, 3), bool)]), (3, 2))
