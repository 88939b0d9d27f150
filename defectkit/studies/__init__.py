"""Studies: how far figures can be trusted, and the test types of the paper as runs that can be resumed."""

from __future__ import annotations

from defectkit.studies.conventions import convention_figure, convention_table, explore_conventions
from defectkit.studies.data import StudyData, catalogue_data, own_data
from defectkit.studies.floor import error_budget, measurement_floor
from defectkit.studies.resampleable import evaluate_resampleable
from defectkit.studies.results import (
    extreme_images,
    headline,
    rank_detectors,
    select_runs,
    variance_decomposition,
)
from defectkit.studies.retraining import Retraining, assess_retraining
from defectkit.studies.running import StudyProgress, run_study, select_run, study_predictions
from defectkit.studies.study import DetectorChoice, LabelPair, SplitChoice, Study
from defectkit.studies.test_types import (
    hyperparameters,
    label_set_comparison,
    learning_curve,
    leave_group_out,
    leave_percent_out,
    random_cross_validation,
    repeated_hold_out,
    run_to_run,
    single_split,
)
from defectkit.studies.toml import read_study
from defectkit.studies.training import train_detector, training_sides
from defectkit.studies.uncertainty import bootstrap, bootstrap_difference, resample_statistics

__all__ = [
    "DetectorChoice",
    "LabelPair",
    "Retraining",
    "SplitChoice",
    "Study",
    "StudyData",
    "StudyProgress",
    "assess_retraining",
    "bootstrap",
    "bootstrap_difference",
    "catalogue_data",
    "convention_figure",
    "convention_table",
    "error_budget",
    "evaluate_resampleable",
    "explore_conventions",
    "extreme_images",
    "headline",
    "hyperparameters",
    "label_set_comparison",
    "learning_curve",
    "leave_group_out",
    "leave_percent_out",
    "measurement_floor",
    "own_data",
    "random_cross_validation",
    "rank_detectors",
    "read_study",
    "repeated_hold_out",
    "resample_statistics",
    "run_study",
    "run_to_run",
    "select_run",
    "select_runs",
    "single_split",
    "study_predictions",
    "train_detector",
    "training_sides",
    "variance_decomposition",
]
