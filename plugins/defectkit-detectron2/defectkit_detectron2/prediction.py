"""Prediction: windows through the network, and what it says of them as plain arrays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import nn

from defectkit.detectors.learning import WindowDetections
from defectkit.detectors.learning.sliding_window import Window
from defectkit_detectron2.batches import image_tensor

LOWEST_SCORE = 0.05
"""What is less sure does not leave the network: there would be thousands."""
MIN_EDGE = 32
FILLED = 4.0
"""In the place of a probability, for a box without a mask: at its corners, where a quarter is left, above one half."""


@torch.inference_mode()
def detect_in_windows(
    network: nn.Module, windows: Sequence[Window], *, min_score: float, max_detections: int
) -> list[WindowDetections]:
    """Return what a network finds in windows of one shape.

    Parameters
    ----------
    network : torch.nn.Module
        GeneralizedRCNN of Detectron2.
    windows : sequence of array of float32, shape (H, W)
        Normalized to [0, 1].
    min_score : float
        The score from which on detections count: the limit is reached when so many have it.
    max_detections : int
        The limit for each window.

    Returns
    -------
    list of WindowDetections
        One a window. Of a network without masks, each box is filled.
    """
    network.eval()
    for predictor in predictors(network):
        predictor.test_topk_per_image = max_detections
        predictor.test_score_thresh = min(LOWEST_SCORE, min_score)
    inputs = [{"image": image_tensor(_padded(window))} for window in windows]
    outputs = network.inference(inputs, do_postprocess=False)  # type: ignore[operator]  # a method of GeneralizedRCNN
    return [
        _detections(output, window.shape, min_score, max_detections)
        for output, window in zip(outputs, windows, strict=True)
    ]


def predictors(network: Any) -> list[Any]:
    """Return the layers that score boxes: one, or those of a cascade."""
    given = network.roi_heads.box_predictor
    return list(given) if isinstance(given, nn.ModuleList) else [given]


def _padded(window: Window) -> Window:
    return np.pad(window, [(0, max(0, MIN_EDGE - n)) for n in window.shape], mode="symmetric")


def _detections(output: Any, shape: tuple[int, ...], min_score: float, max_detections: int) -> WindowDetections:
    scores = output.scores.float().cpu().numpy().astype(np.float64)
    left, top, right, bottom = output.pred_boxes.tensor.float().cpu().numpy().astype(np.float64).T
    boxes = np.stack([top, left, bottom, right], axis=1)
    if output.has("pred_masks"):
        probabilities = output.pred_masks.float().cpu().numpy()[:, 0]
    else:
        probabilities = np.full((len(scores), 1, 1), FILLED, np.float32)
    return WindowDetections(
        boxes=boxes.clip(0, np.array([*shape, *shape])),
        scores=scores,
        codes=output.pred_classes.cpu().numpy(),
        probabilities=probabilities,
        capped=bool(np.count_nonzero(scores >= min_score) >= max_detections),
    )
