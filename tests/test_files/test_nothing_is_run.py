"""Nothing that a file says is run: what could run it is called in known places only, each with its reason."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from defectkit import hooks
from defectkit.errors import UnknownNameError

ROOT = Path(__file__).parents[2]
PACKAGES = (ROOT / "defectkit", *(ROOT / "plugins").glob("*/defectkit_*"))
RUNS = {"eval", "exec", "__import__", "import_module", "run_path", "run_module", "Unpickler", "unsafe_load"}
"""Functions that run or import what they are given, or call what it names."""
LOADS = {("pickle", "load"), ("pickle", "loads"), ("joblib", "load"), ("yaml", "load"), ("marshal", "loads")}

KNOWN = {
    "defectkit/hooks/kinds.py": ["import_module"],  # the module of a kind of plugin, from a table in that file
    "defectkit/cli/nouns.py": ["import_module"],  # the module of a command, from a table in the code
    "defectkit/parallel/dask_executor.py": ["loads"],  # what a client sent to its own workers, through Dask
    "defectkit/testing/asked.py": ["loads"],  # what the law of pickles just dumped
    "defectkit/testing/checking.py": ["import_module"],  # the suite that an installed class names
    "defectkit/testing/elsewhere.py": ["import_module", "loads", "loads"],  # between a process and its own child
    "plugins/defectkit-detectron2/defectkit_detectron2/installation.py": ["import_module"],  # whether it is installed
    "plugins/defectkit-rosettasciio/defectkit_rosettasciio/format.py": ["import_module"],  # RosettaSciIO's own list
}


def dangers(code: str) -> Iterator[str]:
    """Give each call that may run what it is given, unless that is a text in the code itself."""
    for call in ast.walk(ast.parse(code)):
        if not isinstance(call, ast.Call):
            continue
        owner = getattr(getattr(call.func, "value", None), "id", "")
        name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        is_literal = bool(call.args) and isinstance(call.args[0], ast.Constant)
        is_method = name in ("eval", "exec") and isinstance(call.func, ast.Attribute)  # networks have one
        if (name in RUNS and not is_literal and not is_method) or (owner, name) in LOADS:
            yield name
        if (owner, name) == ("torch", "load") and not any(k.arg == "weights_only" for k in call.keywords):
            yield "torch.load"


def test_what_could_run_a_file_is_called_in_known_places_only() -> None:
    found = {
        file.relative_to(ROOT).as_posix(): sorted(dangers(file.read_text(encoding="utf-8")))
        for package in PACKAGES
        for file in package.rglob("*.py")
    }
    assert {name: calls for name, calls in found.items() if calls} == KNOWN


@pytest.mark.parametrize(
    "code",
    [
        "eval(text)",
        "importlib.import_module(name)",
        "pickle.load(f)",
        "yaml.load(t)",
        "torch.load(path)",
        "joblib.load(p)",
    ],
)
def test_a_call_that_may_run_a_file_is_found(code: str) -> None:
    assert list(dangers(code))


def test_what_stands_in_the_code_is_no_danger() -> None:
    assert list(dangers('import_module("torch"); torch.load(path, weights_only=True)')) == []


@pytest.mark.parametrize("kind", ["detector", "splitter", "metric", "label_format", "hardening_model"])
@pytest.mark.parametrize("name", ["os:system", "os.system", "builtins.eval", "../detector", "__import__"])
def test_a_name_in_a_file_finds_only_what_is_registered(kind: str, name: str) -> None:
    with pytest.raises(UnknownNameError):
        hooks.find(kind, name)
