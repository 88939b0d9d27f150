"""Splitters say which images train and which test: always whole images, related ones kept together."""

from __future__ import annotations

from defectkit.splitters.interface import Splitter
from defectkit.splitters.k_fold import RandomKFold
from defectkit.splitters.leaks import Leak, check_split, find_leaks, make_splits
from defectkit.splitters.learning_curve import GroupLearningCurve, LearningCurve
from defectkit.splitters.leave_fraction_out import LeaveFractionOut
from defectkit.splitters.leave_group_out import LeaveOneGroupOut
from defectkit.splitters.leave_groups_out import LeaveGroupsOut
from defectkit.splitters.near_duplicates import near_duplicate_groups
from defectkit.splitters.predefined import Predefined
from defectkit.splitters.relations import Relation, kept_together

__all__ = [
    "GroupLearningCurve",
    "Leak",
    "LearningCurve",
    "LeaveFractionOut",
    "LeaveGroupsOut",
    "LeaveOneGroupOut",
    "Predefined",
    "RandomKFold",
    "Relation",
    "Splitter",
    "check_split",
    "find_leaks",
    "kept_together",
    "make_splits",
    "near_duplicate_groups",
]
