"""TorchvisionMaskRCNN: the detector."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

import attrs

from defectkit.detectors import Capability, Detector, ModelCard, TrainingSet
from defectkit.detectors.learning import Augmentation
from defectkit.detectors.learning.model_folder import check_self_test, read_card, read_settings, write_model_folder
from defectkit.detectors.tiles import tiles_of
from defectkit.errors import DetectorError
from defectkit.files import new_folder
from defectkit.records import Image, Prediction
from defectkit.records.prediction import Setting
from defectkit_torchvision.settings import MAX_DETECTIONS, checked_backbone

if TYPE_CHECKING:
    from defectkit_torchvision.trained import Trained

OF_THE_MACHINE = ("device", "workspace", "tensorboard")
"""Options that say where it runs, not what it does: a saved model does not hold them."""

OF_PREDICTION = ("max_detections", "min_score", "tile", "overlap", "test_time_flips", "predict_batch_size")
"""Options that may be changed after training; every prediction tells them."""

CITATION = "Mask R-CNN, doi 10.1109/ICCV.2017.322"


def _augmentation(value: Augmentation | Mapping[str, Any]) -> Augmentation:
    return value if isinstance(value, Augmentation) else Augmentation(**value)


@attrs.frozen(kw_only=True, eq=False)
class TorchvisionMaskRCNN(Detector):
    """Mask R-CNN of torchvision, working at one pixel size whatever the magnification of the image.

    Parameters
    ----------
    backbone : str
        ``mobilenet_v2`` (3.5 million parameters, trains on a CPU) or ``resnet50`` (for a GPU).
    initial_weights : str
        Path of torchvision's weights to start from, those of the backbone (ImageNet) or of its Mask R-CNN (COCO);
        empty for random ones.
    pixel_size : str
        What images are rescaled to, for instance ``"0.5 nm/px"``; empty for the median of the training images.
    iterations, batch_size, learning_rate, crop_size, evaluate_every, checkpoint_metric, patience, mixed_precision, seed
        See :class:`defectkit_torchvision.settings.Schedule`.
    augmentation : Augmentation
        What may change in a training crop; a table of its fields will do.
    max_detections : int
        The most defects for one image (or tile of a large one); reaching it is reported.
    min_score : float, optional
        Defects below are left out. By default it is chosen on the validation images (0.5 where there are none).
    tile, overlap : int
        Images with a longer edge than ``tile`` pixels (after rescaling) are worked through in tiles, each with context
        around it.
    test_time_flips : bool
        Whether each image is looked at in its four mirror images; four times the time.
    predict_batch_size : int
        How many tiles are worked on at once.
    lower_percentile, upper_percentile : float
        Gray values that become 0 and 1; see :class:`defectkit.detectors.learning.Normalization`.
    license : str
        Of the weights that a training gives: for those who train it to say.
    device : str
        ``auto`` (a GPU where there is one), ``cpu`` or ``cuda``.
    workspace : str
        Folder for checkpoints and training curves, with one in it for each training; empty for none. With it, a
        training that was killed goes on where it was.
    tensorboard : bool
        Whether TensorBoard's event files go to the workspace, too.
    trained : Trained, optional
        What :meth:`fit` and :meth:`load` put there.

    Notes
    -----
    He et al. (2017), doi 10.1109/ICCV.2017.322. Its authors have not run it on a GPU. Weights are not those of
    Detectron2: neither loads the other's.
    """

    name: ClassVar[str] = "torchvision"
    description: ClassVar[str] = "Mask R-CNN of torchvision: trainable instance segmentation on CPU or GPU."

    backbone: str = "mobilenet_v2"
    initial_weights: str = ""
    pixel_size: str = ""
    iterations: int = 1000
    batch_size: int = 2
    learning_rate: float = 0.005
    crop_size: int = 256
    evaluate_every: int = 100
    checkpoint_metric: str = "validation_f1"
    patience: int = 0
    mixed_precision: bool = False
    seed: int = 0
    augmentation: Augmentation = attrs.field(factory=Augmentation, converter=_augmentation)
    max_detections: int = 300
    min_score: float | None = None
    tile: int = 1024
    overlap: int = 128
    test_time_flips: bool = False
    predict_batch_size: int = 1
    lower_percentile: float = 0.5
    upper_percentile: float = 99.5
    license: str = "not stated by those who trained it"
    device: str = "auto"
    workspace: str = ""
    tensorboard: bool = False
    trained: Trained | None = attrs.field(default=None, repr=False)

    def __attrs_post_init__(self) -> None:
        checked_backbone(self.backbone)
        tiles_of((1, 1), tile=self.tile, overlap=self.overlap)
        if not 1 <= self.max_detections <= MAX_DETECTIONS:
            raise DetectorError(
                f"max_detections is {self.max_detections}, but 1 to {MAX_DETECTIONS} are possible: "
                "for more in one image, use smaller tiles"
            )
        if self.min_score is not None and not 0 < self.min_score < 1:
            raise DetectorError(f"min_score is {self.min_score}, not between 0 and 1")
        if self.tensorboard and not self.workspace:
            raise DetectorError("tensorboard needs a workspace, the folder that its files go to")

    @property
    def capability(self) -> Capability:
        """What this detector can give; before training, nothing but defects without a type."""
        if self.trained is None:
            return Capability(types=("defect",), is_trainable=True)
        low, high = self.trained.pixel_size_range_nm
        return Capability(
            types=self.trained.architecture.types,
            pixel_size_range=(f"{low!r} nm/px", f"{high!r} nm/px"),
            is_trainable=True,
        )

    def card(self) -> ModelCard:
        """Return the card of the trained model, or that of the untrained network."""
        if self.trained is not None:
            return self.trained.card
        return ModelCard(
            name=self.name,
            version=_version(),
            description=f"Mask R-CNN on {self.backbone} that has not been trained.",
            types=("defect",),
            settings=self.settings(),
            license=self.license,
            citation=CITATION,
            limits=("It has to be trained before it can predict.",),
        )

    def options(self) -> dict[str, Any]:
        """Return the options that a saved model holds, ready for JSON and for the constructor."""
        fields = (a.name for a in attrs.fields(TorchvisionMaskRCNN))
        given = {name: getattr(self, name) for name in fields if name not in ("trained", *OF_THE_MACHINE)}
        return given | {"augmentation": attrs.asdict(self.augmentation)}

    def settings(self) -> dict[str, Setting]:
        """Return the options as texts and numbers, initial weights with their digest."""
        from defectkit_torchvision.weights import weights_digest

        augmentation = ", ".join(f"{name} {value}" for name, value in attrs.asdict(self.augmentation).items())
        return self.options() | {
            "augmentation": augmentation,
            "initial_weights": weights_digest(self.initial_weights),
        }

    def fit(self, training: TrainingSet, validation: TrainingSet | None = None) -> Self:
        """Return the detector trained on ``training``; see :meth:`defectkit.detectors.Detector.fit`."""
        from defectkit_torchvision.fitting import fitted

        return attrs.evolve(self, trained=fitted(self, training, validation))

    def predict(self, images: Iterable[Image]) -> Iterator[Prediction]:
        """Yield one prediction an image; see :meth:`defectkit.detectors.Detector.predict`."""
        trained = self.required()
        settings = {**trained.card.settings, **{name: getattr(self, name) for name in OF_PREDICTION}}
        for image in images:
            instances, capped = trained.instances(image, self)
            yield Prediction(
                image=image.name,
                instances=instances,
                detector=self.name,
                detector_version=trained.card.version,
                settings=settings,
                capped=capped,
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
        """Write weights (safetensors), card, settings and self-test into a new folder."""
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
            self.trained.save_weights(made)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Return the detector saved in ``folder``, after its self-test.

        Raises
        ------
        DetectorError
            If the folder holds no such detector, or the self-test finds something else than it did.
        """
        from defectkit_torchvision.trained import Trained
        from defectkit_torchvision.weights import refuse_folder

        refuse_folder(folder)
        stored = read_settings(folder)
        made_by = read_card(folder).name
        if made_by != cls.name:
            raise DetectorError(
                f"{folder}: holds a model of the detector {made_by!r}; load it with --detector {made_by}"
            )
        try:
            untrained = cls(**stored["options"])
        except (KeyError, TypeError, ValueError) as error:
            raise DetectorError(f"{folder}: the options of the saved detector are damaged: {error}") from error
        if "trained" not in stored:
            return untrained
        loaded = attrs.evolve(untrained, trained=Trained.load(folder, stored["trained"], untrained.device))
        test = loaded.required().self_test
        if test is not None:
            (prediction,) = loaded.predict([test.image])
            check_self_test(test, prediction.instances, folder=folder)
        return loaded


def _version() -> str:
    from importlib.metadata import version

    return version("defectkit-torchvision")
