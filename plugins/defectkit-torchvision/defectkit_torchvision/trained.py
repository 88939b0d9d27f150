"""Trained: what fitting gave, the network and all that its predictions depend on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from defectkit.detectors import ModelCard
from defectkit.detectors.learning import Inspection, Normalization
from defectkit.detectors.learning.model_folder import SelfTest, read_card, read_self_test
from defectkit.errors import DetectorError
from defectkit.records import Image, Instances
from defectkit_torchvision.devices import device_of
from defectkit_torchvision.network import build
from defectkit_torchvision.prediction import seen
from defectkit_torchvision.settings import Architecture
from defectkit_torchvision.weights import refuse_foreign

if TYPE_CHECKING:
    from torchvision.models.detection import MaskRCNN

    from defectkit_torchvision.detector import TorchvisionMaskRCNN

WEIGHTS = "weights.safetensors"


@attrs.frozen(kw_only=True, eq=False)
class Trained:
    """A network and all that its predictions depend on.

    Parameters
    ----------
    network : torchvision MaskRCNN
    architecture : Architecture
    pixel_size_nm : float
        What images are rescaled to.
    normalization : Normalization
    min_score : float
        The lowest score that was chosen when it was trained.
    pixel_size_range_nm : tuple of float
    card : ModelCard
    self_test : SelfTest, optional
    """

    network: MaskRCNN
    architecture: Architecture
    pixel_size_nm: float
    normalization: Normalization
    min_score: float
    pixel_size_range_nm: tuple[float, float]
    card: ModelCard
    self_test: SelfTest | None

    def instances(self, image: Image, detector: TorchvisionMaskRCNN) -> tuple[Instances, bool]:
        """Return the defects of an image, and whether there may be more beyond the limit."""
        min_score = self.min_score if detector.min_score is None else detector.min_score
        inspection = Inspection(
            types=self.architecture.types,
            pixel_size_nm=self.pixel_size_nm,
            normalization=self.normalization,
            min_score=min_score,
            tile=detector.tile,
            overlap=detector.overlap,
            flips=detector.test_time_flips,
            batch_size=detector.predict_batch_size,
        )
        return inspection.instances(
            image,
            lambda windows: seen(self.network, windows, min_score=min_score, max_detections=detector.max_detections),
        )

    def settings(self) -> dict[str, Any]:
        """Return everything but the weights, the card and the self-test, ready for JSON."""
        return {
            "architecture": attrs.asdict(self.architecture),
            "pixel_size_nm": self.pixel_size_nm,
            "percentiles": [self.normalization.lower, self.normalization.upper],
            "min_score": self.min_score,
            "pixel_size_range_nm": list(self.pixel_size_range_nm),
        }

    def save_weights(self, folder: Path) -> None:
        """Write the weights as safetensors, from whatever device."""
        from safetensors.torch import save_file

        state = self.network.state_dict()
        save_file({name: value.detach().cpu().contiguous() for name, value in state.items()}, folder / WEIGHTS)

    @classmethod
    def load(cls, folder: Path, stored: dict[str, Any], device: str) -> Trained:
        """Return what was saved in ``folder`` with these settings.

        Raises
        ------
        DetectorError
            If settings and weights are damaged, do not fit each other, or are those of somebody else.
        """
        from safetensors import SafetensorError
        from safetensors.torch import load_file

        path = folder / WEIGHTS
        try:
            low, high = stored["pixel_size_range_nm"]
            lower, upper = stored["percentiles"]
            architecture = Architecture(**stored["architecture"])
            trained = cls(
                network=build(architecture),
                architecture=architecture,
                pixel_size_nm=float(stored["pixel_size_nm"]),
                normalization=Normalization(lower=lower, upper=upper),
                min_score=float(stored["min_score"]),
                pixel_size_range_nm=(float(low), float(high)),
                card=read_card(folder),
                self_test=read_self_test(folder),
            )
        except (ArithmeticError, AttributeError, KeyError, TypeError, ValueError) as error:
            raise DetectorError(f"{folder}: the settings of the saved detector are damaged: {error}") from error
        try:
            state = load_file(path)
        except (OSError, SafetensorError) as error:
            raise DetectorError(f"{path}: the weights cannot be read: {error}") from error
        refuse_foreign(state, path)
        try:
            trained.network.load_state_dict(state)
        except RuntimeError as error:
            raise DetectorError(f"{path}: these weights are of another network: {error}") from error
        trained.network.to(device_of(device)).eval()
        return trained
