"""What a study's result says: headlines of each run, where their spread comes from, and which detector is best."""

from __future__ import annotations

from defectkit.studies.results.extremes import ExtremeImages, extreme_images
from defectkit.studies.results.headline import HEADLINES, headline
from defectkit.studies.results.ranking import rank_detectors
from defectkit.studies.results.selecting import select_runs
from defectkit.studies.results.variance import variance_decomposition

__all__ = [
    "HEADLINES",
    "ExtremeImages",
    "extreme_images",
    "headline",
    "rank_detectors",
    "select_runs",
    "variance_decomposition",
]
