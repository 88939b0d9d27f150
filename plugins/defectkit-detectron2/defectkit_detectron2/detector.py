"""Detectron2: the detector."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import attrs

from defectkit.detectors import ModelCard, Trained
from defectkit.detectors.learning import History, WindowDetections
from defectkit.detectors.learning.lesson import Lesson
from defectkit.detectors.learning.sliding_window import Window
from defectkit.detectors.network import NetworkDetector, NetworkModel
from defectkit.detectors.options import above, at_least, machine_option, one_of
from defectkit.records import Image, Prediction
from defectkit.records.prediction import Setting
from defectkit_detectron2.installation import own_version, require_detectron2

if TYPE_CHECKING:
    from torch import nn

    from defectkit_detectron2.configurations import Configuration

BOXES_NOTE = "the network gives boxes only: each mask is a filled box, so sizes and shapes are those of boxes"


@attrs.frozen(kw_only=True, eq=False)
class Detectron2(NetworkDetector["nn.Module", "Configuration"]):
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
    anchors : str
        ``fitted`` to the sizes of the training set, or those of the ``config``; ``auto`` is fitted for ``small`` only.
    iterations, batch_size, learning_rate, crop_size, evaluate_every, checkpoint_every : optional
        Instead of what the configuration says.
    processes : int
        For training; each with its own GPU, where the device is one.
    **options
        Those of every :class:`~defectkit.detectors.network.NetworkDetector`.

    Notes
    -----
    He et al. (2017), doi 10.1109/ICCV.2017.322. Not deterministic: on a GPU, the order of sums in the gradients of
    pooled regions; on a CPU, sums with another number of threads. Its authors have not run it on a GPU nor in mixed
    precision; several processes were run on a CPU. Weights are not those of torchvision: neither loads the other's.
    """

    name: ClassVar[str] = "detectron2"
    description: ClassVar[str] = "Mask R-CNN of Detectron2, the reference: trainable instance segmentation."
    version: ClassVar[str] = own_version()
    citation: ClassVar[str] = (
        "Mask R-CNN, doi 10.1109/ICCV.2017.322; Detectron2, https://github.com/facebookresearch/detectron2"
    )

    config: str = "small"
    overrides: Mapping[str, Any] = attrs.field(factory=dict)
    anchors: str = attrs.field(default="auto", validator=one_of(("auto", "fitted", "config")))
    iterations: int | None = attrs.field(default=None, validator=at_least(1))
    batch_size: int | None = attrs.field(default=None, validator=at_least(1))
    learning_rate: float | None = attrs.field(default=None, validator=above(0))
    crop_size: int | None = attrs.field(default=None, validator=at_least(1))
    evaluate_every: int | None = attrs.field(default=None, validator=at_least(1))
    checkpoint_every: int | None = attrs.field(default=None, validator=at_least(1))
    processes: int = machine_option(1, validator=at_least(1))

    def taught(self, lesson: Lesson) -> tuple[nn.Module, Configuration, History]:
        """Return a trained network, its configuration, and the course of its training."""
        require_detectron2()
        from defectkit_detectron2.fitting import taught

        return taught(self, lesson)

    def look(self, network: nn.Module, windows: Sequence[Window], *, min_score: float) -> list[WindowDetections]:
        """Return what a network finds in windows of one shape."""
        from defectkit_detectron2.prediction import detect_in_windows

        return detect_in_windows(network, windows, min_score=min_score, max_detections=self.max_detections)

    def write_network(self, network: nn.Module, plan: Configuration, folder: Path) -> None:
        """Write the weights (safetensors) and the configuration."""
        from defectkit_detectron2.folder import write_network

        write_network(network, plan, folder)

    def read_network(self, folder: Path) -> tuple[nn.Module, Configuration]:
        """Return a network with the weights of a folder, on the device."""
        require_detectron2()
        from defectkit_detectron2.folder import read_network

        return read_network(folder, self.device)

    def prediction(self, trained: Trained[NetworkModel[nn.Module, Configuration]], image: Image) -> Prediction:
        """Return what is found in an image, and whether its masks are more than boxes."""
        found = super().prediction(trained, image)
        has_masks = trained.model.plan.has_masks
        return attrs.evolve(
            found,
            settings={**found.settings, "masks": "of the network" if has_masks else "filled boxes"},
            notes=() if has_masks else (BOXES_NOTE,),
        )

    def complete_card(self, card: ModelCard, model: NetworkModel[nn.Module, Configuration]) -> ModelCard:
        """Return the card with what was trained."""
        card = super().complete_card(card, model)
        boxes = "Gives boxes only: each mask is a filled box, so sizes and shapes are those of boxes."
        return attrs.evolve(
            card,
            description=(
                f"Network of Detectron2, configuration {self.config}, trained for {model.n_iterations} iterations of "
                f"{model.plan.schedule.batch_size} crops, working at {model.pixel_size_nm:g} nm/px."
            ),
            limits=card.limits if model.plan.has_masks else (*card.limits, boxes),
        )

    def depends_on(self) -> dict[str, Setting]:
        """Return the settings and the number of processes: what is drawn depends on it."""
        return super().depends_on() | {"processes": self.processes}
