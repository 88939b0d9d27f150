"""Measurement turns masks in pixels into tables of sizes, shapes and densities in physical units."""

from __future__ import annotations

from defectkit.measurement.columns import COLUMN, DEFECT_COLUMNS, MEASURES, POLYGON_COLUMNS, Column
from defectkit.measurement.counting import AS_CONVENTION, Counting, counted
from defectkit.measurement.densities import areal_density, number_density
from defectkit.measurement.measure import check_pairs, measure, measure_instances
from defectkit.measurement.pooling import pool
from defectkit.measurement.shown import Shown
from defectkit.measurement.summary import ALL, summarize
from defectkit.measurement.truncation import Truncation
from defectkit.measurement.where import Where

__all__ = [
    "ALL",
    "AS_CONVENTION",
    "COLUMN",
    "DEFECT_COLUMNS",
    "MEASURES",
    "POLYGON_COLUMNS",
    "Column",
    "Counting",
    "Shown",
    "Truncation",
    "Where",
    "areal_density",
    "check_pairs",
    "counted",
    "measure",
    "measure_instances",
    "number_density",
    "pool",
    "summarize",
]
