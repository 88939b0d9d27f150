"""Fitting: from labelled images to a trained network with its card and self-test."""

from __future__ import annotations

import logging
import statistics
from pathlib import Path
from typing import TYPE_CHECKING

import attrs
import torch
from torchvision.models.detection import MaskRCNN

from defectkit.detectors import ModelCard, TrainingSet
from defectkit.detectors.learning import CropSampler, Example, Inspection, Normalization, example
from defectkit.detectors.learning.anchors import box_extents, fitted_aspect_ratios, octave_sizes
from defectkit.detectors.learning.model_folder import SelfTest
from defectkit.detectors.learning.provenance import self_test_image, trained_on, training_digest
from defectkit.detectors.learning.scoring import MIN_SCORES, best_of, reported_metrics
from defectkit.errors import DetectorError
from defectkit.units import PIXEL_SIZE, as_pixel_size
from defectkit_torchvision.batches import Batches
from defectkit_torchvision.devices import device_of
from defectkit_torchvision.network import build
from defectkit_torchvision.settings import N_LEVELS, Architecture, Schedule
from defectkit_torchvision.trained import Trained
from defectkit_torchvision.training import train
from defectkit_torchvision.validation import Validation
from defectkit_torchvision.weights import load_initial, weights_digest

if TYPE_CHECKING:
    from defectkit_torchvision.detector import TorchvisionMaskRCNN

logger = logging.getLogger(__name__)

DEFAULT_MIN_SCORE = 0.5
"""Where there are no validation images to choose it on."""


def fitted(detector: TorchvisionMaskRCNN, training: TrainingSet, validation: TrainingSet | None) -> Trained:
    """Return what a detector with these options learns from images.

    Parameters
    ----------
    detector : TorchvisionMaskRCNN
    training : TrainingSet
    validation : TrainingSet, optional
        Chooses the state that is kept, and the lowest score where the options leave it open.

    Raises
    ------
    DetectorError
        If no training image holds a defect, the device is missing, or the training diverges.
    """
    return _Fitting(detector=detector, training=training, validation=validation).result()


