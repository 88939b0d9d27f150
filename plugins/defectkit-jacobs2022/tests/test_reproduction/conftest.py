from __future__ import annotations

import pytest
from defectkit_jacobs2022.reproduction import Effort, Plan
from small_reproduction import small_data, small_effort, small_plan

from defectkit.studies.data import StudyData


@pytest.fixture(scope="session")
def plan() -> Plan:
    return small_plan()


@pytest.fixture(scope="session")
def data() -> StudyData:
    return small_data()


@pytest.fixture(scope="session")
def effort(plan: Plan) -> Effort:
    return small_effort(plan)
