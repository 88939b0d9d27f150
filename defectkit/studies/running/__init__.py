"""Running a study: cells that are made once, kept under a digest of all they depend on, and joined at the end."""

from __future__ import annotations

from defectkit.studies.running.joining import joined, select_run
from defectkit.studies.running.progress import StudyProgress
from defectkit.studies.running.run import kept_predictions, run_study

__all__ = ["StudyProgress", "joined", "kept_predictions", "run_study", "select_run"]
