"""Trained: what fitting gave, the network and all that its predictions depend on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
from torch import nn

from defectkit.detectors import ModelCard
from defectkit.detectors.learning import Inspection, Normalization
from defectkit.detectors.learning.model_folder import SelfTest
from defectkit.records import Image, Instances
from defectkit_detectron2.configurations import Configuration
from defectkit_detectron2.prediction import seen

if TYPE_CHECKING:
    from defectkit_detectron2.detector import Detectron2


@attrs.frozen(kw_only=True, eq=False)
class Trained:
    """A network and all that its predictions depend on.

    Parameters
    ----------
    network : torch.nn.Module
        GeneralizedRCNN of Detectron2.
    configuration : Configuration
        That it was built from.
    pixel_size_nm : float
        What images are rescaled to.
    normalization : Normalization
    min_score : float
        The lowest score that was chosen when it was trained.
    card : ModelCard
    self_test : SelfTest, optional
    """

    network: nn.Module
    configuration: Configuration
    pixel_size_nm: float
    normalization: Normalization
    min_score: float
    card: ModelCard
    self_test: SelfTest | None = None

    def instances(self, image: Image, detector: Detectron2) -> tuple[Instances, bool]:
        """Return the defects of an image, and whether there may be more beyond the limit."""
        min_score = self.min_score if detector.min_score is None else detector.min_score
        inspection = Inspection(
            types=self.card.types,
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
        """Return everything but weights, configuration, card and self-test, ready for JSON."""
        return {
            "configuration": self.configuration.kind,
            "pixel_size_nm": self.pixel_size_nm,
            "percentiles": [self.normalization.lower, self.normalization.upper],
            "min_score": self.min_score,
        }
