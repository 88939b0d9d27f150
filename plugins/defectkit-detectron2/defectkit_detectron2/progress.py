"""Progress: where a training stands, on disk so that it can go on from there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from detectron2.utils import comm
from safetensors.torch import load_file, save_file
from torch import nn

from defectkit.detectors.learning import History
from defectkit.files import replaced_file
from defectkit_detectron2.weights import Weights

CHECKPOINT, BEST, CURVES, PICTURE, BOARD = (
    "checkpoint.pt",
    "best.safetensors",
    "history.csv",
    "history.png",
    "tensorboard",
)
LOG_EVERY = 20
"""Losses are kept as means over so many iterations."""


class Progress:
    """Where a training stands.

    Parameters
    ----------
    network : torch.nn.Module
    optimizer : torch.optim.Optimizer
    scheduler, scaler : object
        Those of the learning rate, and of the loss in mixed precision.
    workspace : pathlib.Path
    monitor : str
        The figure that chooses the best state.
    patience : int
        Looks without an improvement after which the training ends; 0 for never.
    is_main : bool
        Whether this process writes.
    tensorboard : bool
        Whether it writes TensorBoard's event files, too.
    """

    def __init__(
        self,
        *,
        network: nn.Module,
        optimizer: torch.optim.Optimizer,
        scheduler: Any,
        scaler: torch.amp.GradScaler,
        workspace: Path,
        monitor: str,
        patience: int,
        is_main: bool,
        tensorboard: bool,
    ) -> None:
        self.network, self.optimizer, self.scheduler, self.scaler = network, optimizer, scheduler, scaler
        self.workspace, self.tensorboard = workspace, tensorboard
        self.monitor, self.patience, self.is_main = monitor, patience, is_main
        self.iteration, self.stopped = 0, False
        self.history = History()
        self._recent: list[dict[str, float]] = []
        self._board: Any = None

    def resume(self) -> None:
        """Take up the checkpoint in the workspace, if there is one."""
        path = self.workspace / CHECKPOINT
        if path.is_file():
            saved = torch.load(path, map_location="cpu", weights_only=True)
            self.network.load_state_dict(saved["network"])
            self.optimizer.load_state_dict(saved["optimizer"])
            self.scheduler.load_state_dict(saved["scheduler"])
            self.scaler.load_state_dict(saved["scaler"])
            self.iteration, self.stopped = saved["iteration"], saved["stopped"]
            self.history = History(rows=saved["history"])
        if self.is_main and self.tensorboard:
            from torch.utils.tensorboard import SummaryWriter

            self._board = SummaryWriter(str(self.workspace / BOARD), purge_step=self.iteration + 1)

    def count(self, losses: dict[str, float]) -> None:
        """Take note of an iteration that is done.

        Raises
        ------
        DetectorError
            If the loss is not finite.
        """
        self.iteration += 1
        if not all(value - value == 0 for value in losses.values()):
            self.history.add(self.iteration, losses)  # raises, and says what to do
        self._recent.append({**losses, "learning_rate": float(self.optimizer.param_groups[0]["lr"])})
        if len(self._recent) >= LOG_EVERY:
            self._flush()

    def _flush(self) -> None:
        if not self._recent:
            return
        means = {name: sum(row[name] for row in self._recent) / len(self._recent) for name in self._recent[0]}
        self._recent = []
        self._record(means)

    def _record(self, figures: dict[str, float]) -> None:
        self.history.add(self.iteration, figures)
        if self._board is not None:
            for name, value in figures.items():
                self._board.add_scalar(name, value, self.iteration)

    def judge(self, figures: dict[str, float] | None) -> None:
        """Take note of the validation figures, keep the best state, and decide whether to stop.

        Parameters
        ----------
        figures : dict of str to float, optional
            None in all processes but the main one, which tells the others.
        """
        if figures is not None:
            self._record({name: value for name, value in figures.items() if value - value == 0})
            judged = judgements(self.history, self.monitor)
            if self.monitor in self.history.rows[-1] and judged[-1] > max(judged[:-1], default=-float("inf")):
                _write(lambda path: save_file(_state(self.network), path), self.workspace / BEST)
            since_best = len(judged) - 1 - judged.index(max(judged)) if judged else 0
            self.stopped = 0 < self.patience <= since_best
        self.stopped = bool(comm.all_gather(self.stopped)[0])

    def save(self) -> None:
        """Write the checkpoint; a crash leaves the one before."""
        self._flush()
        if not self.is_main:
            return
        content = {
            "network": self.network.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "scheduler": self.scheduler.state_dict(),
            "scaler": self.scaler.state_dict(),
            "iteration": self.iteration,
            "stopped": self.stopped,
            "history": self.history.rows,
        }
        _write(lambda path: torch.save(content, path), self.workspace / CHECKPOINT)
        self.history.to_csv(self.workspace / CURVES)

    def latest(self) -> dict[str, float]:
        """Return the last figures."""
        return self.history.rows[-1] if self.history.rows else {}

    def finish(self) -> None:
        """Write the curves."""
        if self.is_main:
            self.history.to_csv(self.workspace / CURVES)
            self.history.to_png(self.workspace / PICTURE)
            if self._board is not None:
                self._board.close()
        comm.synchronize()


def judgements(history: History, monitor: str) -> list[float]:
    """Return how good each look at the validation images was: the larger the better, a loss with its sign turned."""
    sign = -1.0 if monitor.endswith("loss") else 1.0
    return [sign * row[monitor] for row in history.rows if monitor in row]


def result(workspace: Path) -> tuple[Weights, History]:
    """Return the best weights of a training that is done, its last ones without validation, and its history."""
    saved = torch.load(workspace / CHECKPOINT, map_location="cpu", weights_only=True)
    best = workspace / BEST
    return (load_file(best) if best.is_file() else saved["network"]), History(rows=saved["history"])


def _state(network: nn.Module) -> Weights:
    return {name: value.detach().cpu().contiguous() for name, value in network.state_dict().items()}


def _write(write: Any, path: Path) -> None:
    with replaced_file(path) as made:
        write(made)
