"""Validation: what a network in training reaches on images that it does not learn from."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import attrs
import numpy as np
import torch
from detectron2.utils.events import EventStorage
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from defectkit.detectors.learning.lesson import Watch
from defectkit_detectron2.batches import Batches
from defectkit_detectron2.prediction import detect_in_windows

N_LOSS_BATCHES = 4


@attrs.frozen(kw_only=True, eq=False)
class Validation:
    """Images with labels by which a network is judged; it can be sent to another process.

    Parameters
    ----------
    watch : Watch
    batches : Batches
        Crops of them, not augmented; the losses are those of the first four batches.
    max_detections : int
    """

    watch: Watch
    batches: Batches
    max_detections: int

    def figures(self, network: nn.Module) -> dict[str, float]:
        """Return ``validation_loss`` and ``validation_f1``: the F1 score of finding at the best lowest score."""
        lowest = self.watch.sliding_window.min_score
        best = self.watch.f1_score(
            lambda windows: detect_in_windows(network, windows, min_score=lowest, max_detections=self.max_detections)
        )
        return {"validation_loss": self.loss(network), "validation_f1": best}

    @torch.no_grad()
    def loss(self, network: nn.Module) -> float:
        """Return the mean loss of the crops, with batch normalization as in prediction."""
        torch.manual_seed(self.batches.sampler.seed)
        with giving_losses(network), EventStorage(0):
            losses = [float(sum(network(self.batches.batch(number)).values())) for number in range(N_LOSS_BATCHES)]
        return float(np.mean(losses))


@contextmanager
def giving_losses(network: nn.Module) -> Iterator[None]:
    """Let ``network`` give losses without its statistics following what it is shown."""
    network.train()
    for module in network.modules():
        if isinstance(module, _BatchNorm):
            module.eval()
    try:
        yield
    finally:
        network.eval()
