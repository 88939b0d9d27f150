"""Fitting: from labelled images to a forest, and to the probabilities from which on it is believed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.detectors.card import ModelCard, TrainingData
from defectkit.detectors.learning.example import rescaled
from defectkit.detectors.learning.model_folder import SelfTest
from defectkit.detectors.learning.normalization import Normalization
from defectkit.detectors.learning.scoring import best_of, find_counts
from defectkit.detectors.pixel_forest.forest import Forest, grown
from defectkit.detectors.pixel_forest.targets import FIRST_TYPE, drawn_samples, pixel_classes
from defectkit.detectors.pixel_forest.trained import Trained, found
from defectkit.detectors.pixel_forest.working import Working
from defectkit.detectors.training import TrainingSet
from defectkit.errors import DetectorError
from defectkit.records.image import Image
from defectkit.records.instances import Instances
from defectkit.units import as_pixel_size

if TYPE_CHECKING:
    from defectkit.detectors.pixel_forest.detector import PixelForest

THRESHOLDS = (0.3, 0.4, 0.5, 0.6, 0.7)
MIN_SCORES = (0.0, 0.2, 0.3, 0.4, 0.5)
"""What is tried where the options leave it open."""

MIDDLE = (0.5, 0.0)
"""Threshold and lowest score where there is a single image, so nothing to choose them on."""

HELD_OUT = 5
"""One image of so many is held out to choose threshold and lowest score, where no validation images are given."""

SELF_TEST_PX = 128

CITATION = "ilastik, doi 10.1038/s41592-019-0582-9; random forests, doi 10.1023/A:1010933404324"


def fitted(detector: PixelForest, training: TrainingSet, validation: TrainingSet | None) -> Trained:
    """Return what a detector with these options learns from images.

    Parameters
    ----------
    detector : PixelForest
    training : TrainingSet
    validation : TrainingSet, optional
        To choose threshold and lowest score on. Without it, and where the options leave them open, a first forest is
        grown without every fifth training image and watched on those; the forest that is kept has seen all.

    Raises
    ------
    DetectorError
        If no training image holds a defect.
    MissingCalibrationError
        If an image has no pixel size.
    """
    types = training.types
    if not types:
        raise DetectorError(
            f"detector {detector.name!r}: none of the {len(training)} training images holds a defect to learn from"
        )
    sizes = training.pixel_sizes_nm()
    working = Working(
        pixel_size_nm=(
            float(as_pixel_size(detector.pixel_size).magnitude) if detector.pixel_size else float(np.median(sizes))
        ),
        scales_nm=detector.scales_nm,
        normalization=Normalization(lower=detector.lower_percentile, upper=detector.upper_percentile),
    )
    learner = _Learner(detector=detector, working=working, types=types)
    names = list(training.images)
    forest = learner.forest(training, names)
    choices = learner.open_choices()
    held_out = names[::HELD_OUT]
    if len(choices) == 1:
        threshold, min_score = choices[0]
    elif validation is not None:
        threshold, min_score = learner.best(choices, forest, validation, list(validation.images))
    elif len(names) > len(held_out):
        first = learner.forest(training, [name for name in names if name not in held_out])
        threshold, min_score = learner.best(choices, first, training, held_out)
    else:
        threshold, min_score = MIDDLE
    trained = Trained(
        forest=forest,
        working=working,
        types=types,
        threshold=threshold,
        min_score=min_score,
        pixel_size_range_nm=(float(np.min(sizes)) / 2, float(np.max(sizes)) * 2),
        card=_card(detector, training, working, types, (threshold, min_score), sizes),
        self_test=None,
    )
    return learner.with_self_test(trained, training)


class _Learner:
    def __init__(self, *, detector: PixelForest, working: Working, types: Sequence[str]) -> None:
        self.detector, self.working, self.types = detector, working, types

    def forest(self, training: TrainingSet, names: Sequence[str]) -> Forest:
        rng = np.random.default_rng(self.detector.seed)
        parts = [self._samples(training.images[n], training.labels[n], rng) for n in names]
        features, classes = (np.concatenate(column) for column in zip(*parts, strict=True))
        return grown(
            features,
            classes,
            n_classes=FIRST_TYPE + len(self.types),
            n_trees=self.detector.n_trees,
            max_depth=self.detector.max_depth,
            min_leaf=self.detector.min_leaf,
            seed=self.detector.seed,
        )

    def _samples(
        self, image: Image, labels: Instances, rng: np.random.Generator
    ) -> tuple[NDArray[np.float16], NDArray[np.int64]]:
        border_px = max(1, round(self.detector.border_nm / self.working.pixel_size_nm))
        classes = pixel_classes(rescaled(labels, self.working.shape(image)), self.types, border_px)
        picked = drawn_samples(
            classes,
            per_class=self.detector.samples_per_class,
            background_factor=self.detector.background_factor,
            rng=rng,
        )
        features = self.working.features(image)
        return features.reshape(-1, features.shape[-1])[picked], classes.ravel()[picked]

    def open_choices(self) -> list[tuple[float, float]]:
        """Return every threshold with every lowest score that the options leave open."""
        thresholds = THRESHOLDS if self.detector.threshold is None else (self.detector.threshold,)
        min_scores = MIN_SCORES if self.detector.min_score is None else (self.detector.min_score,)
        return [(threshold, min_score) for threshold in thresholds for min_score in min_scores]

    def best(
        self, choices: Sequence[tuple[float, float]], forest: Forest, watched: TrainingSet, names: Sequence[str]
    ) -> tuple[float, float]:
        """Return the choice that gives the best F1 of finding defects; the middle one of equals."""
        by_threshold: dict[float, list[int]] = {}
        for k, (threshold, _) in enumerate(choices):
            by_threshold.setdefault(threshold, []).append(k)
        counts = np.zeros((len(choices), 3), np.int64)
        for name in names:
            image, truth = watched.images[name], watched.labels[name]
            probabilities = self.working.probabilities(image, forest)
            for threshold, of_threshold in by_threshold.items():
                guess = found(probabilities, image.shape, self.types, self.working, self.detector, threshold)
                counts[of_threshold] += find_counts(truth, guess, [choices[k][1] for k in of_threshold])
        return choices[best_of(counts)]

    def with_self_test(self, trained: Trained, training: TrainingSet) -> Trained:
        """Add a corner of the first image, with what is found in it."""
        image = next(iter(training.images.values()))
        corner = np.ascontiguousarray(image.pixels[:SELF_TEST_PX, :SELF_TEST_PX])
        test = Image.from_array("self-test", corner, calibration=image.calibration)
        expected = trained.instances(test, self.detector)
        return attrs.evolve(trained, self_test=SelfTest(image=test, expected=expected))


def _card(
    detector: PixelForest,
    training: TrainingSet,
    working: Working,
    types: Sequence[str],
    chosen: tuple[float, float],
    sizes: Sequence[tuple[float, float]],
) -> ModelCard:
    from defectkit import __version__
    from defectkit.records.label_set import combined_digest

    used = {name: training.labels[name].digest() for name in training.images}
    return ModelCard(
        name=detector.name,
        version=__version__,
        description=(
            f"A random forest of {detector.n_trees} trees on filters of {len(working.scales_nm)} widths, "
            f"working at {working.pixel_size_nm:g} nm/px, with a watershed at a probability of {chosen[0]:g}."
        ),
        types=tuple(types),
        pixel_size_range=(f"{float(np.min(sizes)) / 2!r} nm/px", f"{float(np.max(sizes)) * 2!r} nm/px"),
        trained_on=(
            TrainingData(
                dataset=training.labels.name,
                labels=training.labels.key,
                labels_digest=combined_digest(used),
                images_digest=combined_digest({name: image.digest() for name, image in training.images.items()}),
                n_images=len(training),
                n_defects=training.n_defects,
            ),
        ),
        settings=detector.settings() | {"chosen_threshold": chosen[0], "chosen_min_score": chosen[1]},
        license="MIT",
        citation=CITATION,
        limits=(
            "Defects are regions of pixels that do not overlap: of two that cross, one takes the pixels of both.",
            "What it has not seen, in contrast, size or kind, it does not know.",
        ),
    )
