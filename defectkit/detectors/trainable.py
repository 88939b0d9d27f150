"""TrainableDetector: the template of detectors that learn from labelled images."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar, Generic, Self, TypeVar

import attrs
import numpy as np

from defectkit.detectors.capability import Capability
from defectkit.detectors.card import ModelCard, ReportedMetric
from defectkit.detectors.interface import Detector
from defectkit.detectors.learning.provenance import (
    fullest_window,
    seen_pixel_sizes,
    trained_on,
    training_digest,
)
from defectkit.detectors.model_folder import (
    SelfTest,
    check_self_test,
    read_card,
    read_saved,
    read_self_test,
    write_model_folder,
)
from defectkit.detectors.options import MACHINE, as_setting, construct, restore
from defectkit.detectors.training import TrainingSet
from defectkit.errors import DefectkitError, DetectorError
from defectkit.files import new_folder
from defectkit.records.image import Image
from defectkit.records.instances import Instances
from defectkit.records.json import record_converter
from defectkit.records.prediction import Prediction, Setting

M = TypeVar("M")

PixelSizesNm = tuple[float, float]


@attrs.frozen(kw_only=True, eq=False)
class Trained(Generic[M]):
    """What a training gave.

    Parameters
    ----------
    model : M
    card : ModelCard
    self_test : SelfTest, optional
    """

    model: M
    card: ModelCard
    self_test: SelfTest | None = None


@attrs.frozen(kw_only=True, eq=False)
class TrainableDetector(Detector, Generic[M]):
    """A detector that learns from labelled images.

    A subclass is a frozen attrs class (``kw_only=True, eq=False``) that says how a model of the kind ``M`` is learned,
    finds defects, is written and is read. All else comes with it: :meth:`fit`, :meth:`predict`, :meth:`save` and
    :meth:`load`, a card with data, digests, pixel sizes and what was found in the validation images, and a test that a
    saved model takes when it is loaded. :class:`~defectkit.detectors.Tiled` shows it large images in tiles.

    Attributes
    ----------
    version : str
        Of the code, for the card.
    citation : str
        For the card.
    limits : tuple of str
        What the trained detector cannot do, for the card.
    continues : tuple of str
        Names of other detectors that training can start from.

    Parameters
    ----------
    license : str
        Of what a training gives: for those who train it to say.
    trained : Trained, optional
        What :meth:`fit` and :meth:`load` put there.

    Notes
    -----
    Fields that say where it runs, not what it does, are made with
    :func:`~defectkit.detectors.options.machine_option`: a saved detector does not hold them.
    """

    version: ClassVar[str]
    citation: ClassVar[str] = ""
    limits: ClassVar[tuple[str, ...]] = ("What it has not seen, in contrast, size or kind, it does not know.",)
    continues: ClassVar[tuple[str, ...]] = ()

    license: str = "not stated by those who trained it"
    trained: Trained[M] | None = attrs.field(default=None, repr=False)

    @classmethod
    def continuing(cls, folder: Path | None, options: Mapping[str, Any]) -> Self:
        """Return an untrained detector that learns more than a saved one knows.

        Unless a subclass can start from what was learned, it is one with the same options that starts anew.

        Parameters
        ----------
        folder : pathlib.Path, optional
            Of the saved detector, of this name or one of :attr:`continues`; without it, the one that ships.
        options : mapping of str to Any
            In place of the saved ones.

        Raises
        ------
        DetectorError
            If the folder holds no such detector, or an option is refused.
        """
        saved = {} if folder is None else cls.load(folder).options()
        return construct(cls, {**saved, **options})

    @abstractmethod
    def learn(self, training: TrainingSet, validation: TrainingSet | None) -> M:
        """Return what is learned from ``training``, which holds a defect; see :meth:`Detector.fit`."""

    @abstractmethod
    def find(self, model: M, image: Image) -> Instances:
        """Return the defects of an image, of types among those of the training set, with scores in [0, 1]."""

    @abstractmethod
    def write(self, model: M, folder: Path) -> None:
        """Write a model into a folder that exists, under names other than those of :mod:`.model_folder`."""

    @abstractmethod
    def read(self, folder: Path) -> M:
        """Return the model that :meth:`write` wrote; whatever this raises is told as damage to the folder."""

    def pixel_sizes_nm(self, training: TrainingSet) -> PixelSizesNm | None:
        """Return the smallest and largest pixel size that a model of this training is for; None for any.

        Unless a subclass knows better, those of the training images, where they have them.
        """
        return seen_pixel_sizes(training)

    def complete_card(self, card: ModelCard, model: M) -> ModelCard:
        """Return the card of a trained model with what only the subclass knows, such as a description."""
        return card

    def prediction(self, trained: Trained[M], image: Image) -> Prediction:
        """Return what is found in an image; a subclass may have more to say of it than its defects."""
        return self.predicted(trained, image, self.find(trained.model, image))

    def predicted(self, trained: Trained[M], image: Image, instances: Instances) -> Prediction:
        """Return defects that were found in an image as a prediction of this detector."""
        return Prediction(
            image=image.name,
            instances=instances,
            detector=self.name,
            detector_version=trained.card.version,
            settings=trained.card.settings,
        )

    @property
    def capability(self) -> Capability:
        """What this detector can give; before training, nothing but defects without a type."""
        card = self.card()
        return Capability(types=card.types, pixel_size_range=card.pixel_size_range, is_trainable=True)

    def card(self) -> ModelCard:
        """Return the card of the trained model, or that of a detector that has not been trained."""
        if self.trained is not None:
            return self.trained.card
        return ModelCard(
            name=self.name,
            version=self.version,
            description=f"{self.description} It has not been trained.",
            types=("defect",),
            settings=self.settings(),
            license=self.license,
            citation=self.citation,
            limits=("It has to be trained before it can predict.",),
        )

    def options(self) -> dict[str, Any]:
        """Return the options that a saved detector holds, as plain values that JSON and the constructor take."""
        unstructure = record_converter().unstructure
        return {name: unstructure(getattr(self, name)) for name in self._option_names()}

    def settings(self) -> dict[str, Setting]:
        """Return the options as texts and numbers, for cards and predictions."""
        return {name: as_setting(value) for name, value in self.options().items()}

    def fit(self, training: TrainingSet, validation: TrainingSet | None = None) -> Self:
        """Return the detector trained on ``training``, with its card and self-test.

        Raises
        ------
        DetectorError
            If no training image holds a defect, or the detector cannot learn from them.
        """
        if training.n_defects == 0:
            raise DetectorError(
                f"detector {self.name!r}: none of the {len(training)} training images holds a labelled defect: "
                "there is nothing to learn from"
            )
        model = self.learn(training, validation)
        trained = Trained(model=model, card=self._card(model, training))
        if validation is not None:
            trained = attrs.evolve(trained, card=attrs.evolve(trained.card, metrics=self._metrics(trained, validation)))
        image = fullest_window(training)
        expected = self.prediction(trained, image).instances
        return attrs.evolve(self, trained=attrs.evolve(trained, self_test=SelfTest(image=image, expected=expected)))

    def predict(self, images: Iterable[Image]) -> Iterator[Prediction]:
        """Yield one prediction for each image.

        Raises
        ------
        DetectorError
            If there was no training.
        """
        trained = self.required()
        for image in images:
            yield self.prediction(trained, image)

    def required(self) -> Trained[M]:
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
        """Write the model, its card, the options and the self-test into a new folder; no pickle is written."""
        with new_folder(folder) as made:
            if self.trained is not None:
                self.write(self.trained.model, made)
            write_model_folder(
                made,
                detector=self.name,
                options=self.options(),
                card=self.card(),
                is_trained=self.trained is not None,
                self_test=None if self.trained is None else self.trained.self_test,
            )

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Return the detector saved in ``folder``, after its self-test.

        Raises
        ------
        DetectorError
            If the folder holds no such detector, it is damaged, or the self-test finds something else than it did.
        """
        saved = read_saved(folder, cls.name)
        foreign = sorted(set(saved.options) - set(cls._option_names()))
        if foreign:
            raise DetectorError(f"{folder}: {foreign[0]!r} is no option that a saved detector {cls.name!r} has")
        untrained = restore(cls, saved.options, folder)
        if not saved.is_trained:
            return untrained
        return untrained.with_model(untrained._read(folder), read_card(folder), folder)

    def with_model(self, model: M, card: ModelCard, folder: Path) -> Self:
        """Return this detector with a model that lies in ``folder``, after the self-test that lies there.

        Raises
        ------
        DetectorError
            If the self-test finds something else than it did.
        """
        trained = Trained(model=model, card=card, self_test=read_self_test(folder))
        if trained.self_test is not None:
            found = self.prediction(trained, trained.self_test.image).instances
            check_self_test(trained.self_test, found, folder=folder)
        return attrs.evolve(self, trained=trained)

    def training_folder(self, workspace: str, training: TrainingSet, validation: TrainingSet | None) -> Path | None:
        """Return the folder for the checkpoints of one training and of no other; None without a workspace.

        It is named by a digest of the settings and of the images and labels of both sides.
        """
        if not workspace:
            return None
        key = training_digest(self.depends_on(), training, validation)[:16]
        return Path(workspace).expanduser().resolve() / key

    def depends_on(self) -> dict[str, Setting]:
        """Return what a training depends on beside its images and labels: the settings, and perhaps more."""
        return self.settings()

    @classmethod
    def _option_names(cls) -> list[str]:
        return [f.name for f in attrs.fields(cls) if f.name != "trained" and MACHINE not in f.metadata]

    def _read(self, folder: Path) -> M:
        try:
            return self.read(folder)
        except DetectorError:
            raise
        except (ArithmeticError, AttributeError, LookupError, OSError, TypeError, ValueError) as error:
            told = f": {error}" if isinstance(error, DefectkitError) else ""
            raise DetectorError(
                f"{folder}: the saved detector is damaged: {self.name!r} cannot read its model{told}"
            ) from error

    def _card(self, model: M, training: TrainingSet) -> ModelCard:
        sizes = self.pixel_sizes_nm(training)
        card = ModelCard(
            name=self.name,
            version=self.version,
            description=self.description,
            types=training.types,
            pixel_size_range=None if sizes is None else (f"{sizes[0]!r} nm/px", f"{sizes[1]!r} nm/px"),
            trained_on=(trained_on(training),),
            settings=self.settings(),
            license=self.license,
            citation=self.citation,
            limits=self.limits,
        )
        return self.complete_card(card, model)

    def _metrics(self, trained: Trained[M], validation: TrainingSet) -> tuple[ReportedMetric, ...]:
        from defectkit.detectors.learning.scoring import find_counts, reported_metrics

        counts = [
            find_counts(labels, self.prediction(trained, image).instances, (0.0,)) for image, labels in validation
        ]
        measured_on = (
            f"{validation.labels.key}, {len(validation)} validation images, by which the training may have chosen "
            "when to stop and what score to ask for; mask IoU 0.3"
        )
        return reported_metrics(np.concatenate(counts), measured_on=measured_on)
