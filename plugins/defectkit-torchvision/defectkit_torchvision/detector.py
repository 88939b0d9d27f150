"""TorchvisionMaskRCNN: the detector."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Self

import attrs

from defectkit.detectors import ModelCard
from defectkit.detectors.learning import History, WindowDetections
from defectkit.detectors.learning.lesson import Lesson
from defectkit.detectors.learning.sliding_window import Window
from defectkit.detectors.network import NetworkDetector, NetworkModel
from defectkit.detectors.options import above, at_least, one_of
from defectkit.errors import DetectorError
from defectkit_torchvision.architecture import BACKBONES, MAX_DETECTIONS, Architecture

if TYPE_CHECKING:
    from torchvision.models.detection import MaskRCNN


@attrs.frozen(kw_only=True, eq=False)
class TorchvisionMaskRCNN(NetworkDetector["MaskRCNN", Architecture]):
    """Mask R-CNN of torchvision, working at one pixel size whatever the magnification of the image.

    Parameters
    ----------
    backbone : str
        ``mobilenet_v2`` (3.5 million parameters, trains on a CPU) or ``resnet50`` (for a GPU).
    initial_weights : str
        Path of torchvision's weights to start from, those of the backbone (ImageNet) or of its Mask R-CNN (COCO);
        empty for random ones.
    iterations, batch_size : int
    learning_rate : float
        Reached after a warm-up of a tenth of the iterations (at most 200), and lowered along a cosine to a hundredth.
    crop_size : int
        Edge of the square windows it sees, in pixels of the training pixel size.
    evaluate_every : int
        Iterations between looks at the validation set, and between checkpoints.
    max_detections : int
        The most defects for one image (or tile of a large one), 1000 at most; reaching it is reported.
    **options
        Those of every :class:`~defectkit.detectors.network.NetworkDetector`.

    Notes
    -----
    He et al. (2017), doi 10.1109/ICCV.2017.322. Its authors have not run it on a GPU. Weights are not those of
    Detectron2: neither loads the other's.
    """

    name: ClassVar[str] = "torchvision"
    description: ClassVar[str] = "Mask R-CNN of torchvision: trainable instance segmentation on CPU or GPU."
    version: ClassVar[str] = version("defectkit-torchvision")
    citation: ClassVar[str] = "Mask R-CNN, doi 10.1109/ICCV.2017.322"

    backbone: str = attrs.field(default="mobilenet_v2", validator=one_of(BACKBONES))
    iterations: int = attrs.field(default=1000, validator=at_least(1))
    batch_size: int = attrs.field(default=2, validator=at_least(1))
    learning_rate: float = attrs.field(default=0.005, validator=above(0))
    crop_size: int = attrs.field(default=256, validator=at_least(32))
    evaluate_every: int = attrs.field(default=100, validator=at_least(1))

    def __attrs_post_init__(self) -> None:
        super().__attrs_post_init__()
        if self.max_detections > MAX_DETECTIONS:
            raise DetectorError(
                f"max_detections is {self.max_detections}, but 1 to {MAX_DETECTIONS} are possible: "
                "for more in one image, use smaller tiles"
            )

    def taught(self, lesson: Lesson) -> tuple[MaskRCNN, Architecture, History]:
        """Return a trained network, its architecture, and the course of its training."""
        from defectkit_torchvision.training import taught

        return taught(self, lesson)

    def look(self, network: MaskRCNN, windows: Sequence[Window], *, min_score: float) -> list[WindowDetections]:
        """Return what a network finds in windows of one shape."""
        from defectkit_torchvision.prediction import detect_in_windows

        return detect_in_windows(network, windows, min_score=min_score, max_detections=self.max_detections)

    def write_network(self, network: MaskRCNN, plan: Architecture, folder: Path) -> None:
        """Write the weights (safetensors) and the architecture."""
        from defectkit_torchvision.weights import write_network

        write_network(network, plan, folder)

    def read_network(self, folder: Path) -> tuple[MaskRCNN, Architecture]:
        """Return a network with the weights of a folder, on the device."""
        from defectkit_torchvision.weights import read_network

        return read_network(folder, self.device)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Return the detector saved in ``folder``, after its self-test.

        Raises
        ------
        DetectorError
            If the folder holds no such detector, weights of somebody else, or the self-test finds something else than
            it did.
        """
        from defectkit_torchvision.weights import refuse_folder

        refuse_folder(folder)
        return super().load(folder)

    def complete_card(self, card: ModelCard, model: NetworkModel[MaskRCNN, Architecture]) -> ModelCard:
        """Return the card with what was trained, and where."""
        import torch

        card = super().complete_card(card, model)
        return attrs.evolve(
            card,
            description=(
                f"Mask R-CNN on {self.backbone}, trained for {model.n_iterations} iterations, batches "
                f"of {self.batch_size}, working at {model.pixel_size_nm:g} nm/px."
            ),
            settings={
                **card.settings,
                "device": next(model.network.parameters()).device.type,
                "torch": torch.__version__,
            },
        )
