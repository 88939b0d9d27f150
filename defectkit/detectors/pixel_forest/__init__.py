"""Pixel forest: a random forest that says what each pixel belongs to, and a watershed that makes defects of it."""

from __future__ import annotations

from defectkit.detectors.pixel_forest.detector import PixelForest

__all__ = ["PixelForest"]
