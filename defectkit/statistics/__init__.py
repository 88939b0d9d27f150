"""Statistics live here: truth and prediction compared, what of them is summed, and how sure it is."""

from __future__ import annotations

from defectkit.statistics.bootstrap import Bootstrap, Level, resample
from defectkit.statistics.intervals import intervals, percentile_interval
from defectkit.statistics.learning_curves import LearningCurve, fit_learning_curve
from defectkit.statistics.statistic import Statistic, value_of
from defectkit.statistics.totals import Totals
from defectkit.statistics.units import ImageSum, Sum, Units, linked_units
from defectkit.statistics.variables import Variable

__all__ = [
    "Bootstrap",
    "ImageSum",
    "LearningCurve",
    "Level",
    "Statistic",
    "Sum",
    "Totals",
    "Units",
    "Variable",
    "fit_learning_curve",
    "intervals",
    "linked_units",
    "percentile_interval",
    "resample",
    "value_of",
]
