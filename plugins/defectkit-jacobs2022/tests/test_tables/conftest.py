"""The tiny reproduction, run once for all tests of tables."""

from __future__ import annotations

import pytest
from defectkit_jacobs2022.artifact import Outcome
from defectkit_jacobs2022.table import Table
from defectkit_jacobs2022.tables import TABLES
from tiny_reproduction import make_outcome


@pytest.fixture(scope="session")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    return make_outcome(tmp_path_factory.mktemp("paper-tables") / "studies")


@pytest.fixture(scope="session")
def made(outcome: Outcome) -> dict[str, Table]:
    """Every table of every artifact, by the name of its files."""
    return {
        f"{name}-{end}" if end else name: table
        for name, artifact in TABLES.items()
        for end, table in artifact.make(outcome).items()
    }
