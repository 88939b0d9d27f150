"""Training: a loop that can be killed at any iteration and goes on from its last checkpoint."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import attrs
import numpy as np
import torch
from torchvision.models.detection import MaskRCNN

from defectkit.detectors.learning import History
from defectkit_torchvision.batches import Batches
from defectkit_torchvision.checkpoint import Progress
from defectkit_torchvision.curves import summary_writer, write_curves
from defectkit_torchvision.settings import Schedule

if TYPE_CHECKING:
    from torch.utils.tensorboard import SummaryWriter

logger = logging.getLogger(__name__)
Validate = Callable[[MaskRCNN], Mapping[str, float]]
MAX_GRADIENT_NORM = 10.0


def train(
    network: MaskRCNN,
    batches: Batches,
    schedule: Schedule,
    *,
    validate: Validate | None,
    workspace: Path | None,
    tensorboard: bool = False,
) -> History:
    """Train ``network`` in place and leave it with its best state (its last, without validation).

    Parameters
    ----------
    network : torchvision MaskRCNN
        On the device of the batches.
    batches : Batches
    schedule : Schedule
    validate : callable, optional
        Returns figures of a network, among them the checkpoint metric of the schedule.
    workspace : pathlib.Path, optional
        Where checkpoints and curves of this training, and of no other, go; without one nothing is kept until the end.
    tensorboard : bool
        Whether event files go there, too.

    Returns
    -------
    History

    Raises
    ------
    DetectorError
        If the loss is no longer finite, a checkpoint is damaged, or TensorBoard is missing.

    Notes
    -----
    Crops and the random choices of the network depend on seed and number of the iteration alone: a training that was
    killed repeats the iterations since its last checkpoint and ends as it would have. The global random state of torch
    is left as it was.
    """
    progress = Progress(
        network=network,
        optimizer=torch.optim.SGD(network.parameters(), lr=schedule.learning_rate, momentum=0.9, weight_decay=1e-4),
        scaler=torch.amp.GradScaler("cuda", enabled=schedule.mixed_precision),
    )
    if workspace is not None:
        progress.resume(workspace)
    events = (
        summary_writer(workspace, purge_from=progress.iteration + 1)
        if workspace is not None and tensorboard
        else nullcontext()
    )
    forked = [batches.device] if batches.device.type == "cuda" else []
    with events as writer, torch.random.fork_rng(forked):
        _Loop(
            progress=progress,
            batches=batches,
            schedule=schedule,
            validate=validate,
            workspace=workspace,
            writer=writer,
        ).run()
    if progress.best is not None:
        network.load_state_dict(progress.best)
    network.eval()
    return progress.history


@attrs.frozen(kw_only=True, eq=False)
class _Loop:
    progress: Progress
    batches: Batches
    schedule: Schedule
    validate: Validate | None
    workspace: Path | None
    writer: SummaryWriter | None

    def run(self) -> None:
        progress, schedule = self.progress, self.schedule
        while progress.iteration < schedule.iterations and not 0 < schedule.patience <= progress.n_stale:
            figures = self.step()
            progress.iteration += 1
            self.note(figures)
            if progress.iteration % schedule.evaluate_every == 0 or progress.iteration == schedule.iterations:
                self.look()

    def step(self) -> dict[str, float]:
        """Do one iteration and return its losses."""
        network, optimizer, scaler = self.progress.network, self.progress.optimizer, self.progress.scaler
        iteration, device = self.progress.iteration, self.batches.device
        torch.manual_seed(int(np.random.SeedSequence([self.schedule.seed, iteration]).generate_state(1)[0]))
        network.train()
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(iteration, self.schedule)
        images, targets = self.batches.batch(iteration)
        with torch.autocast(device.type, enabled=self.schedule.mixed_precision):
            losses = network(images, targets)
            total = torch.stack([loss.float() for loss in losses.values()]).sum()
        optimizer.zero_grad(set_to_none=True)
        scaler.scale(total).backward()  # type: ignore[no-untyped-call]  # torch gives it no types
        scaler.unscale_(optimizer)
        torch.nn.utils.clip_grad_norm_(network.parameters(), MAX_GRADIENT_NORM)
        scaler.step(optimizer)
        scaler.update()
        return {"loss": float(total.detach()), **{name: float(value.detach()) for name, value in losses.items()}}

    def look(self) -> None:
        """Judge the network on the validation images, and write checkpoint and curves."""
        if self.validate is not None:
            figures = dict(self.validate(self.progress.network))
            self.note(figures)
            metric = self.schedule.checkpoint_metric
            self.progress.judge(-figures[metric] if metric.endswith("loss") else figures[metric])
        if self.workspace is not None:
            self.progress.save(self.workspace)
            write_curves(self.progress.history, self.workspace)
        logger.info("iteration %d: %s", self.progress.iteration, self.progress.history.rows[-1])

    def note(self, figures: Mapping[str, float]) -> None:
        """Keep figures of the iteration that was done last."""
        self.progress.history.add(self.progress.iteration, figures)
        if self.writer is not None:
            for name, value in figures.items():
                self.writer.add_scalar(name, value, self.progress.iteration)


def learning_rate(iteration: int, schedule: Schedule) -> float:
    """Return the learning rate of an iteration: a linear warm-up, then a cosine down to a hundredth."""
    warm_up = max(1, min(200, schedule.iterations // 10))
    if iteration < warm_up:
        return schedule.learning_rate * (iteration + 1) / warm_up
    done = (iteration - warm_up) / max(1, schedule.iterations - warm_up)
    return schedule.learning_rate * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * done)))
