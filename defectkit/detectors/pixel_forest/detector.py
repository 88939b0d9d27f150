"""PixelForest: the detector."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, ClassVar, Self

import attrs

from defectkit.detectors.capability import Capability
from defectkit.detectors.card import ModelCard
from defectkit.detectors.interface import Detector
from defectkit.detectors.learning.model_folder import check_self_test, read_settings, write_model_folder
from defectkit.detectors.pixel_forest.trained import TREES, Trained
from defectkit.detectors.training import TrainingSet
from defectkit.errors import DetectorError
from defectkit.files import new_folder
from defectkit.records.image import Image
from defectkit.records.prediction import Prediction, Setting

_PROBABILITY = attrs.validators.and_(attrs.validators.ge(0), attrs.validators.lt(1))


def _rising(value: Iterable[float]) -> tuple[float, ...]:
    return tuple(float(scale) for scale in value)


def _scales(detector: PixelForest, field: attrs.Attribute[Any], value: tuple[float, ...]) -> None:
    if not value or min(value) <= 0 or list(value) != sorted(set(value)):
        raise DetectorError(f"detector {detector.name!r}: the scales {value} are not rising lengths in nm above 0")


@attrs.frozen(kw_only=True, eq=False)
class PixelForest(Detector):
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
    trained : Trained, optional
        What :meth:`fit` and :meth:`load` put there.

    Notes
    -----
    Background, border and each type of the labels are the classes; the score of a defect is the mean probability of its
    type over its pixels. A saved model holds arrays and JSON, no pickle: loading a stranger's model runs nothing of it.
    Features of an image are kept in memory (2 GiB at most), so a study computes them once.
    """

    name: ClassVar[str] = "pixel-forest"
    description: ClassVar[str] = "Trainable without torch: a random forest on multi-scale filters, and a watershed."

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
    upper_percentile: float = 99.5
    seed: int = 0
    trained: Trained | None = attrs.field(default=None, repr=False)

    @property
    def capability(self) -> Capability:
        """What this detector can give; before training, nothing but defects without a type."""
        if self.trained is None:
            return Capability(types=("defect",), is_trainable=True)
        low, high = self.trained.pixel_size_range_nm
        return Capability(
            types=self.trained.types, pixel_size_range=(f"{low!r} nm/px", f"{high!r} nm/px"), is_trainable=True
        )

    def card(self) -> ModelCard:
        """Return the card of the trained model, or that of the options."""
        from defectkit import __version__

        if self.trained is not None:
            return self.trained.card
        return ModelCard(
            name=self.name,
            version=__version__,
            description="A pixel forest that has not been trained.",
            types=("defect",),
            settings=self.settings(),
            license="MIT",
            limits=("It has to be trained before it can predict.",),
        )

    def settings(self) -> dict[str, Setting]:
        """Return the options as texts and numbers."""
        options = self.options()
        return options | {"scales_nm": ", ".join(f"{scale:g}" for scale in self.scales_nm)}

    def options(self) -> dict[str, Any]:
        """Return the options, ready for JSON and for the constructor."""
        given = {a.name: getattr(self, a.name) for a in attrs.fields(PixelForest) if a.name != "trained"}
        return given | {"scales_nm": list(self.scales_nm)}

    def fit(self, training: TrainingSet, validation: TrainingSet | None = None) -> Self:
        """Return the detector trained on ``training``; see :meth:`defectkit.detectors.Detector.fit`."""
        from defectkit.detectors.pixel_forest.fitting import fitted

        return attrs.evolve(self, trained=fitted(self, training, validation))

    def predict(self, images: Iterable[Image]) -> Iterator[Prediction]:
        """Yield one prediction an image; see :meth:`defectkit.detectors.Detector.predict`."""
        trained = self.required()
        for image in images:
            yield Prediction(
                image=image.name,
                instances=trained.instances(image, self),
                detector=self.name,
                detector_version=trained.card.version,
                settings=trained.card.settings,
            )

    def required(self) -> Trained:
        """Return what training gave.

        Raises
        ------
        DetectorError
            If there was no training.
        """
        if self.trained is None:
            raise DetectorError(
                f"detector {self.name!r} is not trained: train it (`defectkit train`) or load a model (--model FOLDER)"
            )
        return self.trained

    def save(self, folder: Path) -> None:
        """Write trees, card, settings and self-test into a new folder."""
        with new_folder(folder) as made:
            if self.trained is None:
                write_model_folder(made, card=self.card(), settings={"options": self.options()})
                return
            write_model_folder(
                made,
                card=self.trained.card,
                settings={"options": self.options(), "trained": self.trained.settings()},
                self_test=self.trained.self_test,
            )
            self.trained.forest.save(made / TREES)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Return the detector saved in ``folder``, after its self-test.

        Raises
        ------
        DetectorError
            If the folder holds no such detector, or the self-test finds something else than it did.
        """
        stored = read_settings(folder)
        try:
            untrained = cls(**stored["options"])
        except (KeyError, TypeError, ValueError) as error:
            raise DetectorError(f"{folder}: the options of the saved detector are damaged: {error}") from error
        if "trained" not in stored:
            return untrained
        loaded = attrs.evolve(untrained, trained=Trained.load(folder, stored["trained"]))
        test = loaded.required().self_test
        if test is not None:
            (prediction,) = loaded.predict([test.image])
            check_self_test(test, prediction.instances, folder=folder)
        return loaded
