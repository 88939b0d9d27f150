"""Validation: what a network in training reaches on images that it does not learn from."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import attrs
import numpy as np
import torch
from detectron2.utils.events import EventStorage
from numpy.typing import NDArray
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from defectkit.detectors.learning import Inspection
from defectkit.detectors.learning.scoring import f1_scores, find_counts
from defectkit.records import Image, Instances
from defectkit_detectron2.batches import Batches
from defectkit_detectron2.prediction import seen

F1, LOSS = "validation_f1", "validation_loss"
N_LOSS_BATCHES = 4


@attrs.frozen(kw_only=True, eq=False)
class Validation:
    """Images with labels as a network is held against them; it can be sent to another process.

    Parameters
    ----------
    name : str
        ``name@version`` of the labels.
    pairs : tuple of (Image, Instances)
    batches : Batches
        Crops of them, not augmented; the losses are those of the first four batches.
    inspection : Inspection
        How the images are shown.
    max_detections : int
    min_scores : tuple of float
        The lowest scores among which the best is taken.
    """

    name: str
    pairs: tuple[tuple[Image, Instances], ...]
    batches: Batches
    inspection: Inspection
    max_detections: int
    min_scores: tuple[float, ...]

    def figures(self, network: nn.Module) -> dict[str, float]:
        """Return ``validation_loss`` and ``validation_f1``: the F1 score of finding at the best lowest score."""
        best = float(f1_scores(self.counts(network).sum(axis=0)).max())
        return {LOSS: self.loss(network), F1: best}

    def counts(self, network: nn.Module) -> NDArray[np.int64]:
        """Return found, labelled and given defects, shape (images, lowest scores, 3)."""
        rows = []
        for image, labels in self.pairs:
            found, _ = self.inspection.instances(
                image,
                lambda windows: seen(
                    network, windows, min_score=self.inspection.min_score, max_detections=self.max_detections
                ),
            )
            rows.append(find_counts(labels, found, self.min_scores))
        return np.stack(rows)

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
