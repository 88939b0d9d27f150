"""Fitting: from labelled images to a trained network with its card and self-test."""

from __future__ import annotations

import contextlib
import logging
import statistics
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from defectkit.detectors import ModelCard, TrainingSet
from defectkit.detectors.learning import CropSampler, Example, History, Inspection, Normalization, example
from defectkit.detectors.learning.model_folder import SelfTest
from defectkit.detectors.learning.provenance import self_test_image, trained_on, training_digest
from defectkit.detectors.learning.scoring import MIN_SCORES, best_of, reported_metrics
from defectkit.errors import DetectorError
from defectkit.units import PIXEL_SIZE, as_pixel_size
from defectkit_detectron2.batches import Batches
from defectkit_detectron2.configurations import Configuration
from defectkit_detectron2.devices import device_of
from defectkit_detectron2.digests import weights_digest
from defectkit_detectron2.progress import result
from defectkit_detectron2.start import starting_point
from defectkit_detectron2.trained import Trained
from defectkit_detectron2.training import Job, train
from defectkit_detectron2.validation import Validation

if TYPE_CHECKING:
    from defectkit_detectron2.detector import Detectron2

logger = logging.getLogger(__name__)
DEFAULT_MIN_SCORE = 0.5
"""Where there are no validation images to choose it on."""


def fitted(detector: Detectron2, training: TrainingSet, validation: TrainingSet | None) -> Trained:
    """Return what a detector with these options learns from images.

    Parameters
    ----------
    detector : Detectron2
    training : TrainingSet
    validation : TrainingSet, optional
        Chooses the state that is kept, and the lowest score where the options leave it open.

    Raises
    ------
    DetectorError
        If no training image holds a defect, the device or the weights to start from are missing, or the training
        diverges.
    """
    return _Fitting(detector=detector, training=training, validation=validation).result()


