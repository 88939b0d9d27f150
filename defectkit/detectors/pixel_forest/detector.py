"""PixelForest: the detector."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, ClassVar

import attrs

from defectkit import __version__
from defectkit.detectors.card import ModelCard
from defectkit.detectors.learning.normalization import Normalization
from defectkit.detectors.learning.provenance import seen_pixel_sizes
from defectkit.detectors.pixel_forest.model import ForestModel
from defectkit.detectors.trainable import TrainableDetector
from defectkit.detectors.training import TrainingSet
from defectkit.errors import DetectorError
from defectkit.records.image import Image
from defectkit.records.instances import Instances

_PROBABILITY = attrs.validators.and_(attrs.validators.ge(0), attrs.validators.lt(1))


def _rising(value: Iterable[float]) -> tuple[float, ...]:
    return tuple(float(scale) for scale in value)


def _scales(detector: PixelForest, field: attrs.Attribute[Any], value: tuple[float, ...]) -> None:
    if not value or min(value) <= 0 or list(value) != sorted(set(value)):
        raise DetectorError(f"detector {detector.name!r}: the scales {value} are not rising lengths in nm above 0")


def _percentiles(detector: PixelForest, attribute: attrs.Attribute[float], upper: float) -> None:
    Normalization(lower=detector.lower_percentile, upper=upper)


@attrs.frozen(kw_only=True, eq=False)
class PixelForest(TrainableDetector[ForestModel]):
    """A random forest on multi-scale filters that says what each pixel is, and a watershed that makes defects of it.

    It learns from a handful of labelled images in seconds on one core, and needs nothing but what the core needs.

    Parameters
    ----------
    pixel_size : str
        What images are resampled to, for instance ``"1 nm/px"``; empty for the median of the training images.
    scales_nm : tuple of float
        Widths of the filters.
    n_trees, max_depth, min_leaf : int
        Of the forest.
    samples_per_class : int
        Pixels of each class that are drawn from each image.
    background_factor : int
        How many times more of the background.
    border_nm : float
        Width of the border class around defects.
    threshold, min_score : float, optional
        Probability above which a pixel is in a defect, and score below which a defect is left out. Chosen on validation
        images, or on training images that a first forest has not seen, unless both are given.
    smoothing_nm : float
        Width of the Gaussian that smooths probabilities.
    depth_nm : float
        How deep a neck between two regions has to be to part them.
    min_diameter_nm : float
        Defects of less than the area of a disc of this diameter are left out.
    lower_percentile, upper_percentile : float
        Gray values that become 0 and 1; see :class:`defectkit.detectors.learning.Normalization`.
    seed : int
        Of all that is drawn by chance.
    license, trained
        As for every :class:`~defectkit.detectors.TrainableDetector`.

    Notes
    -----
    Background, border and each type of the labels are the classes; the score of a defect is the mean probability of its
    type over its pixels. A saved model holds arrays and JSON, no pickle: loading a stranger's model runs nothing of it.
    Features of an image are kept in memory (2 GiB at most), so a study computes them once.
    """

    name: ClassVar[str] = "pixel-forest"
    description: ClassVar[str] = "Trainable without torch: a random forest on multi-scale filters, and a watershed."
    version: ClassVar[str] = __version__
    citation: ClassVar[str] = "ilastik, doi 10.1038/s41592-019-0582-9; random forests, doi 10.1023/A:1010933404324"
    limits: ClassVar[tuple[str, ...]] = (
        "Defects are regions of pixels that do not overlap: of two that cross, one takes the pixels of both.",
        "What it has not seen, in contrast, size or kind, it does not know.",
    )

    pixel_size: str = ""
    scales_nm: tuple[float, ...] = attrs.field(default=(1.0, 2.0, 4.0, 8.0, 16.0), converter=_rising, validator=_scales)
    n_trees: int = attrs.field(default=30, validator=attrs.validators.ge(1))
    max_depth: int = attrs.field(default=18, validator=attrs.validators.ge(1))
    min_leaf: int = attrs.field(default=4, validator=attrs.validators.ge(1))
    samples_per_class: int = attrs.field(default=1000, validator=attrs.validators.ge(1))
    background_factor: int = attrs.field(default=6, validator=attrs.validators.ge(1))
    border_nm: float = attrs.field(default=3.0, validator=attrs.validators.gt(0))
    threshold: float | None = attrs.field(default=None, validator=attrs.validators.optional(_PROBABILITY))
    min_score: float | None = attrs.field(default=None, validator=attrs.validators.optional(_PROBABILITY))
    smoothing_nm: float = attrs.field(default=1.0, validator=attrs.validators.ge(0))
    depth_nm: float = attrs.field(default=1.0, validator=attrs.validators.gt(0))
    min_diameter_nm: float = attrs.field(default=3.0, validator=attrs.validators.ge(0))
    lower_percentile: float = 0.5
    upper_percentile: float = attrs.field(default=99.5, validator=_percentiles)
    seed: int = 0

    def learn(self, training: TrainingSet, validation: TrainingSet | None) -> ForestModel:
        """Return a forest, and the threshold and lowest score that it is believed from."""
        from defectkit.detectors.pixel_forest.fitting import learn_forest

        return learn_forest(self, training, validation)

    def find(self, model: ForestModel, image: Image) -> Instances:
        """Return the defects of an image."""
        return model.instances(image, self)

    def write(self, model: ForestModel, folder: Path) -> None:
        """Write the trees as arrays and the rest as JSON."""
        model.save(folder)

    def read(self, folder: Path) -> ForestModel:
        """Return the model that was written."""
        return ForestModel.load(folder)

    def pixel_sizes_nm(self, training: TrainingSet) -> tuple[float, float] | None:
        """Return half of the smallest and twice the largest pixel size of the training images."""
        return seen_pixel_sizes(training, widened_by=2)

    def complete_card(self, card: ModelCard, model: ForestModel) -> ModelCard:
        """Return the card with the size of the forest and what was chosen."""
        return attrs.evolve(
            card,
            description=(
                f"A random forest of {self.n_trees} trees on filters of {len(self.scales_nm)} widths, working at "
                f"{model.working.pixel_size_nm:g} nm/px, with a watershed at a probability of {model.threshold:g}."
            ),
            settings={**card.settings, "chosen_threshold": model.threshold, "chosen_min_score": model.min_score},
        )
