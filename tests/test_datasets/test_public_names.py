from __future__ import annotations

import pkgutil
import subprocess
import sys
from importlib import import_module
from types import FunctionType

import pytest

from defectkit import datasets

FOR_USERS = ("add_dataset", "add_labels", "check_dataset", "diff", "merge", "verify_result")


@pytest.mark.parametrize("name", datasets.__all__)
def test_every_name_is_there(name: str) -> None:
    assert getattr(datasets, name) is not None
    assert name in dir(datasets)


def test_functions_are_not_hidden_by_modules_of_their_name() -> None:
    for module in pkgutil.iter_modules(datasets.__path__):
        import_module(f"defectkit.datasets.{module.name}")
    assert all(isinstance(getattr(datasets, name), FunctionType) for name in FOR_USERS)
    assert set(FOR_USERS) <= set(datasets.__all__)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="Datensatz"):
        _ = datasets.Datensatz  # type: ignore[attr-defined]  # there is none


def test_names_are_loaded_when_they_are_used() -> None:
    code = "import sys, defectkit.datasets; print([m for m in ('numpy', 'zarr', 'pint') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"
