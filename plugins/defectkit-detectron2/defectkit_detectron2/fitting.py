"""Fitting: from the images of a lesson to a trained network."""

from __future__ import annotations

import contextlib
import logging
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import attrs
from torch import nn

from defectkit.detectors.learning import CropSampler, History
from defectkit.detectors.learning.lesson import Lesson
from defectkit.errors import DetectorError
from defectkit_detectron2.batches import Batches
from defectkit_detectron2.configurations import Configuration
from defectkit_detectron2.devices import device_of
from defectkit_detectron2.progress import result
from defectkit_detectron2.start import starting_point
from defectkit_detectron2.training import Job, train
from defectkit_detectron2.validation import Validation

if TYPE_CHECKING:
    from defectkit_detectron2.detector import Detectron2

logger = logging.getLogger(__name__)


def taught(detector: Detectron2, lesson: Lesson) -> tuple[nn.Module, Configuration, History]:
    """Return a trained network, its configuration, and the course of its training.

    Raises
    ------
    DetectorError
        If the device or the weights to start from are missing, or the training diverges.
    """
    device = device_of(detector.device, detector.processes, mixed_precision=detector.mixed_precision)
    examples = lesson.examples(lesson.training)
    configuration, start = starting_point(detector, examples, lesson.types)
    edge = configuration.schedule.crop_size
    sampler = lesson.sampler(examples, edge, augmentation=detector.augmentation)
    batches = _batches(sampler, lesson.types, configuration, detector.processes)
    watch, validation = lesson.watch(), None
    if watch is not None and lesson.validation is not None:
        unchanged = lesson.sampler(lesson.examples(lesson.validation), edge)
        validation = Validation(
            watch=watch, batches=attrs.evolve(batches, sampler=unchanged), max_detections=detector.max_detections
        )
    with _workspace(lesson.folder) as workspace:
        train(
            Job(
                configuration=configuration,
                start=start,
                batches=batches,
                validation=validation,
                detector=attrs.evolve(detector, trained=None),
                device=str(device),
                workspace=workspace,
            )
        )
        weights, history = result(workspace)
    network = configuration.network()
    network.load_state_dict(weights)
    return network.to(device).eval(), configuration, history


def _batches(sampler: CropSampler, types: tuple[str, ...], configuration: Configuration, processes: int) -> Batches:
    batch_size = configuration.schedule.batch_size
    if batch_size % processes:
        raise DetectorError(f"a batch of {batch_size} cannot be shared evenly by {processes} processes")
    return Batches(sampler=sampler, types=types, batch_size=batch_size // processes)


@contextlib.contextmanager
def _workspace(folder: Path | None) -> Iterator[Path]:
    """Give the folder of a training, for the time of the block where there is none."""
    if folder is None:
        with tempfile.TemporaryDirectory(prefix="defectkit-detectron2-") as made:
            yield Path(made)
        return
    folder.mkdir(parents=True, exist_ok=True)
    logger.info("checkpoints and curves: %s", folder)
    yield folder
