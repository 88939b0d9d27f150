"""Pretrained: the weights that the recipe of this plugin gave, and how the core fuses what they see."""

from __future__ import annotations

from pathlib import Path

from defectkit.detectors.loopnet.fusing import Fusion
from defectkit.files.decoding import read_json

FOLDER = Path(__file__).parent / "weights"


def weights() -> bytes:
    """Return the network as an ONNX file; ``training.json`` and ``history.csv`` beside it say how it was made."""
    return (FOLDER / "loopnet.onnx").read_bytes()


def fusion() -> Fusion:
    """Return how its scales are fused, fitted on the tuning parts by ``python -m tests.quality.fitting``."""
    return Fusion(**read_json(FOLDER / "fusion.json"))
