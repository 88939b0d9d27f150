from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import map_coordinates

from defectkit import Instances
from defectkit.detectors.learning.anchors import box_extents, fitted_aspect_ratios, octave_sizes
from defectkit.detectors.learning.example import Example
from defectkit.detectors.learning.pasting import paste_masks
from defectkit.errors import EmptyInputError


@pytest.mark.parametrize("seed", range(8))
def test_pasting_interpolates_as_scipy_does(seed: int) -> None:
    rng = np.random.default_rng(seed)
    probabilities = rng.random((5, 7, 7))
    corners = rng.uniform(-8, 30, (5, 2))
    boxes = np.concatenate([corners, corners + rng.uniform(0.3, 25, (5, 2))], axis=1)
    shape = (32, 28)
    runs = paste_masks(probabilities, boxes, shape, threshold=0.4)
    for k, (top, left, bottom, right) in enumerate(boxes):
        rows, columns = np.mgrid[: shape[0], : shape[1]] + 0.5
        at = [(rows - top) / (bottom - top) * 7 - 0.5, (columns - left) / (right - left) * 7 - 0.5]
        whole = map_coordinates(np.pad(probabilities[k], 1), [a + 1 for a in at], order=1, cval=0.0)
        inside = (rows >= top) & (rows < bottom) & (columns >= left) & (columns < right)
        assert np.array_equal(runs.to_mask(k, shape), (whole >= 0.4) & inside)


def test_nothing_to_paste() -> None:
    assert len(paste_masks(np.zeros((0, 4, 4)), np.zeros((0, 4)), (5, 5))) == 0
    assert paste_masks(np.ones((1, 4, 4)), np.array([[2.6, 2.6, 2.9, 2.9]]), (5, 5)).areas().tolist() == [0]
    assert paste_masks(np.ones((1, 4, 4)), np.array([[2.0, 2.0, 2.0, 4.0]]), (5, 5)).areas().tolist() == [0]


def test_anchors_follow_the_sizes_of_the_defects() -> None:
    square = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 1.0], [1.0, 0.0]])
    polygons = [square * s for s in (4, 4, 10, 10, 30, 30)]
    instances = Instances.from_polygons(polygons, types=["bdot"] * 6, shape=(40, 40))
    extents = box_extents([Example(pixels=np.zeros((40, 40), np.float32), instances=instances)])
    assert octave_sizes(extents, 2) == ((4.0, 5.66), (8.0, 11.31))
    assert fitted_aspect_ratios(extents) == (0.667, 1.0, 1.5)
    assert fitted_aspect_ratios(np.array([[4.0, 16.0]])) == (0.25, 1.0, 4.0)
    for fit in (lambda e: octave_sizes(e, 3), fitted_aspect_ratios):
        with pytest.raises(EmptyInputError):
            fit(box_extents([]))
