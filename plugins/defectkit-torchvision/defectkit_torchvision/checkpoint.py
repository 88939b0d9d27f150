"""Checkpoint: where a training stands, on disk, so that a killed one goes on from there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import attrs
import torch
from torch import Tensor
from torchvision.models.detection import MaskRCNN

from defectkit.detectors.learning import History
from defectkit.errors import DetectorError
from defectkit.files import replaced_file

CHECKPOINT = "checkpoint.pt"


@attrs.define(kw_only=True, eq=False)
class Progress:
    """Where a training stands.

    Parameters
    ----------
    network : torchvision MaskRCNN
    optimizer : torch.optim.Optimizer
    scaler : torch.amp.GradScaler
    iteration : int
        How many are done.
    history : History
    best : dict of str to Tensor, optional
        The weights at the best look at the validation set.
    best_score : float, optional
        What they reached, the higher the better.
    n_stale : int
        Looks since then.
    """

    network: MaskRCNN
    optimizer: torch.optim.Optimizer
    scaler: torch.amp.GradScaler
    iteration: int = 0
    history: History = attrs.field(factory=History)
    best: dict[str, Tensor] | None = None
    best_score: float | None = None
    n_stale: int = 0

    def judge(self, score: float) -> None:
        """Take note of what the network reaches now, the higher the better."""
        if self.best_score is not None and score <= self.best_score:
            self.n_stale += 1
            return
        self.best_score, self.n_stale = score, 0
        self.best = {name: value.detach().cpu().clone() for name, value in self.network.state_dict().items()}

    def save(self, folder: Path) -> None:
        """Write all of it into ``folder``: a kill leaves the one before or this one, never half of it."""
        content = {
            "network": self.network.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "scaler": self.scaler.state_dict(),
            "iteration": self.iteration,
            "history": self.history.rows,
            "best": self.best,
            "best_score": self.best_score,
            "n_stale": self.n_stale,
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
            self.scaler.load_state_dict(saved["scaler"])
            self.iteration, self.history = saved["iteration"], History(rows=saved["history"])
            self.best, self.best_score, self.n_stale = saved["best"], saved["best_score"], saved["n_stale"]
        except Exception as error:  # torch raises whatever its unpickler met
            raise DetectorError(
                f"{path}: the checkpoint cannot be read: {error}. Remove {folder} to train from the start"
            ) from error