@attrs.frozen(kw_only=True, eq=False)
class _Fitting:
    detector: TorchvisionMaskRCNN
    training: TrainingSet
    validation: TrainingSet | None

    def result(self) -> Trained:
        detector, training = self.detector, self.training
        if training.n_defects == 0:
            raise DetectorError("the training images hold no labelled defect: there is nothing to learn from")
        if self.validation is None and detector.patience > 0:
            raise DetectorError("patience is for watching validation images, but there are none; set it to 0")
        device = device_of(detector.device)
        if detector.mixed_precision and device.type != "cuda":
            raise DetectorError(f"mixed precision is for a GPU, but the device is {device.type}; leave it off")
        schedule = Schedule(**{field.name: getattr(detector, field.name) for field in attrs.fields(Schedule)})
        examples = self.examples(training)
        architecture = self.architecture(examples)
        network = self.network(architecture).to(device)
        batches = Batches(
            sampler=self.sampler(examples),
            augmentation=detector.augmentation,
            types=architecture.types,
            batch_size=detector.batch_size,
            device=device,
        )
        watched = None if self.validation is None else self.watched(self.validation, batches)
        history = train(
            network,
            batches,
            schedule,
            validate=None if watched is None else watched.figures,
            workspace=self.workspace(),
            tensorboard=detector.tensorboard,
        )
        n_done = int(history.rows[-1]["iteration"])
        trained = Trained(
            network=network,
            architecture=architecture,
            pixel_size_nm=self.pixel_size_nm,
            normalization=self.normalization,
            min_score=DEFAULT_MIN_SCORE if detector.min_score is None else detector.min_score,
            pixel_size_range_nm=self.pixel_size_range_nm,
            card=self.card(architecture, n_done, device),
            self_test=None,
        )
        if watched is not None:
            trained = _chosen(trained, watched)
        image = self_test_image(examples, trained.pixel_size_nm)
        found, _ = trained.instances(image, detector)
        return attrs.evolve(trained, self_test=SelfTest(image=image, expected=found))

    @property
    def pixel_size_nm(self) -> float:
        if self.detector.pixel_size:
            return float(as_pixel_size(self.detector.pixel_size).to(PIXEL_SIZE).magnitude)
        return float(statistics.median(size for pair in self.training.pixel_sizes_nm() for size in pair))

    @property
    def pixel_size_range_nm(self) -> tuple[float, float]:
        """What was seen: the pixel sizes of the images, widened by the magnifications that were drawn."""
        sizes = [size for pair in self.training.pixel_sizes_nm() for size in pair]
        drawn = 1 + self.detector.augmentation.scale
        return min(sizes) / drawn, max(sizes) * drawn

    @property
    def normalization(self) -> Normalization:
        return Normalization(lower=self.detector.lower_percentile, upper=self.detector.upper_percentile)

    def examples(self, images: TrainingSet) -> list[Example]:
        size = as_pixel_size(f"{self.pixel_size_nm!r} nm/px")
        return [example(image, labels, self.normalization, pixel_size=size) for image, labels in images]

    def sampler(self, examples: list[Example]) -> CropSampler:
        edge = self.detector.crop_size
        return CropSampler(examples=examples, size=(edge, edge), seed=self.detector.seed)

    def architecture(self, examples: list[Example]) -> Architecture:
        extents = box_extents(examples)
        return Architecture(
            backbone=self.detector.backbone,
            types=self.training.types,
            anchor_sizes=octave_sizes(extents, N_LEVELS),
            aspect_ratios=fitted_aspect_ratios(extents),
        )

    def network(self, architecture: Architecture) -> MaskRCNN:
        with torch.random.fork_rng([]):
            torch.manual_seed(self.detector.seed)
            network = build(architecture)
        if self.detector.initial_weights:
            load_initial(network, Path(self.detector.initial_weights), architecture.backbone)
        return network

    def watched(self, images: TrainingSet, batches: Batches) -> Validation:
        detector = self.detector
        min_scores = MIN_SCORES if detector.min_score is None else (detector.min_score,)
        return Validation(
            images=images,
            batches=attrs.evolve(batches, sampler=self.sampler(self.examples(images)), augmentation=None),
            inspection=Inspection(
                types=batches.types,
                pixel_size_nm=self.pixel_size_nm,
                normalization=self.normalization,
                min_score=min(min_scores),
                tile=detector.tile,
                overlap=detector.overlap,
                batch_size=detector.predict_batch_size,
            ),
            max_detections=detector.max_detections,
            min_scores=min_scores,
            seed=detector.seed,
        )

    def workspace(self) -> Path | None:
        """Return the folder of this training in the workspace: others with other data or options have their own."""
        if not self.detector.workspace:
            return None
        depends_on = self.detector.options() | {"initial_weights": weights_digest(self.detector.initial_weights)}
        folder = Path(self.detector.workspace) / training_digest(depends_on, self.training, self.validation)[:16]
        logger.info("checkpoints and curves: %s", folder)
        return folder

    def card(self, architecture: Architecture, n_iterations: int, device: torch.device) -> ModelCard:
        detector = self.detector
        low, high = self.pixel_size_range_nm
        return attrs.evolve(
            attrs.evolve(detector, trained=None).card(),
            description=(
                f"Mask R-CNN on {architecture.backbone}, trained for {n_iterations} iterations, batches "
                f"of {detector.batch_size}, working at {self.pixel_size_nm:g} nm/px."
            ),
            types=architecture.types,
            pixel_size_range=(f"{low!r} nm/px", f"{high!r} nm/px"),
            trained_on=(trained_on(self.training),),
            settings={**detector.settings(), "device": device.type, "torch": torch.__version__},
            limits=(
                "What it has not seen, in contrast, size or kind, it does not know.",
                f"Gives at most {detector.max_detections} defects for an image, or for a tile of a large one.",
                "On a GPU the order of sums is not fixed: there, trainings with one seed differ in the last digits.",
            ),
        )


def _chosen(trained: Trained, watched: Validation) -> Trained:
    """Choose the lowest score on the validation images, and add what is reached there to the card."""
    counts = watched.counts(trained.network)
    best = best_of(counts.sum(axis=0))
    min_score = watched.min_scores[best]
    measured_on = (
        f"{watched.images.labels.key}, {len(watched.images)} validation images that chose the checkpoint and the "
        f"lowest score {min_score:g}; mask IoU 0.3"
    )
    card = attrs.evolve(
        trained.card,
        metrics=reported_metrics(counts[:, best], measured_on=measured_on, seed=watched.seed),
        settings={**trained.card.settings, "chosen_min_score": min_score},
    )
    return attrs.evolve(trained, card=card, min_score=min_score)
