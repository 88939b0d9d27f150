from __future__ import annotations

import numpy as np
import pytest

from defectkit.detectors.learning.pasting import paste_masks
from defectkit.detectors.learning.targets import MaskCrops, cover, mask_crops
from defectkit.geometry.masks import masks_to_runs
from defectkit.geometry.overlap import mask_iou
from defectkit.geometry.runs import Runs


@pytest.fixture
def masks() -> np.ndarray:
    """A disc, a ring, and nothing."""
    rows, columns = np.mgrid[:40, :50]
    distance = np.hypot(rows - 17.5, columns - 30)
    return np.stack([distance < 9, (distance > 6) & (distance < 12), np.zeros((40, 50), bool)])


def test_crops_are_the_masks_in_their_boxes(masks: np.ndarray) -> None:
    crops = mask_crops(masks_to_runs(masks))
    for k, (crop, (top, left)) in enumerate(zip(crops.crops, crops.corners, strict=True)):
        height, width = crop.shape
        assert np.array_equal(masks[k, top : top + height, left : left + width], crop)
        assert masks[k].sum() == crop.sum()
    assert crops.crops[2].shape == (0, 0)


def test_targets_are_what_pasting_turns_back_into_the_masks(masks: np.ndarray) -> None:
    runs = masks_to_runs(masks[:2])
    boxes = runs.boxes().astype(np.float64)
    back = paste_masks(cover(mask_crops(runs), boxes, 28).astype(np.float64), boxes, (40, 50))
    assert mask_iou(runs, back).diagonal().min() > 0.9


def test_a_cell_is_covered_from_one_half_on() -> None:
    crops = MaskCrops(crops=(np.ones((1, 1), bool),) * 3, corners=np.array([[0, 0]] * 3))
    boxes = np.array([[0.0, 0.0, 1.0, 2.0], [0.0, 0.0, 1.0, 2.01], [5.0, 5.0, 6.0, 6.0]])
    assert cover(crops, boxes, 1)[:, 0, 0].tolist() == [True, False, False]


def test_nothing_gives_nothing() -> None:
    none = mask_crops(Runs.empty())
    assert cover(none, np.zeros((0, 4)), 28).shape == (0, 28, 28)
    assert len(MaskCrops.concatenate([])) == 0
    crops = MaskCrops(crops=(np.ones((2, 2), bool),), corners=np.array([[0, 0]]))
    assert not cover(crops, np.array([[1.0, 1.0, 1.0, 3.0]]), 4).any()


def test_they_are_taken_and_joined() -> None:
    crops = mask_crops(masks_to_runs([np.ones((k, k), bool) for k in (1, 2, 3)]))
    joined = MaskCrops.concatenate([crops.take(np.array([2, 2])), crops])
    assert [c.shape[0] for c in joined.crops] == [3, 3, 1, 2, 3]
    assert joined.corners.shape == (5, 2)
