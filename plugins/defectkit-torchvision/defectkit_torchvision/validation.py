"""Validation: what a network in training reaches on images that it does not learn from."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import attrs
import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torchvision.models.detection import MaskRCNN

from defectkit.detectors import TrainingSet
from defectkit.detectors.learning import Inspection
from defectkit.detectors.learning.scoring import f1_scores, find_counts
from defectkit_torchvision.batches import Batches
from defectkit_torchvision.prediction import seen

N_LOSS_BATCHES = 4


@attrs.frozen(kw_only=True, eq=False)
class Validation:
    """A validation set as a network is held against it.

    Parameters
    ----------
    images : TrainingSet
    batches : Batches
        Crops of it, not augmented; the losses are those of the first four batches.
    inspection : Inspection
        How its images are shown.
    max_detections : int
    min_scores : tuple of float
        The lowest scores among which the best is taken.
    seed : int
    """

    images: TrainingSet
    batches: Batches
    inspection: Inspection
    max_detections: int
    min_scores: tuple[float, ...]
    seed: int

    def figures(self, network: MaskRCNN) -> dict[str, float]:
        """Return ``validation_loss`` and ``validation_f1``: the F1 score of finding at the best lowest score."""
        best = float(f1_scores(self.counts(network).sum(axis=0)).max())
        return {"validation_loss": self.loss(network), "validation_f1": best}

    def counts(self, network: MaskRCNN) -> NDArray[np.int64]:
        """Return found, labelled and given defects, shape (images, lowest scores, 3)."""
        rows = []
        for image, labels in self.images:
            found, _ = self.inspection.instances(
                image,
                lambda windows: seen(
                    network, windows, min_score=self.inspection.min_score, max_detections=self.max_detections
                ),
            )
            rows.append(find_counts(labels, found, self.min_scores))
        return np.stack(rows)

    @torch.no_grad()
    def loss(self, network: MaskRCNN) -> float:
        """Return the mean loss of the crops, with batch normalization as in prediction."""
        torch.manual_seed(self.seed)
        with giving_losses(network):
            losses = [float(sum(network(*self.batches.batch(number)).values())) for number in range(N_LOSS_BATCHES)]
        return float(np.mean(losses))


@contextmanager
def giving_losses(network: MaskRCNN) -> Iterator[None]:
    """Let ``network`` give losses without its statistics following what it is shown."""
    network.train()
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.eval()
    try:
        yield
    finally:
        network.eval()
