"""Workflows go the whole way in one call: from images, or from labels, to tables of results."""

from __future__ import annotations

from defectkit.workflows.analysis import Analysis
from defectkit.workflows.analyze import analyze
from defectkit.workflows.checkpoint import Checkpoint
from defectkit.workflows.detectors import make_detector
from defectkit.workflows.evaluate import evaluate
from defectkit.workflows.fields import FieldRule, Overprints
from defectkit.workflows.measure import measure_labels
from defectkit.workflows.pairing import Missing, Paired, paired
from defectkit.workflows.sides import ReadSide, read_side

__all__ = [
    "Analysis",
    "Checkpoint",
    "FieldRule",
    "Missing",
    "Overprints",
    "Paired",
    "ReadSide",
    "analyze",
    "evaluate",
    "make_detector",
    "measure_labels",
    "paired",
    "read_side",
]
