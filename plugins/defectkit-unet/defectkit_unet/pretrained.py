"""Pretrained: the weights that the recipe of this plugin gave, and how the core fuses what they see."""

from __future__ import annotations

from defectkit.detectors.loopnet.fusing import Fusion
from defectkit.detectors.loopnet.model import shipped_model


def weights() -> bytes:
    """Return the network that ships with the core as an ONNX file."""
    return shipped_model().content


def fusion() -> Fusion:
    """Return how its scales are fused, fitted on the tuning parts by ``python -m tests.quality.fitting``."""
    return shipped_model().fusion
