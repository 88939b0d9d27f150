"""Reports show results: tables as CSV, overlays, figures and one HTML page."""

from __future__ import annotations

from defectkit.reports.analysis_folder import write_analysis
from defectkit.reports.analysis_page import analysis_page
from defectkit.reports.csv_tables import defects_csv, hardening_csv, summary_csv
from defectkit.reports.overlays import draw_overlay

__all__ = ["analysis_page", "defects_csv", "draw_overlay", "hardening_csv", "summary_csv", "write_analysis"]
