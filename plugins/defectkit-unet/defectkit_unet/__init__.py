"""Encoder-decoder networks as detectors of defectkit, and a recipe of a network for its loopnet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from defectkit.hooks import hookimpl

if TYPE_CHECKING:
    from defectkit.detectors import Detector


@hookimpl
def defectkit_register_detectors() -> list[type[Detector]]:
    """Register the detector; torch is loaded when it is trained."""
    from defectkit_unet.detector import UNetDetector

    return [UNetDetector]
