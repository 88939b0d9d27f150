"""Prediction: windows through the network, and what it says of them as plain arrays."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor
from torchvision.models.detection import MaskRCNN

from defectkit.detectors.learning import WindowDetections
from defectkit.detectors.learning.sliding_window import Window
from defectkit_torchvision.batches import image_tensor
from defectkit_torchvision.network import MIN_EDGE

LOWEST_SCORE = 0.05
"""What is less sure does not leave the network: there would be thousands."""


@torch.inference_mode()
def detect_in_windows(
    network: MaskRCNN, windows: Sequence[Window], *, min_score: float, max_detections: int
) -> list[WindowDetections]:
    """Return what ``network`` finds in windows of one shape.

    Parameters
    ----------
    network : torchvision MaskRCNN
    windows : sequence of array of float32, shape (H, W)
        Normalized to [0, 1].
    min_score : float
        The score from which on detections count: the limit is reached when so many have it.
    max_detections : int
        The limit for each window.
    """
    network.eval()
    network.roi_heads.detections_per_img = max_detections
    network.roi_heads.score_thresh = min(LOWEST_SCORE, min_score)
    device = next(network.parameters()).device
    outputs = network([image_tensor(_padded(window)).to(device) for window in windows])
    return [
        _detections(output, window.shape, min_score, max_detections)
        for output, window in zip(outputs, windows, strict=True)
    ]


def _padded(window: Window) -> Window:
    return np.pad(window, [(0, max(0, MIN_EDGE - n)) for n in window.shape], mode="symmetric")


def _detections(
    output: dict[str, Tensor], shape: tuple[int, ...], min_score: float, max_detections: int
) -> WindowDetections:
    scores = output["scores"].float().cpu().numpy().astype(np.float64)
    left, top, right, bottom = output["boxes"].float().cpu().numpy().astype(np.float64).T
    boxes = np.stack([top, left, bottom, right], axis=1)
    return WindowDetections(
        boxes=boxes.clip(0, np.array([*shape, *shape])),
        scores=scores,
        codes=output["labels"].cpu().numpy() - 1,
        probabilities=output["masks"].float().cpu().numpy()[:, 0],
        capped=bool(np.count_nonzero(scores >= min_score) >= max_detections),
    )
