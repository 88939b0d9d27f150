from __future__ import annotations

import gc
import inspect
import pkgutil
import warnings
from functools import cache
from importlib import import_module

import pytest

import defectkit
from defectkit import builtins, hooks
from defectkit.hooks.kinds import KINDS


@cache
def modules() -> tuple[str, ...]:
    """Every module of defectkit, imported."""
    names = [info.name for info in pkgutil.walk_packages(defectkit.__path__, "defectkit.")]
    for name in names:
        if not name.endswith("__main__"):
            import_module(name)
    return tuple(names)


def subclasses(cls: type) -> set[type]:
    """All classes below ``cls`` that defectkit itself defines and that a name alone makes: no wrappers."""
    gc.collect()  # attrs makes a class anew where it has slots; the first one is a subclass until it is collected
    below = {s for each in cls.__subclasses__() for s in (each, *subclasses(each))}
    return {s for s in below if s.__module__.startswith("defectkit.") and not inspect.isabstract(s) and has_defaults(s)}


def has_defaults(cls: type) -> bool:
    """Whether everything that the constructor takes has a default."""
    given = inspect.signature(cls).parameters.values()
    return all(p.default is not p.empty for p in given if p.kind is p.KEYWORD_ONLY)


@pytest.mark.parametrize("kind", KINDS)
def test_every_class_of_a_stage_is_registered(kind: str) -> None:
    modules()
    interface = hooks.interface(kind)
    stage = interface.__module__.removesuffix("interface")
    registered = {row.cls for row in hooks.table(kind).values() if row.distribution == "defectkit"}
    assert {s for s in subclasses(interface) if s.__module__.startswith(stage)} - registered == set()


def test_the_builtins_are_in_order() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert [str(f) for f in hooks.failures() if f.distribution == "defectkit"] == []


@pytest.mark.parametrize("name", [name for name in dir(builtins) if name.startswith("defectkit_register_")])
def test_nothing_is_imported_before_a_hook_is_called(name: str) -> None:
    names = set(getattr(builtins, name).__globals__)
    assert names.isdisjoint({"numpy", "click", "attrs"})
    assert getattr(builtins, name).__doc__


def test_importing_them_loads_no_stage() -> None:
    import subprocess
    import sys

    code = "import sys, defectkit.builtins; print(sorted(m for m in sys.modules if m.startswith('defectkit')))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    stages = [m for m in done.stdout.split("'") if m.count(".") == 1]
    assert {m.strip() for m in stages} <= {
        "defectkit.advice",
        "defectkit.builtins",
        "defectkit.errors",
        "defectkit.hooks",
    }
