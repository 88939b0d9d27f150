"""Workflows do a whole analysis in one call: from images, or from labels, to tables of results."""

from __future__ import annotations

from defectkit.workflows.analysis import Analysis
from defectkit.workflows.analyze import analyze
from defectkit.workflows.checkpoint import Checkpoint
from defectkit.workflows.detectors import make_detector
from defectkit.workflows.evaluate import evaluate
from defectkit.workflows.fields import FieldRule, Overprints
from defectkit.workflows.measure import measure_labels
from defectkit.workflows.pairing import ImagePairing, Missing, pair_images
from defectkit.workflows.pixel_report import pixel_report
from defectkit.workflows.score_sweep import sweep_scores
from defectkit.workflows.sides import EvaluationSide, read_side

__all__ = [
    "Analysis",
    "Checkpoint",
    "EvaluationSide",
    "FieldRule",
    "ImagePairing",
    "Missing",
    "Overprints",
    "analyze",
    "evaluate",
    "make_detector",
    "measure_labels",
    "pair_images",
    "pixel_report",
    "read_side",
    "sweep_scores",
]
