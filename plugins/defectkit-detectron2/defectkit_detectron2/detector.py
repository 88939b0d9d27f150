"""Detectron2: the detector."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

import attrs

from defectkit.detectors import Capability, Detector, ModelCard, TrainingSet
from defectkit.detectors.learning import Augmentation
from defectkit.detectors.tiles import tiles_of
from defectkit.errors import DetectorError
from defectkit.records import Image, Prediction
from defectkit_detectron2.installation import own_version, require_detectron2

if TYPE_CHECKING:
    from defectkit_detectron2.trained import Trained

CITATION = "Mask R-CNN, doi 10.1109/ICCV.2017.322; Detectron2, https://github.com/facebookresearch/detectron2"
OF_THE_MACHINE = ("device", "processes", "workspace", "tensorboard")
"""Options that say where it runs, not what it does: a saved model does not hold them."""
BOXES_NOTE = "the network gives boxes only: each mask is a filled box, so sizes and shapes are those of boxes"
Setting = str | int | float | bool | None


def _augmentation(value: Augmentation | Mapping[str, Any]) -> Augmentation:
    return value if isinstance(value, Augmentation) else Augmentation(**value)


def _positive(_: object, field: attrs.Attribute[Any], value: float | None) -> None:
    if value is not None and not value > 0:
        raise DetectorError(f"{field.name} is {value}, but it has to be positive")


def _one_of(*allowed: str) -> Any:
    return attrs.validators.in_(allowed)


@attrs.frozen(kw_only=True, eq=False)
class Detectron2(Detector):
    """Two-stage networks of Detectron2, working at one pixel size whatever the magnification of the image.

    Parameters
    ----------
    config : str
        ``small`` (MobileNetV2, 3 million parameters, trains on a CPU), ``reference`` (ResNet-50, as Jacobs et al. 2022
        trained it), the path of a YAML or LazyConfig file, or the name of one in Detectron2's model zoo. Mask R-CNN,
        Cascade Mask R-CNN, or Faster R-CNN, which gives boxes only.
    overrides : mapping of str to Any
        Other values for some keys of the configuration, such as ``{"MODEL.RPN.NMS_THRESH": 0.8}``.
    initial_weights : str
        Path of the weights to start from; ``random`` for none; empty for those that the configuration names.
    pixel_size : str
        What images are rescaled to, for instance ``"0.5 nm/px"``; empty for the median of the training images.
    anchors : str
        ``fitted`` to the sizes of the training set, or those of the ``config``; ``auto`` is fitted for ``small`` only.
    iterations, batch_size, learning_rate, crop_size, evaluate_every, checkpoint_every : optional
        Instead of what the configuration says.
    checkpoint_metric : str
        ``validation_f1`` or ``validation_loss``: what chooses the state that is kept.
    patience : int
        Looks at the validation images without an improvement after which the training ends; 0 for never.
    seed : int
        Of the first weights, the crops and their augmentation, and what the network draws while it learns.
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
    processes : int
        For training; each with its own GPU, where the device is one.
    mixed_precision : bool
        Whether to train with fewer digits where they suffice; on a GPU only.
    workspace : str
        Folder for checkpoints and training curves, with one in it for each training; empty for none. With it, a
        training that was killed goes on from its last checkpoint, to the same result.
    tensorboard : bool
        Whether TensorBoard's event files go to the workspace, too.
    trained : Trained, optional
        What :meth:`fit` and :meth:`load` put there.

    Notes
    -----
    He et al. (2017), doi 10.1109/ICCV.2017.322. Not deterministic: on a GPU, the order of sums in the gradients of
    pooled regions; on a CPU, sums with another number of threads. Its authors have not run it on a GPU nor in mixed
    precision; several processes were run on a CPU. Weights are not those of torchvision: neither loads the other's.
    """

    name: ClassVar[str] = "detectron2"
    description: ClassVar[str] = "Mask R-CNN of Detectron2, the reference: trainable instance segmentation."

    config: str = "small"
    overrides: Mapping[str, Any] = attrs.field(factory=dict)
    initial_weights: str = ""
    pixel_size: str = ""
    anchors: str = attrs.field(default="auto", validator=_one_of("auto", "fitted", "config"))
    iterations: int | None = attrs.field(default=None, validator=_positive)
    batch_size: int | None = attrs.field(default=None, validator=_positive)
    learning_rate: float | None = attrs.field(default=None, validator=_positive)
    crop_size: int | None = attrs.field(default=None, validator=_positive)
    evaluate_every: int | None = attrs.field(default=None, validator=_positive)
    checkpoint_every: int | None = attrs.field(default=None, validator=_positive)
    checkpoint_metric: str = attrs.field(default="validation_f1", validator=_one_of("validation_f1", "validation_loss"))
    patience: int = attrs.field(default=0, validator=attrs.validators.ge(0))
    seed: int = attrs.field(default=0, validator=attrs.validators.ge(0))
    augmentation: Augmentation = attrs.field(factory=Augmentation, converter=_augmentation)
    max_detections: int = attrs.field(default=300, validator=_positive)
    min_score: float | None = None
    tile: int = 1024
    overlap: int = 128
    test_time_flips: bool = False
    predict_batch_size: int = attrs.field(default=1, validator=_positive)
    lower_percentile: float = 0.5
    upper_percentile: float = 99.5
    license: str = "not stated by those who trained it"
    device: str = "auto"
    processes: int = attrs.field(default=1, validator=_positive)
    mixed_precision: bool = False
    workspace: str = ""
    tensorboard: bool = False
    trained: Trained | None = attrs.field(default=None, repr=False)

    def __attrs_post_init__(self) -> None:
        tiles_of((1, 1), tile=self.tile, overlap=self.overlap)
        if self.min_score is not None and not 0 < self.min_score < 1:
            raise DetectorError(f"min_score is {self.min_score}, not between 0 and 1")
        if self.tensorboard and not self.workspace:
            raise DetectorError("tensorboard needs a workspace, the folder that its files go to")

    @property
    def capability(self) -> Capability:
        """What this detector can give; before training, nothing but defects without a type."""
        if self.trained is None:
            return Capability(types=("defect",), is_trainable=True)
        card = self.trained.card
        return Capability(types=card.types, pixel_size_range=card.pixel_size_range, is_trainable=True)

    def card(self) -> ModelCard:
        """Return the card of the trained model, or that of the untrained network."""
        if self.trained is not None:
            return self.trained.card
        return ModelCard(
            name=self.name,
            version=own_version(),
            description=f"Network of Detectron2, configuration {self.config}, that has not been trained.",
            types=("defect",),
            settings=self.settings(),
            license=self.license,
            citation=CITATION,
            limits=("It has to be trained before it can predict.",),
        )

    def fit(self, training: TrainingSet, validation: TrainingSet | None = None) -> Self:
        """Return the detector trained on ``training``; see :meth:`defectkit.detectors.Detector.fit`."""
        require_detectron2()
        from defectkit_detectron2.fitting import fitted

        return attrs.evolve(self, trained=fitted(self, training, validation))

    def predict(self, images: Iterable[Image]) -> Iterator[Prediction]:
        """Yield one prediction an image; see :meth:`defectkit.detectors.Detector.predict`."""
        trained = self.required()
        has_masks = trained.configuration.has_masks
        settings = {**trained.card.settings, "masks": "of the network" if has_masks else "filled boxes"}
        for image in images:
            instances, capped = trained.instances(image, self)
            yield Prediction(
                image=image.name,
                instances=instances,
                detector=self.name,
                detector_version=trained.card.version,
                settings=settings,
                capped=capped,
                notes=() if has_masks else (BOXES_NOTE,),
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
                f"detector {self.name!r} is not trained: train it (`defectkit train`), load a model (--model FOLDER), "
                "or take up somebody's weights (defectkit_detectron2.from_checkpoint)"
            )
        return self.trained

    def options(self) -> dict[str, Any]:
        """Return the options that a saved model holds, ready for JSON and for the constructor."""
        names = (a.name for a in attrs.fields(Detectron2) if a.name not in ("trained", *OF_THE_MACHINE))
        given = {name: getattr(self, name) for name in names}
        return given | {"overrides": dict(self.overrides), "augmentation": attrs.asdict(self.augmentation)}

    def settings(self) -> dict[str, Setting]:
        """Return the options as texts and numbers, initial weights with their digest."""
        from defectkit_detectron2.digests import weights_digest

        augmentation = ", ".join(f"{name} {value}" for name, value in attrs.asdict(self.augmentation).items())
        return self.options() | {
            "augmentation": augmentation,
            "overrides": json.dumps(dict(self.overrides), sort_keys=True),
            "initial_weights": weights_digest(self.initial_weights),
        }

    def save(self, folder: Path) -> None:
        """Write weights (safetensors), configuration, card, settings and self-test into a new folder."""
        from defectkit_detectron2.folder import save

        save(self, folder)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Return the detector saved in ``folder``, after its self-test.

        Raises
        ------
        DetectorError
            If the folder holds no such detector, or the self-test finds something else than it did.
        """
        from defectkit_detectron2.folder import load

        return load(cls, folder)
