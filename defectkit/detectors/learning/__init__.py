"""What trainable detectors need and no framework provides: examples in nanometers, crops, augmentation, history."""

from __future__ import annotations

from defectkit.detectors.learning.augmentation import Augmentation
from defectkit.detectors.learning.crops import CropSampler, crop_example
from defectkit.detectors.learning.example import Example, example, rescale
from defectkit.detectors.learning.history import History
from defectkit.detectors.learning.normalization import Normalization
from defectkit.detectors.learning.sliding_window import SlidingWindow
from defectkit.detectors.learning.symmetries import flip, rotate
from defectkit.detectors.learning.window_detections import WindowDetections

__all__ = [
    "Augmentation",
    "CropSampler",
    "Example",
    "History",
    "Normalization",
    "SlidingWindow",
    "WindowDetections",
    "crop_example",
    "example",
    "flip",
    "rescale",
    "rotate",
]
