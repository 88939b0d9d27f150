"""The detector ``blob``: dark blobs and open loops by classical image analysis."""

from __future__ import annotations

from defectkit.detectors.blob.detector import Blob, Contrast
from defectkit.detectors.blob.rules import RULE_SETS, Interior, TypeRule

__all__ = ["RULE_SETS", "Blob", "Contrast", "Interior", "TypeRule"]
