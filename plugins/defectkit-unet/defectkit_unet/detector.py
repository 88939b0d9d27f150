"""UNetDetector: the detector."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any, ClassVar, Self

import attrs

from defectkit.detectors import ModelCard, TrainableDetector, Trained, TrainingSet
from defectkit.detectors.loopnet.detector import LoopNet
from defectkit.detectors.loopnet.model import NETWORK, Model
from defectkit.detectors.model_folder import saved_detector, write_model_folder
from defectkit.detectors.options import above, at_least, machine_option, one_of, restore
from defectkit.errors import DetectorError
from defectkit.files import new_folder
from defectkit.files.decoding import read_json
from defectkit.records import Image, Instances, Prediction

OPTIONS = "unet.json"
"""How it was trained, beside the files of a model of ``loopnet``."""
RECIPE = "recipe"
"""The weights that the recipe of this plugin gave, which ship with the core."""
NETWORK_NAMES = ("loopnet", "unet", "defectsegnet")
MULTIPLE = 16
CITATION = {
    "loopnet": "",
    "unet": "U-Net, doi 10.1007/978-3-319-24574-4_28",
    "defectsegnet": "DefectSegNet, doi 10.1038/s41598-019-49105-0",
}


@attrs.frozen(kw_only=True, eq=False)
class UNetDetector(TrainableDetector[Model]):
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
    iterations, batch_size, seed : int
    learning_rate : float
        Reached after a warm-up, and lowered along half a cosine in the second half of the iterations.
    crop_size : int
        Edge of the square windows it sees, in pixels, a multiple of 16.
    watch_every : int
        Iterations between looks at the validation images, and between checkpoints.
    randomised : float
        The part of the crops that are randomised micrographs, without which few images are learned by heart.
    operating_point, polarity : str
        As those of ``loopnet``, for predictions.
    device : str
        ``auto`` (a GPU where there is one), ``cpu`` or ``cuda``.
    workers : int
        Processes that make crops beside the training; with 0 the training makes them itself.
    workspace : str
        Folder for checkpoints and training curves, with one in it for each training; empty for none. With it, a
        training that was killed is resumed.
    license, trained
        As for every :class:`~defectkit.detectors.TrainableDetector`.
    """

    name: ClassVar[str] = "unet"
    description: ClassVar[str] = "Encoder-decoder networks: trained from nothing or fine-tuned."
    version: ClassVar[str] = version("defectkit-unet")
    continues: ClassVar[tuple[str, ...]] = (LoopNet.name,)

    network: str = attrs.field(default="loopnet", validator=one_of(NETWORK_NAMES))
    initial_weights: str = RECIPE
    iterations: int = attrs.field(default=600, validator=at_least(1))
    batch_size: int = attrs.field(default=8, validator=at_least(1))
    learning_rate: float = attrs.field(default=1e-3, validator=above(0))
    crop_size: int = attrs.field(default=160, validator=at_least(32))
    watch_every: int = attrs.field(default=100, validator=at_least(1))
    seed: int = attrs.field(default=0, validator=at_least(0))
    randomised: float = 0.3
    operating_point: str = "f1"
    polarity: str = "auto"
    device: str = machine_option("auto")
    workers: int = machine_option(0, validator=at_least(0))
    workspace: str = machine_option("")

    def __attrs_post_init__(self) -> None:
        if not 0 <= self.randomised < 1:
            raise DetectorError(f"randomised is {self.randomised}, not from 0 to below 1")
        if self.crop_size % MULTIPLE:
            raise DetectorError(f"crop_size is {self.crop_size}, not a multiple of {MULTIPLE}")

    @classmethod
    def continuing(cls, folder: Path | None, options: Mapping[str, Any]) -> Self:
        """Return a detector that starts from the weights of a saved one; without a folder, from those that ship."""
        start = RECIPE if folder is None else str(folder / NETWORK)
        return super().continuing(folder, {"initial_weights": start, **options})

    def learn(self, training: TrainingSet, validation: TrainingSet | None) -> Model:
        """Return a network that was trained, as one of loopnet; nothing is chosen by the validation images."""
        from defectkit_unet.fitting import learn_network

        return learn_network(self, training, validation)

    def find(self, model: Model, image: Image) -> Instances:
        """Return the defects of an image."""
        (found,) = self.used(model).predict([image])
        return found.instances

    def write(self, model: Model, folder: Path) -> None:
        """Write the files of a model of loopnet."""
        model.write(folder)

    def read(self, folder: Path) -> Model:
        """Return the model in a folder."""
        return Model.read(folder)

    def prediction(self, trained: Trained[Model], image: Image) -> Prediction:
        """Return what is found in an image, with what loopnet says of it."""
        (found,) = self.used(trained.model).predict([image])
        return attrs.evolve(found, detector=self.name, detector_version=trained.card.version)

    def pixel_sizes_nm(self, training: TrainingSet) -> None:
        """Return None: defects of any size in pixels are found."""
        return

    def card(self) -> ModelCard:
        """Return the card, with the options of today."""
        card = super().card()
        if self.trained is None:
            return card
        return attrs.evolve(card, settings=self.used(self.trained.model).settings() | self.settings())

    def complete_card(self, card: ModelCard, model: Model) -> ModelCard:
        """Return the card with what was trained, and where."""
        import torch

        from defectkit_unet.devices import device_of

        return attrs.evolve(
            card,
            description=(
                f"The network {self.network}, trained on the images of a user: {self.iterations} iterations of "
                f"{self.batch_size} crops of {self.crop_size} px, learning rate {self.learning_rate:g}, seed "
                f"{self.seed}, {self.randomised:.0%} of the crops randomised, weights to start from: "
                f"{self.initial_weights or 'random'}; {device_of(self.device).type}, torch {torch.__version__}. "
                f"The digest of its file begins with {model.digest}."
            ),
            types=self.used(model).capability.types,
            citation=CITATION[self.network],
        )

    def used(self, model: Model) -> LoopNet:
        """Return the detector of the core that runs a model."""
        return LoopNet(model=model, operating_point=self.operating_point, polarity=self.polarity)

    def save(self, folder: Path) -> None:
        """Write the model into a new folder, as one of ``loopnet``; without a training, the options alone."""
        if self.trained is None:
            super().save(folder)
            return
        used = self.used(attrs.evolve(self.trained.model, card=attrs.evolve(self.trained.card, name=LoopNet.name)))
        with new_folder(folder) as made:
            used.model.write(made)
            (made / OPTIONS).write_text(json.dumps(self.options(), indent=2) + "\n", encoding="utf-8")
            write_model_folder(
                made,
                detector=used.name,
                options=used.options(),
                card=used.card(),
                is_trained=True,
                self_test=self.trained.self_test,
            )

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Return the detector saved in ``folder``, which may be any model of ``loopnet``.

        Raises
        ------
        DetectorError
            If the folder holds no such model.
        """
        if saved_detector(folder) == cls.name:
            return super().load(folder)
        used = LoopNet.load(folder)
        options = read_json(folder / OPTIONS) if (folder / OPTIONS).is_file() else {}
        options = {**options, "operating_point": str(used.operating_point), "polarity": str(used.polarity)}
        card = attrs.evolve(used.card(), name=cls.name)
        return restore(cls, options, folder).with_model(used.model, card, folder)
