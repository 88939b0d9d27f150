"""The interface of a detector: whatever finds defects in images fulfils it, built in or not."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import ClassVar, Self

from defectkit.detectors.capability import Capability
from defectkit.detectors.card import ModelCard
from defectkit.detectors.training import TrainingSet
from defectkit.errors import DetectorError
from defectkit.records.image import Image
from defectkit.records.prediction import Prediction


class Detector(ABC):
    """Finds the defects of images.

    A detector is a class with the two class variables below; its options are keyword arguments of its constructor, so
    that a name and a table of settings are all that is needed to make one. A frozen attrs class does this in few lines.
    It is registered by the hook ``defectkit_register_detectors``, and run by :func:`defectkit.detectors.detect`, which
    checks what it returns.

    Attributes
    ----------
    name : str
        What ``--detector`` and studies call it; unique among all detectors.
    description : str
        One sentence for ``defectkit plugins``.
    """

    name: ClassVar[str]
    description: ClassVar[str]

    @property
    @abstractmethod
    def capability(self) -> Capability:
        """What this detector, with these options, can give."""

    @abstractmethod
    def card(self) -> ModelCard:
        """Return what a user has to know before trusting the results."""

    def fit(self, training: TrainingSet, validation: TrainingSet | None = None) -> Self:
        """Return a detector fitted to ``training``; this one stays as it is.

        Parameters
        ----------
        training : TrainingSet
            What to learn from.
        validation : TrainingSet, optional
            What to watch during training, to stop in time or choose the best state; never learned from.

        Raises
        ------
        DetectorError
            If this detector cannot be trained, or cannot be trained on this.
        """
        raise DetectorError(
            f"detector {self.name!r} cannot be trained: it has rules and options, not weights. "
            "Set its options, or choose a detector whose capability says is_trainable (`defectkit plugins`)"
        )

    @abstractmethod
    def predict(self, images: Iterable[Image]) -> Iterator[Prediction]:
        """Yield one prediction for each image, in the order of the images.

        Images are drawn from the iterable as they are needed, and their pixels read then, so that a folder larger than
        memory can be worked through. A prediction's instances have the shape of the image, scores in [0, 1], and
        types that the capability names. Where the largest number of detections was reached, ``capped`` is set.

        Raises
        ------
        MissingCalibrationError
            If an image has no pixel size and this detector needs one.
        """

    @abstractmethod
    def save(self, folder: Path) -> None:
        """Write all that :meth:`load` needs into ``folder``, which is made where it is missing.

        Raises
        ------
        OutputError
            If the folder cannot be written, or holds something already.
        """

    @classmethod
    @abstractmethod
    def load(cls, folder: Path) -> Self:
        """Return the detector that was saved in ``folder``.

        Raises
        ------
        DetectorError
            If the folder holds no detector of this kind.
        """
