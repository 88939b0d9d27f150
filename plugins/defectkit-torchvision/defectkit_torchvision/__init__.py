"""Mask R-CNN of torchvision as a detector of defectkit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from defectkit.hooks import hookimpl

if TYPE_CHECKING:
    from defectkit.detectors import Detector


@hookimpl
def defectkit_register_detectors() -> list[type[Detector]]:
    """Register the detector; torch is loaded when it is used."""
    from defectkit_torchvision.detector import TorchvisionMaskRCNN

    return [TorchvisionMaskRCNN]
