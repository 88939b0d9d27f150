"""What trainable detectors need and no framework provides: examples in nanometers, crops, augmentation, history."""

from __future__ import annotations

from defectkit.detectors.learning.augmentation import Augmentation
from defectkit.detectors.learning.crops import CropSampler, cropped
from defectkit.detectors.learning.example import Example, example, rescaled
from defectkit.detectors.learning.findings import Findings
from defectkit.detectors.learning.history import History
from defectkit.detectors.learning.inspection import Inspection
from defectkit.detectors.learning.normalization import Normalization
from defectkit.detectors.learning.turns import flipped, turned

__all__ = [
    "Augmentation",
    "CropSampler",
    "Example",
    "Findings",
    "History",
    "Inspection",
    "Normalization",
    "cropped",
    "example",
    "flipped",
    "rescaled",
    "turned",
]
