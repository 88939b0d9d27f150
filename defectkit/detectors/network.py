"""NetworkDetector: the template of detectors whose network is shown windows of images at one pixel size."""

from __future__ import annotations

import json
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Generic, TypeVar

import attrs

from defectkit.detectors.card import ModelCard
from defectkit.detectors.learning.augmentation import Augmentation
from defectkit.detectors.learning.history import History
from defectkit.detectors.learning.lesson import Lesson
from defectkit.detectors.learning.normalization import Normalization
from defectkit.detectors.learning.provenance import seen_pixel_sizes, weights_digest
from defectkit.detectors.learning.sliding_window import SlidingWindow, Window
from defectkit.detectors.learning.window_detections import WindowDetections
from defectkit.detectors.options import at_least, between, machine_option, one_of
from defectkit.detectors.tiles import tiles_of
from defectkit.detectors.trainable import TrainableDetector, Trained
from defectkit.detectors.training import TrainingSet
from defectkit.errors import DetectorError
from defectkit.files.decoding import read_json
from defectkit.records.image import Image
from defectkit.records.instances import Instances
from defectkit.records.names import as_names
from defectkit.records.prediction import Prediction, Setting

N = TypeVar("N")
P = TypeVar("P")

VIEW = "view.json"
"""How a network is shown images, beside its own files."""

CHECKPOINT_METRICS = ("validation_f1", "validation_loss")
DEFAULT_MIN_SCORE = 0.5
"""Where there are no validation images to choose it on."""

OF_PREDICTION = ("max_detections", "min_score", "tile", "overlap", "test_time_flips", "predict_batch_size")
"""Options that may be changed after training; every prediction tells them."""


@attrs.frozen(kw_only=True, eq=False)
class NetworkModel(Generic[N, P]):
    """A network and all that its predictions depend on but the options of the detector.

    Parameters
    ----------
    network : N
    plan : P
        What it was built from.
    types : tuple of str
    pixel_size_nm : float
        What images are rescaled to.
    normalization : Normalization
    min_score : float
        The lowest score that was chosen when it was trained.
    n_iterations : int, optional
        Of the training that it comes from, where that was just done.
    """

    network: N
    plan: P
    types: tuple[str, ...] = attrs.field(converter=as_names)
    pixel_size_nm: float
    normalization: Normalization
    min_score: float = DEFAULT_MIN_SCORE
    n_iterations: int | None = None


def _augmentation(value: Augmentation | Mapping[str, Any]) -> Augmentation:
    return value if isinstance(value, Augmentation) else Augmentation(**value)


