"""Training: the loop, its checkpoints, and the mean of weights that comes out of it."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path

import attrs
import torch
from torch import Tensor, nn

from defectkit.detectors.learning import History
from defectkit.detectors.learning.rates import warmed_cosine
from defectkit_unet.averaging import Averaged
from defectkit_unet.data.feeding import feed
from defectkit_unet.data.mixture import Mixture
from defectkit_unet.losses import losses, total

logger = logging.getLogger(__name__)

Watch = Callable[[nn.Module], Mapping[str, float]]
"""Figures of a network on images that it does not learn from."""

WARM_UP = 80
LAST_RATE = 0.02
"""Part of the learning rate that is left at the end."""
CLIP = 2.0
KEPT = 0.998
"""Part of the mean of weights that one iteration keeps, once there were many."""


@attrs.frozen(kw_only=True)
class Schedule:
    """How long and how fast a network learns.

    Parameters
    ----------
    iterations : int
    learning_rate : float
        Reached after a warm-up and kept; it falls during the last part of the iterations.
    cooling : float
        The part of the iterations during which it falls, along half a cosine. A training that was stopped can be given
        fewer or more iterations: until it cools, they change nothing.
    weight_decay : float
    report_every, watch_every : int
        Iterations between rows of the history, and between checkpoints and looks at what is watched.
    workers : int
        Processes that make batches.
    """

    iterations: int
    learning_rate: float = 2.5e-3
    cooling: float = 0.5
    weight_decay: float = 1e-3
    report_every: int = 50
    watch_every: int = 500
    workers: int = 1

    def rate(self, iteration: int) -> float:
        """Return the learning rate of an iteration, counted from 0."""
        cooling = self.cooling * self.iterations
        return self.learning_rate * warmed_cosine(
            iteration, self.iterations, warm_up=WARM_UP, cooling=cooling, last=LAST_RATE
        )


def train_network(
    network: nn.Module,
    mixture: Mixture,
    schedule: Schedule,
    *,
    device: torch.device,
    watch: Watch | None = None,
    workspace: Path | None = None,
) -> tuple[nn.Module, History]:
    """Return a network with the mean of the weights that a training went through, and its course.

    Parameters
    ----------
    network : torch.nn.Module
        It is changed.
    mixture : Mixture
    schedule : Schedule
    device : torch.device
        Products are made with 16 bits (bfloat16) on either kind.
    watch : callable, optional
    workspace : pathlib.Path, optional
        A folder for checkpoints: the same training, started again, is resumed from there.

    Raises
    ------
    DetectorError
        If the training diverges, or the checkpoint cannot be read.
    """
    network.to(device, memory_format=torch.channels_last)
    optimizer = torch.optim.AdamW(network.parameters(), lr=schedule.learning_rate, weight_decay=schedule.weight_decay)
    progress = Averaged.start(network, optimizer)
    if workspace is not None:
        progress.resume(workspace, functools.partial(torch.load, map_location="cpu", weights_only=True))
    mean: dict[str, float] = {}
    for batch in feed(mixture, progress.iteration, schedule.iterations, workers=schedule.workers):
        for group in optimizer.param_groups:
            group["lr"] = schedule.rate(progress.iteration)
        parts = _step(network, optimizer, {name: value.to(device) for name, value in batch.items()})
        progress.average(KEPT)
        progress.iteration += 1
        mean = {k: 0.95 * mean.get(k, v) + 0.05 * v for k, v in parts.items()}
        if progress.iteration % schedule.report_every == 0:
            progress.history.add(progress.iteration, mean)
            logger.info("%d %s", progress.iteration, {k: round(v, 4) for k, v in mean.items()})
        if progress.iteration % schedule.watch_every == 0 or progress.iteration == schedule.iterations:
            if watch is not None:
                seen = watch(progress.averaged())
                progress.history.add(progress.iteration, {f"validation_{k}": v for k, v in seen.items()})
                logger.info("%d watched %s", progress.iteration, {k: round(v, 4) for k, v in seen.items()})
            if workspace is not None:
                progress.save(workspace, torch.save)
    return progress.averaged(), progress.history


def _step(network: nn.Module, optimizer: torch.optim.Optimizer, batch: dict[str, Tensor]) -> dict[str, float]:
    network.train()
    image = batch["image"].contiguous(memory_format=torch.channels_last)
    with half(image.device):
        maps = network(image)
    parts = losses(maps.float(), batch)
    optimizer.zero_grad()
    total(parts).backward()  # type: ignore[no-untyped-call]  # torch does not say
    nn.utils.clip_grad_norm_(network.parameters(), CLIP)
    optimizer.step()
    return {name: value.item() for name, value in parts.items()}


def half(device: torch.device) -> AbstractContextManager[object]:
    """Return a context in which products are made with bfloat16."""
    return torch.autocast(device.type, dtype=torch.bfloat16)
