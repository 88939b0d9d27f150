from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, settings

Catches = Callable[[type, str, type], None]


@pytest.fixture
def run_inherited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Any, str], None]:
    """Run one test of a suite, for every value of its parameters; examples that fail are not made smaller."""

    def run(suite: Any, test: str) -> None:
        method = getattr(suite, test)
        attribute = "_hypothesis_internal_use_settings"  # hypothesis has no public way to change what a test was given
        if hasattr(method, attribute):
            quick = settings(getattr(method, attribute), phases=[Phase.generate])
            monkeypatch.setattr(method.__func__, attribute, quick)
        given: list[dict[str, Any]] = [{}]
        for mark in getattr(method, "pytestmark", []):
            if mark.name == "parametrize":
                given = [g | {mark.args[0]: value} for g in given for value in mark.args[1]]
        for k, arguments in enumerate(given):
            if "tmp_path" in inspect.signature(method).parameters:
                arguments["tmp_path"] = tmp_path / str(k)
                arguments["tmp_path"].mkdir()
            method(**arguments)

    return run
