"""The convention explorer: one set of predictions under every way to match and to measure."""

from __future__ import annotations

from defectkit.studies.conventions.explore import explore_conventions
from defectkit.studies.conventions.figure import convention_figure
from defectkit.studies.conventions.table import convention_table

__all__ = ["convention_figure", "convention_table", "explore_conventions"]
