"""The detector that ships: a small network that says where defects are, and how large, as ellipses and masks."""

from __future__ import annotations

from defectkit.detectors.loopnet.detector import LoopNet
from defectkit.detectors.loopnet.operating_point import Aim, OperatingPoint
from defectkit.detectors.loopnet.polarity import Polarity

__all__ = ["Aim", "LoopNet", "OperatingPoint", "Polarity"]
