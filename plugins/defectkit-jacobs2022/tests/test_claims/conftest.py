from __future__ import annotations

from pathlib import Path

import attrs
import pytest
from defectkit_jacobs2022.level import SKETCH
from defectkit_jacobs2022.reproduction import Reproduction, reproduce
from small_reproduction import small_data, small_effort, small_plan


@pytest.fixture(scope="package")
def reproduced(tmp_path_factory: pytest.TempPathFactory) -> Reproduction:
    folder: Path = tmp_path_factory.mktemp("claims") / "out"
    plan = small_plan()
    effort = attrs.evolve(small_effort(plan), level=SKETCH)
    return reproduce(["table6", "claims"], folder, plan=plan, data=small_data(), effort=effort)
