"""Uncertainty of an evaluation: bootstrap over images, then over the defects in them."""

from __future__ import annotations

from defectkit.studies.uncertainty.bootstrap import bootstrap, bootstrap_difference
from defectkit.studies.uncertainty.drawing import LEVELS
from defectkit.studies.uncertainty.resamples import resample_statistics
from defectkit.studies.uncertainty.units import ResamplingUnits

__all__ = ["LEVELS", "ResamplingUnits", "bootstrap", "bootstrap_difference", "resample_statistics"]
