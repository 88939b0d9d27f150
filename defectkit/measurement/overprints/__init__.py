"""Overprints: scale bars, their text and information strips that a program burned into the pixels of an image."""

from __future__ import annotations

from defectkit.measurement.overprints.find import BAR, STRIP, find_overprints, overprints_of
from defectkit.measurement.overprints.strips import strip_height

__all__ = ["BAR", "STRIP", "find_overprints", "overprints_of", "strip_height"]
