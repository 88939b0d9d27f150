"""Running a study: cells that are made once, kept under a digest of all they depend on, and joined at the end."""

from __future__ import annotations

from defectkit.studies.running.joining import join_evaluations, select_run
from defectkit.studies.running.progress import StudyProgress
from defectkit.studies.running.run import run_study, study_predictions

__all__ = ["StudyProgress", "join_evaluations", "run_study", "select_run", "study_predictions"]
