"""Fitting: from labelled images to a forest, and to the probabilities from which on it is believed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from defectkit.detectors.learning.example import rescale
from defectkit.detectors.learning.normalization import Normalization
from defectkit.detectors.learning.scoring import best_of, find_counts
from defectkit.detectors.pixel_forest.forest import Forest, grown
from defectkit.detectors.pixel_forest.model import ForestModel, found
from defectkit.detectors.pixel_forest.targets import FIRST_TYPE, drawn_samples, pixel_classes
from defectkit.detectors.pixel_forest.working import Working
from defectkit.detectors.training import TrainingSet
from defectkit.records.image import Image
from defectkit.records.instances import Instances

if TYPE_CHECKING:
    from defectkit.detectors.pixel_forest.detector import PixelForest

THRESHOLDS = (0.3, 0.4, 0.5, 0.6, 0.7)
MIN_SCORES = (0.0, 0.2, 0.3, 0.4, 0.5)
"""What is tried where the options leave it open."""

MIDDLE = (0.5, 0.0)
"""Threshold and lowest score where there is a single image, so nothing to choose them on."""

HELD_OUT = 5
"""One image of so many is held out to choose threshold and lowest score, where no validation images are given."""


def learn_forest(detector: PixelForest, training: TrainingSet, validation: TrainingSet | None) -> ForestModel:
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
    MissingCalibrationError
        If an image has no pixel size.
    """
    working = Working(
        pixel_size_nm=training.working_pixel_size_nm(detector.pixel_size),
        scales_nm=detector.scales_nm,
        normalization=Normalization(lower=detector.lower_percentile, upper=detector.upper_percentile),
    )
    learner = _Learner(detector=detector, working=working, types=training.types)
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
    return ForestModel(forest=forest, working=working, types=training.types, threshold=threshold, min_score=min_score)


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
        classes = pixel_classes(rescale(labels, self.working.shape(image)), self.types, border_px)
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
