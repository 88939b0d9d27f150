"""Metrics live here: how far predictions are from the truth, one file per metric."""

from __future__ import annotations

from defectkit.metrics.average_precision import AveragePrecision
from defectkit.metrics.confusion import Confusion
from defectkit.metrics.defect_pairs import DefectPairs
from defectkit.metrics.errors import Errors
from defectkit.metrics.find import Find
from defectkit.metrics.foreground import Foreground
from defectkit.metrics.interface import Metric
from defectkit.metrics.panoptic_quality import PanopticQuality
from defectkit.metrics.parity import Parity, ParityStatistics, parity_statistics
from defectkit.metrics.size_distribution import SizeDistribution
from defectkit.metrics.type_scores import EndToEnd, TypeScores
from defectkit.statistics.comparing import compare
from defectkit.statistics.comparison import Comparison, Defects, ImageComparison, Part
from defectkit.statistics.variables import Variable

BUILT_IN: tuple[type[Metric], ...] = (
    Find,
    TypeScores,
    EndToEnd,
    Confusion,
    Errors,
    Parity,
    AveragePrecision,
    PanopticQuality,
    Foreground,
    SizeDistribution,
    DefectPairs,
)
"""The metrics that an evaluation computes unless told otherwise."""

__all__ = [
    "BUILT_IN",
    "AveragePrecision",
    "Comparison",
    "Confusion",
    "DefectPairs",
    "Defects",
    "EndToEnd",
    "Errors",
    "Find",
    "Foreground",
    "ImageComparison",
    "Metric",
    "PanopticQuality",
    "Parity",
    "ParityStatistics",
    "Part",
    "SizeDistribution",
    "TypeScores",
    "Variable",
    "compare",
    "parity_statistics",
]