@attrs.frozen(kw_only=True, eq=False)
class NetworkDetector(TrainableDetector[NetworkModel[N, P]], Generic[N, P]):
    """A detector whose network of the kind ``N`` is built from a plan ``P`` and shown windows of images.

    A subclass trains (:meth:`taught`), looks at windows (:meth:`look`), writes and reads a network. All else comes with
    it: images are rescaled to one pixel size whatever their magnification, large ones are shown in tiles with context
    around, mirror images are fused, and the lowest score is chosen on the validation images.

    Parameters
    ----------
    initial_weights : str
        Path of the weights to start from; empty for none.
    pixel_size : str
        What images are rescaled to, for instance ``"0.5 nm/px"``; empty for the median of the training images.
    checkpoint_metric : str
        ``validation_f1`` (the highest) or ``validation_loss`` (the lowest): which state is kept.
    patience : int
        Looks at the validation images without an improvement after which the training ends; 0 for never.
    mixed_precision : bool
        Whether a GPU computes with 16 bits where that is enough.
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
    device : str
        ``auto`` (a GPU where there is one), ``cpu`` or ``cuda``.
    workspace : str
        Folder for checkpoints and training curves, with one in it for each training; empty for none. With it, a
        training that was killed is resumed from its last checkpoint, to the same result.
    tensorboard : bool
        Whether TensorBoard's event files go to the workspace, too.
    """

    initial_weights: str = ""
    pixel_size: str = ""
    checkpoint_metric: str = attrs.field(default=CHECKPOINT_METRICS[0], validator=one_of(CHECKPOINT_METRICS))
    patience: int = attrs.field(default=0, validator=at_least(0))
    mixed_precision: bool = False
    seed: int = attrs.field(default=0, validator=at_least(0))
    augmentation: Augmentation = attrs.field(factory=Augmentation, converter=_augmentation)
    max_detections: int = attrs.field(default=300, validator=at_least(1))
    min_score: float | None = attrs.field(default=None, validator=between(0, 1))
    tile: int = 1024
    overlap: int = 128
    test_time_flips: bool = False
    predict_batch_size: int = attrs.field(default=1, validator=at_least(1))
    lower_percentile: float = 0.5
    upper_percentile: float = 99.5
    device: str = machine_option("auto")
    workspace: str = machine_option("")
    tensorboard: bool = machine_option(False)

    def __attrs_post_init__(self) -> None:
        tiles_of((1, 1), tile=self.tile, overlap=self.overlap)
        if self.tensorboard and not self.workspace:
            raise DetectorError("tensorboard needs a workspace, the folder that its files go to")

    @abstractmethod
    def taught(self, lesson: Lesson) -> tuple[N, P, History]:
        """Return a network that was trained, ready for use, what it was built from, and the course of its training."""

    @abstractmethod
    def look(self, network: N, windows: Sequence[Window], *, min_score: float) -> Sequence[WindowDetections]:
        """Return what a network finds in windows of one shape, normalized to [0, 1].

        ``min_score`` is the score from which on detections count: the limit is reached when so many have it.
        """

    @abstractmethod
    def write_network(self, network: N, plan: P, folder: Path) -> None:
        """Write a network and what it was built from into a folder that exists."""

    @abstractmethod
    def read_network(self, folder: Path) -> tuple[N, P]:
        """Return what :meth:`write_network` wrote, ready for use."""

    def learn(self, training: TrainingSet, validation: TrainingSet | None) -> NetworkModel[N, P]:
        """Return a trained network with the lowest score that is chosen on the validation images."""
        if validation is None and self.patience > 0:
            raise DetectorError("patience is for watching validation images, but there are none; set it to 0")
        lesson = Lesson(
            training=training,
            validation=validation,
            pixel_size_nm=training.working_pixel_size_nm(self.pixel_size),
            normalization=self.normalization,
            seed=self.seed,
            min_score=self.min_score,
            inspecting={"tile": self.tile, "overlap": self.overlap, "batch_size": self.predict_batch_size},
            folder=self.training_folder(self.workspace, training, validation),
        )
        network, plan, history = self.taught(lesson)
        watch, min_score = lesson.watch(), self.min_score
        if watch is not None and min_score is None:
            min_score = watch.best_min_score(lambda w: self.look(network, w, min_score=watch.sliding_window.min_score))
        return NetworkModel(
            network=network,
            plan=plan,
            types=lesson.types,
            pixel_size_nm=lesson.pixel_size_nm,
            normalization=lesson.normalization,
            min_score=DEFAULT_MIN_SCORE if min_score is None else min_score,
            n_iterations=int(history.rows[-1]["iteration"]),
        )

    def find(self, model: NetworkModel[N, P], image: Image) -> Instances:
        """Return the defects of an image."""
        instances, _ = self.instances_and_cap(model, image)
        return instances

    def instances_and_cap(self, model: NetworkModel[N, P], image: Image) -> tuple[Instances, bool]:
        """Return the defects of an image, and whether there may be more beyond the limit."""
        min_score = model.min_score if self.min_score is None else self.min_score
        sliding_window = SlidingWindow(
            types=model.types,
            pixel_size_nm=model.pixel_size_nm,
            normalization=model.normalization,
            min_score=min_score,
            tile=self.tile,
            overlap=self.overlap,
            flips=self.test_time_flips,
            batch_size=self.predict_batch_size,
        )
        return sliding_window.instances(image, lambda windows: self.look(model.network, windows, min_score=min_score))

    def prediction(self, trained: Trained[NetworkModel[N, P]], image: Image) -> Prediction:
        """Return what is found in an image, with the options of today, and whether the limit was reached."""
        instances, capped = self.instances_and_cap(trained.model, image)
        settings = {**trained.card.settings, **{name: getattr(self, name) for name in OF_PREDICTION}}
        return attrs.evolve(self.predicted(trained, image, instances), settings=settings, capped=capped)

    def write(self, model: NetworkModel[N, P], folder: Path) -> None:
        """Write a network, and how it is shown images."""
        view = {
            "types": list(model.types),
            "pixel_size_nm": model.pixel_size_nm,
            "percentiles": [model.normalization.lower, model.normalization.upper],
            "min_score": model.min_score,
        }
        (folder / VIEW).write_text(json.dumps(view, indent=2, allow_nan=False) + "\n", encoding="utf-8")
        self.write_network(model.network, model.plan, folder)

    def read(self, folder: Path) -> NetworkModel[N, P]:
        """Return the model that was written."""
        view = read_json(folder / VIEW)
        lower, upper = view["percentiles"]
        network, plan = self.read_network(folder)
        return NetworkModel(
            network=network,
            plan=plan,
            types=tuple(view["types"]),
            pixel_size_nm=float(view["pixel_size_nm"]),
            normalization=Normalization(lower=lower, upper=upper),
            min_score=float(view["min_score"]),
        )

    def complete_card(self, card: ModelCard, model: NetworkModel[N, P]) -> ModelCard:
        """Return the card with the score that was chosen, and what all such networks cannot do."""
        return attrs.evolve(
            card,
            settings={**card.settings, "chosen_min_score": model.min_score},
            limits=(
                *card.limits,
                f"Gives at most {self.max_detections} defects for an image, or for a tile of a large one.",
                "On a GPU the order of sums is not fixed: there, trainings with one seed differ in the last digits.",
            ),
        )

    def pixel_sizes_nm(self, training: TrainingSet) -> tuple[float, float] | None:
        """Return what was seen: the pixel sizes of the images, widened by the magnifications that were drawn."""
        return seen_pixel_sizes(training, widened_by=1 + self.augmentation.scale)

    def settings(self) -> dict[str, Setting]:
        """Return the options as texts and numbers, initial weights with their digest."""
        return super().settings() | {"initial_weights": weights_digest(self.initial_weights)}

    @property
    def normalization(self) -> Normalization:
        """How gray values of images are brought to [0, 1]."""
        return Normalization(lower=self.lower_percentile, upper=self.upper_percentile)
