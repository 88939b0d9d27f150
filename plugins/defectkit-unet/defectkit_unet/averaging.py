"""Averaged: where a training stands, with the mean of the weights that it went through."""

from __future__ import annotations

import copy
from typing import Any

import attrs
import torch
from torch import Tensor, nn

from defectkit.detectors.learning.progress import Progress


@attrs.frozen(kw_only=True, eq=False)
class Mean:
    """The mean of the weights so far, later ones counting more.

    Parameters
    ----------
    weights : dict of str to Tensor
    """

    weights: dict[str, Tensor]

    def state_dict(self) -> dict[str, Tensor]:
        """Return the mean."""
        return self.weights

    def load_state_dict(self, state_dict: dict[str, Tensor], /) -> None:
        """Take a mean that was kept."""
        for name, value in state_dict.items():
            self.weights[name].copy_(value)

    def take(self, network: nn.Module, kept: float) -> None:
        """Take the present weights into the mean, which keeps the part ``kept`` of what it was."""
        with torch.no_grad():
            for name, value in network.state_dict().items():
                if value.is_floating_point():
                    self.weights[name].mul_(kept).add_(value, alpha=1 - kept)
                else:
                    self.weights[name].copy_(value)


@attrs.define(kw_only=True, eq=False)
class Averaged(Progress):
    """Where a training stands.

    Parameters
    ----------
    network : torch.nn.Module
    mean : Mean
    """

    network: nn.Module
    mean: Mean

    @classmethod
    def start(cls, network: nn.Module, optimizer: torch.optim.Optimizer) -> Averaged:
        """Return the start of a training."""
        mean = Mean(weights={name: value.detach().clone() for name, value in network.state_dict().items()})
        parts: dict[str, Any] = {"network": network, "optimizer": optimizer, "mean": mean}
        return cls(parts=parts, network=network, mean=mean)

    def average(self, kept: float) -> None:
        """Take the present weights into the mean, which keeps up to ``kept`` of what it was."""
        self.mean.take(self.network, min(kept, (self.iteration + 1) / (self.iteration + 20)))

    def averaged(self) -> nn.Module:
        """Return a network with the mean of the weights, ready for use."""
        network = copy.deepcopy(self.network)
        network.load_state_dict(self.mean.weights)
        return network.eval()
