"""CroppedMasks: the masks that Detectron2 learns from, none of them larger than its defect."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from defectkit.detectors.learning.targets import MaskCrops, cover, mask_crops
from defectkit.geometry.runs import Runs


class CroppedMasks:
    """Masks as crops, with the methods that Detectron2 calls: what BitMasks does without frames of the image's size.

    Parameters
    ----------
    crops : MaskCrops
    """

    def __init__(self, crops: MaskCrops) -> None:
        self.crops = crops

    @classmethod
    def from_runs(cls, runs: Runs) -> CroppedMasks:
        """Return the masks of an image."""
        return cls(mask_crops(runs))

    def __len__(self) -> int:
        return len(self.crops)

    def __getitem__(self, item: int | slice | Tensor) -> CroppedMasks:
        """Return the masks at an index, a slice, an array of indices or a boolean array."""
        chosen = np.arange(len(self))[item.cpu().numpy() if isinstance(item, Tensor) else item]
        return CroppedMasks(self.crops.take(np.atleast_1d(chosen)))

    def to(self, *_: Any, **__: Any) -> CroppedMasks:
        """Return the masks as they are: they stay in the memory of the CPU, only the targets made of them move."""
        return self

    def crop_and_resize(self, boxes: Tensor, mask_size: int) -> Tensor:
        """Return for each mask what of a box it covers, shape (N, mask_size, mask_size), bool.

        Parameters
        ----------
        boxes : Tensor, shape (N, 4)
            Left, top, right, bottom: one for each mask.
        mask_size : int
            Cells along each edge of a box.
        """
        if len(boxes) != len(self):
            raise ValueError(f"{len(boxes)} boxes for {len(self)} masks")
        left, top, right, bottom = boxes.detach().cpu().numpy().astype(np.float64).T
        targets = cover(self.crops, np.stack([top, left, bottom, right], axis=1), mask_size)
        return torch.from_numpy(targets).to(boxes.device)

    @staticmethod
    def cat(parts: Sequence[CroppedMasks]) -> CroppedMasks:
        """Return the masks of several, one after the other."""
        return CroppedMasks(MaskCrops.concatenate([part.crops for part in parts]))
