"""Checkpoint: where a training stands, on disk, so that a killed one is resumed from there."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any, Self

import attrs
import torch
from torch import Tensor, nn

from defectkit.detectors.learning import History
from defectkit.errors import DetectorError
from defectkit.files import replaced_file

CHECKPOINT = "checkpoint.pt"


@attrs.define(kw_only=True, eq=False)
class Progress:
    """Where a training stands.

    Parameters
    ----------
    network : torch.nn.Module
    optimizer : torch.optim.Optimizer
    mean : dict of str to Tensor
        The mean of the weights so far, later ones counting more.
    iteration : int
        How many are done.
    history : History
    """

    network: nn.Module
    optimizer: torch.optim.Optimizer
    mean: dict[str, Tensor]
    iteration: int = 0
    history: History = attrs.field(factory=History)

    @classmethod
    def start(cls, network: nn.Module, optimizer: torch.optim.Optimizer) -> Self:
        """Return the start of a training."""
        return cls(network=network, optimizer=optimizer, mean=_copied(network.state_dict()))

    def average(self, kept: float) -> None:
        """Take the present weights into the mean, which keeps up to ``kept`` of what it was."""
        kept = min(kept, (self.iteration + 1) / (self.iteration + 20))
        with torch.no_grad():
            for name, value in self.network.state_dict().items():
                if value.is_floating_point():
                    self.mean[name].mul_(kept).add_(value, alpha=1 - kept)
                else:
                    self.mean[name].copy_(value)

    def averaged(self) -> nn.Module:
        """Return a network with the mean of the weights, ready for use."""
        network = copy.deepcopy(self.network)
        network.load_state_dict(self.mean)
        return network.eval()

    def save(self, folder: Path) -> None:
        """Write all of it into ``folder``: a kill leaves the one before or this one, never half of it."""
        content = {
            "network": self.network.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "mean": self.mean,
            "iteration": self.iteration,
            "history": self.history.rows,
        }
        with replaced_file(folder / CHECKPOINT) as made, made.open("wb") as file:
            torch.save(content, file)

    def resume(self, folder: Path) -> None:
        """Go to where the checkpoint in ``folder`` was written; without one nothing changes.

        Raises
        ------
        DetectorError
            If it cannot be read.
        """
        path = folder / CHECKPOINT
        if not path.is_file():
            return
        try:
            saved: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
            self.network.load_state_dict(saved["network"])
            self.optimizer.load_state_dict(saved["optimizer"])
            for name, value in saved["mean"].items():
                self.mean[name].copy_(value)
            self.iteration, self.history = saved["iteration"], History(rows=saved["history"])
        except Exception as error:  # torch raises whatever its unpickler met
            raise DetectorError(
                f"{path}: the checkpoint cannot be read: {error}. Remove {folder} to train from the start"
            ) from error


def _copied(state: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name: value.detach().clone() for name, value in state.items()}
