"""Batches: numbered crops as torch tensors, the same for the same seed and number."""

from __future__ import annotations

import attrs
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from defectkit.detectors.learning import CropSampler, Example

Target = dict[str, Tensor]


@attrs.frozen(kw_only=True, eq=False)
class Batches:
    """Batches of crops, by number.

    Parameters
    ----------
    sampler : CropSampler
    types : tuple of str
        Class k + 1 is ``types[k]``.
    batch_size : int
    device : torch.device
    """

    sampler: CropSampler
    types: tuple[str, ...]
    batch_size: int
    device: torch.device

    def batch(self, number: int) -> tuple[list[Tensor], list[Target]]:
        """Return images (3, H, W) and their targets."""
        pairs = [self._pair(number * self.batch_size + k) for k in range(self.batch_size)]
        return [image for image, _ in pairs], [target for _, target in pairs]

    def _pair(self, index: int) -> tuple[Tensor, Target]:
        crop = self.sampler.numbered(index)
        return image_tensor(crop.pixels).to(self.device), {
            name: value.to(self.device) for name, value in target(crop, self.types).items()
        }


def image_tensor(pixels: NDArray[np.float32]) -> Tensor:
    """Return gray pixels (H, W) as a tensor (3, H, W): the three channels that pretrained bodies expect."""
    return torch.from_numpy(np.ascontiguousarray(pixels)).expand(3, -1, -1)


def target(example: Example, types: tuple[str, ...]) -> Target:
    """Return boxes (left, top, right, bottom), classes and masks of the defects that have a pixel."""
    instances = example.instances.take(example.instances.areas > 0)
    top, left, bottom, right = instances.boxes.T
    masks = np.stack([d.mask() for d in instances]) if len(instances) else np.zeros((0, *instances.shape), bool)
    classes = [types.index(name) + 1 for name in instances.type_names]
    return {
        "boxes": torch.from_numpy(np.stack([left, top, right, bottom], axis=1).astype(np.float32)),
        "labels": torch.tensor(classes, dtype=torch.int64),
        "masks": torch.from_numpy(at_corners(masks)),
    }


def at_corners(masks: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Return masks (N, H, W) with the mean of the four pixels that meet at its top left corner for each pixel.

    Notes
    -----
    torchvision cuts training masks out of their boxes as if the value of the first pixel lay at coordinate 0, not 0.5.
    Masks as they are would be learned half a pixel towards the top left of where they are: a disc of 16 pixels across
    would come back with an IoU of 0.90. Means at the corners leave the outline in its place.
    """
    around = np.pad(masks, ((0, 0), (1, 0), (1, 0))).astype(np.float32)
    means: NDArray[np.float32] = (
        around[:, 1:, 1:] + around[:, :-1, 1:] + around[:, 1:, :-1] + around[:, :-1, :-1]
    ) / np.float32(4)
    return means