@attrs.frozen(kw_only=True, eq=False)
class _Fitting:
    detector: Detectron2
    training: TrainingSet
    validation: TrainingSet | None

    def result(self) -> Trained:
        detector = self.detector
        if self.training.n_defects == 0:
            raise DetectorError("the training images hold no labelled defect: there is nothing to learn from")
        if self.validation is None and detector.patience > 0:
            raise DetectorError("patience is for watching validation images, but there are none; set it to 0")
        device = device_of(detector.device, detector.processes, mixed_precision=detector.mixed_precision)
        examples = self.examples(self.training)
        configuration, start = starting_point(detector, examples, self.training.types)
        batches = self.batches(examples, configuration)
        watched = None if self.validation is None else self.watched(self.validation, configuration)
        with self.workspace() as workspace:
            train(
                Job(
                    configuration=configuration,
                    start=start,
                    batches=attrs.evolve(batches, augmentation=detector.augmentation),
                    validation=watched,
                    checkpoint_metric=detector.checkpoint_metric,
                    patience=detector.patience,
                    seed=detector.seed,
                    device=str(device),
                    processes=detector.processes,
                    mixed_precision=detector.mixed_precision,
                    workspace=workspace,
                    tensorboard=detector.tensorboard,
                )
            )
            weights, history = result(workspace)
        network = configuration.network()
        network.load_state_dict(weights)
        trained = Trained(
            network=network.to(device).eval(),
            configuration=configuration,
            pixel_size_nm=self.pixel_size_nm,
            normalization=self.normalization,
            min_score=DEFAULT_MIN_SCORE if detector.min_score is None else detector.min_score,
            card=self.card(configuration, history),
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
    def normalization(self) -> Normalization:
        return Normalization(lower=self.detector.lower_percentile, upper=self.detector.upper_percentile)

    def examples(self, images: TrainingSet) -> list[Example]:
        size = as_pixel_size(f"{self.pixel_size_nm!r} nm/px")
        known = set(self.training.types)
        return [
            example(image, labels.take([t in known for t in labels.type_names]), self.normalization, pixel_size=size)
            for image, labels in images
        ]

    def batches(self, examples: list[Example], configuration: Configuration) -> Batches:
        schedule, detector = configuration.schedule, self.detector
        if schedule.batch_size % detector.processes:
            raise DetectorError(
                f"a batch of {schedule.batch_size} cannot be shared evenly by {detector.processes} processes"
            )
        edge = schedule.crop_size
        return Batches(
            sampler=CropSampler(examples=examples, size=(edge, edge), seed=detector.seed),
            augmentation=None,
            types=self.training.types,
            batch_size=schedule.batch_size // detector.processes,
        )

    def watched(self, images: TrainingSet, configuration: Configuration) -> Validation:
        detector = self.detector
        min_scores = MIN_SCORES if detector.min_score is None else (detector.min_score,)
        return Validation(
            name=images.labels.key,
            pairs=tuple(images),
            batches=self.batches(self.examples(images), configuration),
            inspection=Inspection(
                types=self.training.types,
                pixel_size_nm=self.pixel_size_nm,
                normalization=self.normalization,
                min_score=min(min_scores),
                tile=detector.tile,
                overlap=detector.overlap,
                batch_size=detector.predict_batch_size,
            ),
            max_detections=detector.max_detections,
            min_scores=min_scores,
        )

    @contextlib.contextmanager
    def workspace(self) -> Iterator[Path]:
        """Yield the folder of this training in the workspace: others with other data or options have their own."""
        if not self.detector.workspace:
            with tempfile.TemporaryDirectory(prefix="defectkit-detectron2-") as made:
                yield Path(made)
            return
        depends_on = self.detector.options() | {
            "initial_weights": weights_digest(self.detector.initial_weights),
            "processes": self.detector.processes,
        }
        folder = Path(self.detector.workspace).expanduser().resolve()
        folder /= training_digest(depends_on, self.training, self.validation)[:16]
        folder.mkdir(parents=True, exist_ok=True)
        logger.info("checkpoints and curves: %s", folder)
        yield folder

    def card(self, configuration: Configuration, history: History) -> ModelCard:
        detector = self.detector
        sizes = [size for pair in self.training.pixel_sizes_nm() for size in pair]
        drawn = 1 + detector.augmentation.scale
        limits = [
            "What it has not seen, in contrast, size or kind, it does not know.",
            f"Gives at most {detector.max_detections} defects for an image, or for a tile of a large one.",
            "On a GPU the order of sums is not fixed: there, trainings with one seed differ in the last digits.",
        ]
        if not configuration.has_masks:
            limits.append("Gives boxes only: each mask is a filled box, so sizes and shapes are those of boxes.")
        done = int(history.rows[-1]["iteration"])
        return attrs.evolve(
            attrs.evolve(detector, trained=None).card(),
            description=(
                f"Network of Detectron2, configuration {detector.config}, trained for {done} iterations of "
                f"{configuration.schedule.batch_size} crops, working at {self.pixel_size_nm:g} nm/px."
            ),
            types=self.training.types,
            pixel_size_range=(f"{min(sizes) / drawn!r} nm/px", f"{max(sizes) * drawn!r} nm/px"),
            trained_on=(trained_on(self.training),),
            limits=tuple(limits),
        )


def _chosen(trained: Trained, watched: Validation) -> Trained:
    """Choose the lowest score on the validation images, and add what is reached there to the card."""
    counts = watched.counts(trained.network)
    best = best_of(counts.sum(axis=0))
    min_score = watched.min_scores[best]
    measured_on = (
        f"{watched.name}, {len(watched.pairs)} validation images that chose the checkpoint and the "
        f"lowest score {min_score:g}; mask IoU 0.3"
    )
    card = attrs.evolve(
        trained.card,
        metrics=reported_metrics(counts[:, best], measured_on=measured_on, seed=watched.batches.sampler.seed),
        settings={**trained.card.settings, "chosen_min_score": min_score},
    )
    return attrs.evolve(trained, card=card, min_score=min_score)
