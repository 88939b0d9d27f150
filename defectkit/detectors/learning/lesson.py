"""Lesson: the images that a network learns from and is watched on, as it sees them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.detectors.learning.augmentation import Augmentation
from defectkit.detectors.learning.crops import CropSampler
from defectkit.detectors.learning.example import Example, example
from defectkit.detectors.learning.normalization import Normalization
from defectkit.detectors.learning.scoring import MIN_SCORES, best_of, f1_scores, find_counts
from defectkit.detectors.learning.sliding_window import Look, SlidingWindow
from defectkit.detectors.training import TrainingSet
from defectkit.records.image import Image
from defectkit.records.instances import Instances
from defectkit.units import as_pixel_size


@attrs.frozen(kw_only=True, eq=False)
class Watch:
    """Validation images by which a network is judged; it can be sent to another process.

    Parameters
    ----------
    pairs : tuple of (Image, Instances)
    sliding_window : SlidingWindow
        How the images are shown.
    min_scores : tuple of float
        The lowest scores among which the best is taken.
    """

    pairs: tuple[tuple[Image, Instances], ...]
    sliding_window: SlidingWindow
    min_scores: tuple[float, ...]

    def counts(self, look: Look) -> NDArray[np.int64]:
        """Return found, labelled and given defects, shape (images, lowest scores, 3)."""
        found = ((labels, self.sliding_window.instances(image, look)[0]) for image, labels in self.pairs)
        return np.stack([find_counts(labels, given, self.min_scores) for labels, given in found])

    def f1_score(self, look: Look) -> float:
        """Return the F1 score of finding at the best lowest score."""
        return float(f1_scores(self.counts(look).sum(axis=0)).max())

    def best_min_score(self, look: Look) -> float:
        """Return the lowest score that gives the best F1 score of finding."""
        return self.min_scores[best_of(self.counts(look).sum(axis=0))]


@attrs.frozen(kw_only=True, eq=False)
class Lesson:
    """What a network learns from, at one pixel size.

    Parameters
    ----------
    training : TrainingSet
    validation : TrainingSet, optional
    pixel_size_nm : float
        What images are rescaled to.
    normalization : Normalization
    seed : int
    min_score : float, optional
        The only lowest score that counts; None for those that are tried.
    inspecting : mapping of str to Any
        Tiles and batches, as :class:`~defectkit.detectors.learning.SlidingWindow` takes them.
    folder : pathlib.Path, optional
        Where checkpoints and curves of this training, and of no other, go.
    """

    training: TrainingSet
    validation: TrainingSet | None
    pixel_size_nm: float
    normalization: Normalization
    seed: int = 0
    min_score: float | None = None
    inspecting: Mapping[str, Any] = attrs.field(factory=dict)
    folder: Path | None = None

    @property
    def types(self) -> tuple[str, ...]:
        """What the network is to tell apart."""
        return self.training.types

    def examples(self, images: TrainingSet) -> list[Example]:
        """Return images as the network sees them, with the defects of the types that it learns."""
        size = as_pixel_size(f"{self.pixel_size_nm!r} nm/px")
        known = set(self.types)
        return [
            example(image, labels.take([t in known for t in labels.type_names]), self.normalization, pixel_size=size)
            for image, labels in images
        ]

    def sampler(self, examples: list[Example], edge: int, *, augmentation: Augmentation | None = None) -> CropSampler:
        """Return what draws square windows of the examples."""
        return CropSampler(examples=examples, size=(edge, edge), seed=self.seed, augmentation=augmentation)

    def watch(self) -> Watch | None:
        """Return the validation images with how they are shown; None where there are none."""
        if self.validation is None:
            return None
        min_scores = MIN_SCORES if self.min_score is None else (self.min_score,)
        sliding_window = SlidingWindow(
            types=self.types,
            pixel_size_nm=self.pixel_size_nm,
            normalization=self.normalization,
            min_score=min(min_scores),
            **self.inspecting,
        )
        return Watch(pairs=tuple(self.validation), sliding_window=sliding_window, min_scores=min_scores)
