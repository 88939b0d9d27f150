from __future__ import annotations

import numpy as np
import pytest
import torch
from defectkit_detectron2.masks import CroppedMasks
from detectron2.structures import BitMasks

from defectkit.geometry.masks import masks_to_runs
from defectkit.testing.synthetic import synthetic_micrograph


def test_targets_are_those_of_detectron2() -> None:
    _, truth = synthetic_micrograph(7, shape=(96, 96), counts={"bdot": 5, "loop_111": 5}, n_lines=0)
    masks = np.stack([defect.mask() for defect in truth])
    top, left, bottom, right = truth.boxes.T.astype(np.float32)
    boxes = torch.from_numpy(np.stack([left - 1.3, top + 0.4, right + 2.2, bottom + 0.7], axis=1))
    theirs = BitMasks(torch.from_numpy(masks)).crop_and_resize(boxes, 28)
    ours = CroppedMasks.from_runs(truth.runs).crop_and_resize(boxes, 28)
    assert ours.shape == theirs.shape == (len(truth), 28, 28)
    assert ours.dtype == torch.bool
    assert float((ours == theirs).float().mean()) > 0.97


def test_they_are_picked_as_tensors_are() -> None:
    squares = np.zeros((3, 8, 8), bool)
    for k in range(3):
        squares[k, : k + 1, : k + 1] = True
    masks = CroppedMasks.from_runs(masks_to_runs(squares))
    boxes = torch.tensor([[0.0, 0.0, 3.0, 3.0]])

    def area(some: CroppedMasks) -> list[int]:
        return [int(some[i].crop_and_resize(boxes, 3).sum()) for i in range(len(some))]

    assert area(masks) == [1, 4, 9]
    assert area(masks[torch.tensor([2, 0, 2])]) == [9, 1, 9]
    assert area(masks[torch.tensor([False, True, False])]) == [4]
    assert area(masks[1:]) == [4, 9]
    assert area(CroppedMasks.cat([masks[1:], masks[:1]])) == [4, 9, 1]
    assert len(masks[torch.zeros(0, dtype=torch.int64)]) == 0
    assert masks.to("cpu") is masks


def test_each_mask_needs_its_box() -> None:
    masks = CroppedMasks.from_runs(masks_to_runs(np.ones((2, 4, 4), bool)))
    with pytest.raises(ValueError, match="1 boxes for 2 masks"):
        masks.crop_and_resize(torch.zeros(1, 4), 28)
