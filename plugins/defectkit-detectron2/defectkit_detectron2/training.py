"""Training: a loop that can be killed at any iteration and goes on from its last checkpoint."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np
import torch
from detectron2.engine import launch
from detectron2.utils import comm
from detectron2.utils.events import EventStorage
from torch import nn

from defectkit_detectron2.batches import Batches
from defectkit_detectron2.configurations import Configuration
from defectkit_detectron2.progress import Progress
from defectkit_detectron2.validation import Validation
from defectkit_detectron2.weights import Weights

if TYPE_CHECKING:
    from defectkit_detectron2.detector import Detectron2

logger = logging.getLogger(__name__)


@attrs.frozen(kw_only=True, eq=False)
class Job:
    """All that a training process needs; it can be sent to another process.

    Parameters
    ----------
    configuration : Configuration
    start : dict of str to Tensor
        The weights that it starts from.
    batches : Batches
        For the first of the processes.
    validation : Validation, optional
    detector : Detectron2
        Not trained: its options say how.
    device : str
    workspace : pathlib.Path
        The folder of this training: checkpoint, best weights and curves go there.
    """

    configuration: Configuration
    start: Weights
    batches: Batches
    validation: Validation | None
    detector: Detectron2
    device: str
    workspace: Path


def train(job: Job) -> None:
    """Run a job in as many processes as it asks for, with Detectron2's own launcher; its result lies in the workspace.

    Raises
    ------
    DetectorError
        If the loss is no longer finite.
    """
    launch(_train, job.detector.processes, num_machines=1, machine_rank=0, dist_url="auto", args=(job,))


def _train(job: Job) -> None:
    schedule = job.configuration.schedule
    network = job.configuration.network()
    network.load_state_dict(job.start)
    on_several = job.detector.processes > 1 and "cuda" in job.device
    network.to(torch.device("cuda", comm.get_local_rank()) if on_several else job.device)
    optimizer = job.configuration.optimizer(network)
    progress = Progress(
        network=network,
        optimizer=optimizer,
        scheduler=job.configuration.scheduler(optimizer),
        scaler=torch.amp.GradScaler("cuda", enabled=job.detector.mixed_precision),
        workspace=job.workspace,
        monitor=job.detector.checkpoint_metric,
        patience=job.detector.patience,
        is_main=comm.is_main_process(),
        tensorboard=job.detector.tensorboard,
    )
    progress.resume()
    batches = attrs.evolve(job.batches, rank=comm.get_rank(), processes=job.detector.processes)
    trained = network if job.detector.processes == 1 else _distributed(network)
    while progress.iteration < schedule.iterations and not progress.stopped:
        torch.manual_seed(_seed(job.detector.seed, progress.iteration, comm.get_rank()))
        with EventStorage(progress.iteration):
            losses = _step(trained, batches.batch(progress.iteration), progress, mixed=job.detector.mixed_precision)
        progress.count(losses)
        last = progress.iteration == schedule.iterations
        if job.validation is not None and (last or progress.iteration % schedule.evaluate_every == 0):
            progress.judge(job.validation.figures(network) if comm.is_main_process() else None)
        if last or progress.stopped or progress.iteration % schedule.checkpoint_every == 0:
            progress.save()
            logger.info("iteration %d of %d: %s", progress.iteration, schedule.iterations, progress.latest())
    progress.finish()


def _distributed(network: nn.Module) -> nn.Module:
    on_gpu = next(network.parameters()).is_cuda
    return nn.parallel.DistributedDataParallel(
        network, device_ids=[comm.get_local_rank()] if on_gpu else None, find_unused_parameters=True
    )


def _seed(seed: int, iteration: int, rank: int) -> int:
    """Return a seed of its own for an iteration: what is drawn in it does not depend on where a training resumed."""
    return int(np.random.SeedSequence([seed, iteration, rank]).generate_state(1, np.uint64)[0] >> 1)


def _step(network: nn.Module, inputs: list[Any], progress: Progress, *, mixed: bool) -> dict[str, float]:
    network.train()
    with torch.autocast("cuda", enabled=mixed):
        losses = network(inputs)
    total = torch.stack(list(losses.values())).sum()
    progress.optimizer.zero_grad(set_to_none=True)
    progress.scaler.scale(total).backward()  # type: ignore[no-untyped-call]  # torch has no type for it
    progress.scaler.step(progress.optimizer)
    progress.scaler.update()
    progress.scheduler.step()
    figures = {"loss": total.detach(), **{name: value.detach() for name, value in losses.items()}}
    reduced = comm.reduce_dict(figures, average=True)
    return {name: float(value) for name, value in reduced.items()}
