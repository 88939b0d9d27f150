"""Batches: numbered crops as Detectron2 takes them, the same for the same seed and number."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np
import torch
from detectron2.structures import Boxes, Instances as GivenInstances
from numpy.typing import NDArray
from torch import Tensor

from defectkit.detectors.learning import CropSampler, Example
from defectkit_detectron2.masks import CroppedMasks

Input = dict[str, Any]


@attrs.frozen(kw_only=True, eq=False)
class Batches:
    """Batches of crops, by number.

    Parameters
    ----------
    sampler : CropSampler
    types : tuple of str
        Class k is ``types[k]``.
    batch_size : int
        For one process.
    rank, processes : int
        Which of how many processes it is for; together they see what one with the whole batch would see.
    """

    sampler: CropSampler
    types: tuple[str, ...]
    batch_size: int
    rank: int = 0
    processes: int = 1

    def batch(self, number: int) -> list[Input]:
        """Return the inputs of one iteration."""
        first = (number * self.processes + self.rank) * self.batch_size
        return [self._input(first + k) for k in range(self.batch_size)]

    def _input(self, index: int) -> Input:
        crop = self.sampler.numbered(index)
        return {"image": image_tensor(crop.pixels), "instances": given_instances(crop, self.types)}


def image_tensor(pixels: NDArray[np.float32]) -> Tensor:
    """Return gray pixels (H, W) in [0, 1] as a tensor (3, H, W) in [0, 255]: what pretrained networks expect."""
    return torch.from_numpy(np.ascontiguousarray(pixels, dtype=np.float32) * np.float32(255)).expand(3, -1, -1)


def given_instances(example: Example, types: tuple[str, ...]) -> GivenInstances:
    """Return boxes, classes and masks of the defects that have a pixel."""
    defects = example.instances.take(example.instances.areas > 0)
    top, left, bottom, right = defects.boxes.T
    given = GivenInstances(defects.shape)
    given.gt_boxes = Boxes(torch.from_numpy(np.stack([left, top, right, bottom], axis=1).astype(np.float32)))
    given.gt_classes = torch.tensor([types.index(name) for name in defects.type_names], dtype=torch.int64)
    given.gt_masks = CroppedMasks.from_runs(defects.runs)
    return given
