"""How far what follows from measured defects can be trusted: sources, Monte Carlo, first order, and the budget."""

from __future__ import annotations

from defectkit.uncertainty.condition import Condition, SharedInput
from defectkit.uncertainty.declared import ASSUMED_PIXEL_SIZE, ASSUMED_THICKNESS, Uncertainties
from defectkit.uncertainty.detection_limit import DetectionLimit, HitRate
from defectkit.uncertainty.detector_error import DetectorError
from defectkit.uncertainty.propagate import Inputs, Propagation, propagate, propagated
from defectkit.uncertainty.sampling import FEWEST_IMAGES
from defectkit.uncertainty.strengthening import Strengthening

__all__ = [
    "ASSUMED_PIXEL_SIZE",
    "ASSUMED_THICKNESS",
    "FEWEST_IMAGES",
    "Condition",
    "DetectionLimit",
    "DetectorError",
    "HitRate",
    "Inputs",
    "Propagation",
    "SharedInput",
    "Strengthening",
    "Uncertainties",
    "propagate",
    "propagated",
]
