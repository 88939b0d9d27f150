"""Detectors find the defects of an image; any distribution can add its own."""

from __future__ import annotations

from defectkit.detectors.capability import Capability
from defectkit.detectors.card import ModelCard, ReportedMetric, TrainingData
from defectkit.detectors.detect import detect
from defectkit.detectors.interface import Detector
from defectkit.detectors.tiling import Tiled
from defectkit.detectors.trainable import TrainableDetector, Trained
from defectkit.detectors.training import TrainingSet

__all__ = [
    "Capability",
    "Detector",
    "ModelCard",
    "ReportedMetric",
    "Tiled",
    "TrainableDetector",
    "Trained",
    "TrainingData",
    "TrainingSet",
    "detect",
]
