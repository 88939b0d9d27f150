"""Training: a loop that can be killed at any iteration and is resumed from its last checkpoint."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np
import torch
from torchvision.models.detection import MaskRCNN

from defectkit.detectors.learning import History
from defectkit.detectors.learning.anchors import box_extents, fitted_aspect_ratios, octave_sizes
from defectkit.detectors.learning.lesson import Lesson
from defectkit.detectors.learning.progress import Progress
from defectkit.detectors.learning.rates import warmed_cosine
from defectkit.errors import DetectorError
from defectkit_torchvision.architecture import N_LEVELS, Architecture
from defectkit_torchvision.batches import Batches
from defectkit_torchvision.devices import device_of
from defectkit_torchvision.events import summary_writer
from defectkit_torchvision.network import build
from defectkit_torchvision.validation import Validation
from defectkit_torchvision.weights import load_initial

if TYPE_CHECKING:
    from torch.utils.tensorboard import SummaryWriter

    from defectkit_torchvision.detector import TorchvisionMaskRCNN

logger = logging.getLogger(__name__)
Validate = Callable[[MaskRCNN], Mapping[str, float]]
MAX_GRADIENT_NORM = 10.0


def taught(detector: TorchvisionMaskRCNN, lesson: Lesson) -> tuple[MaskRCNN, Architecture, History]:
    """Return a trained network, its architecture, and the course of its training.

    Raises
    ------
    DetectorError
        If the device or the weights to start from are missing, or the training diverges.
    """
    device = device_of(detector.device)
    if detector.mixed_precision and device.type != "cuda":
        raise DetectorError(f"mixed precision is for a GPU, but the device is {device.type}; leave it off")
    examples = lesson.examples(lesson.training)
    architecture = _architecture(detector, lesson, box_extents(examples))
    network = _start(detector, architecture).to(device)
    batches = Batches(
        sampler=lesson.sampler(examples, detector.crop_size, augmentation=detector.augmentation),
        types=lesson.types,
        batch_size=detector.batch_size,
        device=device,
    )
    watch, validation = lesson.watch(), None
    if watch is not None and lesson.validation is not None:
        sampler = lesson.sampler(lesson.examples(lesson.validation), detector.crop_size)
        validation = Validation(
            watch=watch, batches=attrs.evolve(batches, sampler=sampler), max_detections=detector.max_detections
        )
    validate = None if validation is None else validation.figures
    return network, architecture, train(network, batches, detector, validate=validate, workspace=lesson.folder)


def _architecture(detector: TorchvisionMaskRCNN, lesson: Lesson, extents: Any) -> Architecture:
    return Architecture(
        backbone=detector.backbone,
        types=lesson.types,
        anchor_sizes=octave_sizes(extents, N_LEVELS),
        aspect_ratios=fitted_aspect_ratios(extents),
    )


def _start(detector: TorchvisionMaskRCNN, architecture: Architecture) -> MaskRCNN:
    with torch.random.fork_rng([]):
        torch.manual_seed(detector.seed)
        network = build(architecture)
    if detector.initial_weights:
        load_initial(network, Path(detector.initial_weights), architecture.backbone)
    return network


def train(
    network: MaskRCNN,
    batches: Batches,
    detector: TorchvisionMaskRCNN,
    *,
    validate: Validate | None,
    workspace: Path | None,
) -> History:
    """Train ``network`` in place and leave it with its best state (its last, without validation).

    Parameters
    ----------
    network : torchvision MaskRCNN
        On the device of the batches.
    batches : Batches
    detector : TorchvisionMaskRCNN
        Its options say how.
    validate : callable, optional
        Returns figures of a network, among them the checkpoint metric of the detector.
    workspace : pathlib.Path, optional
        Where checkpoints and curves of this training, and of no other, go; without one nothing is kept until the end.

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
    optimizer = torch.optim.SGD(network.parameters(), lr=detector.learning_rate, momentum=0.9, weight_decay=1e-4)
    scaler = torch.amp.GradScaler("cuda", enabled=detector.mixed_precision)
    progress = Progress(parts={"network": network, "optimizer": optimizer, "scaler": scaler})
    if workspace is not None:
        progress.resume(workspace, functools.partial(torch.load, map_location="cpu", weights_only=True))
    events = (
        summary_writer(workspace, purge_from=progress.iteration + 1)
        if workspace is not None and detector.tensorboard
        else nullcontext()
    )
    forked = [batches.device] if batches.device.type == "cuda" else []
    with events as writer, torch.random.fork_rng(forked):
        _Loop(
            network=network,
            optimizer=optimizer,
            scaler=scaler,
            progress=progress,
            batches=batches,
            detector=detector,
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
    network: MaskRCNN
    optimizer: torch.optim.Optimizer
    scaler: torch.amp.GradScaler
    progress: Progress
    batches: Batches
    detector: TorchvisionMaskRCNN
    validate: Validate | None
    workspace: Path | None
    writer: SummaryWriter | None

    def run(self) -> None:
        progress, detector = self.progress, self.detector
        while progress.iteration < detector.iterations and not 0 < detector.patience <= progress.n_stale:
            figures = self.step()
            progress.iteration += 1
            self.note(figures)
            if progress.iteration % detector.evaluate_every == 0 or progress.iteration == detector.iterations:
                self.look()

    def step(self) -> dict[str, float]:
        """Do one iteration and return its losses."""
        network, optimizer, scaler = self.network, self.optimizer, self.scaler
        iteration, device = self.progress.iteration, self.batches.device
        torch.manual_seed(int(np.random.SeedSequence([self.detector.seed, iteration]).generate_state(1)[0]))
        network.train()
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(iteration, self.detector)
        images, targets = self.batches.batch(iteration)
        with torch.autocast(device.type, enabled=self.detector.mixed_precision):
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
            figures = dict(self.validate(self.network))
            self.note(figures)
            metric = self.detector.checkpoint_metric
            self.progress.judge(-figures[metric] if metric.endswith("loss") else figures[metric], self._state)
        if self.workspace is not None:
            self.progress.save(self.workspace, torch.save)
            self.progress.history.write(self.workspace)
        logger.info("iteration %d: %s", self.progress.iteration, self.progress.history.rows[-1])

    def _state(self) -> dict[str, torch.Tensor]:
        return {name: value.detach().cpu().clone() for name, value in self.network.state_dict().items()}

    def note(self, figures: Mapping[str, float]) -> None:
        """Keep figures of the iteration that was done last."""
        self.progress.history.add(self.progress.iteration, figures)
        if self.writer is not None:
            for name, value in figures.items():
                self.writer.add_scalar(name, value, self.progress.iteration)


def learning_rate(iteration: int, detector: TorchvisionMaskRCNN) -> float:
    """Return the learning rate of an iteration: a linear warm-up, then a cosine down to a hundredth."""
    n = detector.iterations
    warm_up = max(1, min(200, n // 10))
    return detector.learning_rate * warmed_cosine(iteration, n, warm_up=warm_up, cooling=n - warm_up, last=0.01)
