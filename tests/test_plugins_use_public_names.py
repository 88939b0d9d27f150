"""Plugins of this repository are third parties: they import only names that the reference documents."""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PLUGINS = sorted(path.name for path in (ROOT / "plugins").iterdir() if (path / "pyproject.toml").is_file())
SHOWN = re.compile(r"^\.\. public-names:: (defectkit[.\w]*)$", re.MULTILINE)


def documented() -> set[tuple[str, str]]:
    """Every public name, by the module that the reference lists and by the one that defines it."""
    found = {("defectkit.errors", name) for name in vars(importlib.import_module("defectkit.errors"))}
    found |= {("defectkit", name) for name in dir(importlib.import_module("defectkit"))}
    for page in (ROOT / "docs" / "reference").glob("*.md"):
        for name in SHOWN.findall(page.read_text(encoding="utf-8")):
            module = importlib.import_module(name)
            found.add(("defectkit", name.removeprefix("defectkit.")))
            for public in getattr(module, "__all__", [n for n in vars(module) if not n.startswith("_")]):
                found |= {(name, public), (getattr(getattr(module, public), "__module__", name), public)}
    return found


def imported(plugin: str) -> Iterator[tuple[str, str]]:
    """The names of the core that the code of a plugin imports."""
    (package,) = (ROOT / "plugins" / plugin).glob("defectkit_*")
    for file in package.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "defectkit":
                yield from ((str(node.module), alias.name) for alias in node.names)


@pytest.mark.parametrize("plugin", PLUGINS)
def test_a_plugin_imports_public_names_only(plugin: str) -> None:
    assert sorted(set(imported(plugin)) - documented()) == []
