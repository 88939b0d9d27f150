from __future__ import annotations

from typing import ClassVar

from defectkit.splitters import (
    GroupLearningCurve,
    LearningCurve,
    LeaveFractionOut,
    LeaveGroupsOut,
    LeaveOneGroupOut,
    Predefined,
    RandomKFold,
)
from defectkit.testing import SplitterSuite


class TestLeaveFractionOut(SplitterSuite):
    cls = LeaveFractionOut


class TestRandomKFold(SplitterSuite):
    cls = RandomKFold


class TestLeaveOneGroupOut(SplitterSuite):
    cls = LeaveOneGroupOut


class TestLeaveGroupsOut(SplitterSuite):
    cls = LeaveGroupsOut


class TestLearningCurve(SplitterSuite):
    cls = LearningCurve


class TestGroupLearningCurve(SplitterSuite):
    cls = GroupLearningCurve


class TestPredefined(SplitterSuite):
    cls = Predefined
    options: ClassVar = {"train": ("image-20", "image-21"), "test": ("image-22",)}
