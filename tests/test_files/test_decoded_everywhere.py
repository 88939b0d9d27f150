"""Whatever is decoded is decoded within limits: no module but one takes JSON or TOML apart by itself."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODULES = sorted(
    file
    for place in (ROOT / "defectkit", *(ROOT / "plugins").glob("*/defectkit_*"))
    for file in place.rglob("*.py")
    if file != ROOT / "defectkit" / "files" / "decoding.py"
)
DECODES = {("json", "load"), ("json", "loads"), ("tomllib", "load"), ("tomllib", "loads")}
OF_OURS = {"dumps", "to_json"}
"""What a text comes from that was written the moment before."""


def decoders(code: str) -> Iterator[int]:
    """Give the line of each call that decodes what may come from outside."""
    for call in ast.walk(ast.parse(code)):
        if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute):
            continue
        owner = call.func.value.id if isinstance(call.func.value, ast.Name) else ""
        if (owner, call.func.attr) in DECODES and not (call.args and _name_of(call.args[0]) in OF_OURS):
            yield call.lineno
        if call.func.attr == "json" and not call.args:
            yield call.lineno


def _name_of(value: ast.expr) -> str:
    if not isinstance(value, ast.Call):
        return ""
    return value.func.attr if isinstance(value.func, ast.Attribute) else getattr(value.func, "id", "")


def test_modules_leave_decoding_to_the_one_that_bounds_it() -> None:
    assert len(MODULES) > 400
    found = {file.relative_to(ROOT).as_posix(): list(decoders(file.read_text(encoding="utf-8"))) for file in MODULES}
    assert {name: lines for name, lines in found.items() if lines} == {}


@pytest.mark.parametrize("code", ["json.loads(text)", "json.load(file)", "tomllib.loads(t)", "requests.get(a).json()"])
def test_a_module_that_decodes_by_itself_is_found(code: str) -> None:
    assert list(decoders(code)) == [1]


def test_a_text_of_ours_is_no_text_from_outside() -> None:
    assert list(decoders("json.loads(json.dumps(a)); json.loads(to_json(card))")) == []
