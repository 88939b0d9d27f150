from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from defectkit.cli import cli
from defectkit.hooks import Registry, manager

Run = Callable[..., Result]


@pytest.fixture
def run() -> Run:
    """Run a command line in this process; exceptions that are faults of the program are raised."""

    def invoke(*args: object) -> Result:
        result = CliRunner().invoke(cli, [str(a) for a in args])
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return invoke


@pytest.fixture
def run_process(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run a command line in a process of its own, in an empty folder."""

    def invoke(*args: object) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "defectkit", *(str(a) for a in args)]
        return subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)

    return invoke


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> Callable[[Registry], None]:
    """Have the command line use the given tables in place of those of what is installed."""

    def use(tables: Registry) -> None:
        monkeypatch.setattr(manager, "tables", lambda: tables)

    return use
