"""UNetDetector: the detector."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, ClassVar, Self

import attrs

from defectkit.detectors import Capability, Detector, ModelCard, TrainingSet
from defectkit.detectors.loopnet.detector import LoopNet
from defectkit.errors import DetectorError
from defectkit.files.decoding import read_json
from defectkit.records import Image, Prediction
from defectkit.records.prediction import Setting
from defectkit_unet.settings import NETWORK_NAMES, RECIPE, checked

OPTIONS = "unet.json"
"""How it was trained, beside the files of a model of ``loopnet``."""
OF_THE_MACHINE = ("device", "workspace", "workers")
"""Options that say where it runs, not what it does."""


@attrs.frozen(kw_only=True, eq=False)
class UNetDetector(Detector):
    """Encoder-decoder networks that learn from your images, and are used without torch.

    What is trained is saved as a model of ``loopnet``, the detector of the core, so that whoever uses it needs neither
    this plugin nor torch.

    Parameters
    ----------
    network : str
        ``loopnet`` (0.9 million parameters), ``unet`` (1.2 million) or ``defectsegnet`` (0.7 million).
    initial_weights : str
        ``recipe`` goes on from the weights that ship with the core, which a few images are enough for; a path of an
        ONNX file goes on from that one; empty starts from random weights.
    iterations, batch_size, learning_rate, crop_size, watch_every, seed
        See :class:`defectkit_unet.settings.Training`.
    randomised : float
        The part of the crops that are randomised micrographs, without which few images are learned by heart.
    operating_point, polarity : str
        As those of ``loopnet``, for predictions.
    license : str
        Of the weights that a training gives: for those who train it to say.
    device : str
        ``auto`` (a GPU where there is one), ``cpu`` or ``cuda``.
    workers : int
        Processes that make crops beside the training; with 0 the training makes them itself.
    workspace : str
        Folder for checkpoints and training curves, with one in it for each training; empty for none. With it, a
        training that was killed is resumed.
    trained : LoopNet, optional
        What :meth:`fit` and :meth:`load` put there.
    """

    name: ClassVar[str] = "unet"
    description: ClassVar[str] = "Encoder-decoder networks: trained from nothing or fine-tuned."

    network: str = "loopnet"
    initial_weights: str = RECIPE
    iterations: int = 600
    batch_size: int = 8
    learning_rate: float = 1e-3
    crop_size: int = 160
    watch_every: int = 100
    seed: int = 0
    randomised: float = 0.3
    operating_point: str = "f1"
    polarity: str = "auto"
    license: str = "not stated by those who trained it"
    device: str = "auto"
    workers: int = 0
    workspace: str = ""
    trained: LoopNet | None = attrs.field(default=None, repr=False)

    def __attrs_post_init__(self) -> None:
        checked("network", self.network, NETWORK_NAMES)
        if not 0 <= self.randomised < 1:
            raise DetectorError(f"randomised is {self.randomised}, not from 0 to below 1")

    @property
    def capability(self) -> Capability:
        """What this detector can give; before training, nothing but defects without a type."""
        types = ("defect",) if self.trained is None else self.trained.capability.types
        return Capability(types=types, is_trainable=True)

    def card(self) -> ModelCard:
        """Return the card of the trained model, or that of the untrained network."""
        if self.trained is not None:
            settings = self._used(self.trained).settings() | self.settings()
            return attrs.evolve(self.trained.model.card, name=self.name, types=self.capability.types, settings=settings)
        return ModelCard(
            name=self.name,
            version=_version(),
            description=f"The network {self.network}, which has not been trained.",
            types=("defect",),
            settings=self.settings(),
            license=self.license,
            limits=("It has to be trained before it can predict.",),
        )

    def options(self) -> dict[str, Any]:
        """Return the options that say what it does, ready for JSON and for the constructor."""
        fields = (a.name for a in attrs.fields(UNetDetector))
        return {name: getattr(self, name) for name in fields if name not in ("trained", *OF_THE_MACHINE)}

    def settings(self) -> dict[str, Setting]:
        """Return the options as texts and numbers."""
        return dict(self.options())

    def fit(self, training: TrainingSet, validation: TrainingSet | None = None) -> Self:
        """Return the detector trained on ``training``; see :meth:`defectkit.detectors.Detector.fit`."""
        from defectkit_unet.fitting import fitted

        return attrs.evolve(self, trained=fitted(self, training, validation))

    def predict(self, images: Iterable[Image]) -> Iterator[Prediction]:
        """Yield one prediction an image; see :meth:`defectkit.detectors.Detector.predict`."""
        if self.trained is None:
            raise DetectorError(
                f"detector {self.name!r} is not trained: train it (`defectkit train`) or load a model (--model FOLDER)"
            )
        version = self.card().version
        for prediction in self._used(self.trained).predict(images):
            yield attrs.evolve(prediction, detector=self.name, detector_version=version)

    def _used(self, trained: LoopNet) -> LoopNet:
        return attrs.evolve(trained, operating_point=self.operating_point, polarity=self.polarity)

    def save(self, folder: Path) -> None:
        """Write the model into a new folder, as one of ``loopnet``."""
        if self.trained is None:
            raise DetectorError(f"detector {self.name!r} is not trained: there is nothing to save")
        self._used(self.trained).save(folder)
        (folder / OPTIONS).write_text(json.dumps(self.options(), indent=2) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Return the detector saved in ``folder``, which may be any model of ``loopnet``.

        Raises
        ------
        DetectorError
            If the folder holds no such model.
        """
        trained = LoopNet.load(folder)
        path = folder / OPTIONS
        try:
            options = read_json(path) if path.is_file() else {}
            options |= {"operating_point": str(trained.operating_point), "polarity": str(trained.polarity)}
            return cls(**options, trained=trained)
        except (TypeError, ValueError) as error:
            raise DetectorError(f"{path}: the options of the saved detector are damaged: {error}") from error


def _version() -> str:
    from importlib.metadata import version

    return version("defectkit-unet")
