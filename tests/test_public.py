"""Public means documented and tested; this is the test of that."""

from __future__ import annotations

import enum
import inspect
import re
import types
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

import defectkit
from defectkit import errors, hooks
from defectkit.cli import nouns
from defectkit.hooks import specs
from defectkit.hooks.kinds import KINDS

TESTS = Path(__file__).parent

PACKAGES = (
    "defectkit",
    "defectkit.detectors",
    "defectkit.hooks",
    "defectkit.records",
    "defectkit.splitters",
    "defectkit.testing",
)


def public_objects() -> Iterator[tuple[str, Any]]:
    """Every public class and function with the dotted name that it is known by."""
    for package in PACKAGES:
        module = import_module(package)
        for name in module.__all__:
            thing = getattr(module, name)
            if inspect.isclass(thing) or inspect.isfunction(thing):
                yield f"{package}.{name}", thing
            elif isinstance(thing, types.ModuleType):
                for inner, function in vars(thing).items():
                    if inspect.isfunction(function) and function.__module__ == thing.__name__ and inner[0] != "_":
                        yield f"{thing.__name__}.{inner}", function


def registered_classes() -> Iterator[tuple[str, Any]]:
    """Every class that defectkit itself registers."""
    for kind in KINDS:
        for row in hooks.table(kind).values():
            if row.distribution == "defectkit":
                yield f"{row.cls.__module__}.{row.cls.__qualname__}", row.cls


def error_classes() -> Iterator[tuple[str, Any]]:
    """Every error and warning."""
    for name, thing in vars(errors).items():
        if inspect.isclass(thing) and thing.__module__ == errors.__name__:
            yield f"defectkit.errors.{name}", thing


HOOKS = {name: getattr(specs, name) for name in dir(specs) if name.startswith("defectkit_register_")}
ERRORS = dict(error_classes())
PUBLIC = {**dict(public_objects()), **dict(registered_classes())}


@cache
def words_of_tests() -> frozenset[str]:
    """Every word in the tests, this file apart."""
    texts = (p.read_text(encoding="utf-8") for p in TESTS.rglob("*.py") if p != Path(__file__))
    return frozenset(word for text in texts for word in re.findall(r"\w+", text))


def sections(docstring: str) -> dict[str, str]:
    """The sections of a numpydoc docstring by title; what comes before the first is under the empty title."""
    parts = re.split(r"^(\w[\w ]*)\n-{3,}$", inspect.cleandoc(docstring), flags=re.MULTILINE)
    return {"": parts[0], **dict(zip(parts[1::2], parts[2::2], strict=True))}


def described(section: str) -> set[str]:
    """The parameters that a section has an entry of: ``name : type``, or several names before the colon."""
    heads = re.findall(r"^(\*{0,2}\w+(?:, \*{0,2}\w+)*)(?: : .+)?$", section, flags=re.MULTILINE)
    return {name.lstrip("*") for head in heads for name in head.split(", ")}


def parameters(thing: Any) -> set[str]:
    """The names of what a function, or the constructor of a class, takes."""
    if inspect.isclass(thing) and thing.__init__ is object.__init__:
        return set()
    if inspect.isclass(thing) and (issubclass(thing, enum.Enum) or getattr(thing, "_is_protocol", False)):
        return set()
    given = inspect.signature(thing).parameters.values()
    return {p.name for p in given if p.name not in ("self", "draw") and not p.name.startswith("_")}


def faults(thing: object) -> list[str]:
    """What is missing in the docstring of a class or function."""
    text = inspect.getdoc(thing) if inspect.isclass(thing) or inspect.isfunction(thing) else ""
    own = thing.__doc__ or ""
    if not own.strip() or not text:
        return ["there is no docstring"]
    found = []
    parts = sections(own)
    summary = parts[""].strip().split("\n\n")[0]
    if not summary.endswith((".", ":", "`")):
        found.append(f"the summary {summary!r} is no sentence")
    is_error = inspect.isclass(thing) and issubclass(thing, BaseException)
    if not is_error:
        missing = parameters(thing) - described(parts.get("Parameters", ""))
        if missing and "parameters are those of" not in parts[""]:
            found.append(f"not described: {', '.join(sorted(missing))}")
    return found


@pytest.mark.parametrize("name", PUBLIC)
def test_every_public_name_is_documented(name: str) -> None:
    assert faults(PUBLIC[name]) == []


@pytest.mark.parametrize("name", PUBLIC)
def test_every_public_name_is_tested(name: str) -> None:
    assert name.rpartition(".")[2] in words_of_tests()


@pytest.mark.parametrize("name", ERRORS)
def test_every_error_is_documented_and_tested(name: str) -> None:
    assert faults(ERRORS[name]) == []
    assert name.rpartition(".")[2] in words_of_tests()


@pytest.mark.parametrize("name", ERRORS)
def test_every_error_is_also_a_builtin(name: str) -> None:
    if issubclass(ERRORS[name], Warning):
        assert issubclass(ERRORS[name], errors.DefectkitWarning)
        return
    assert issubclass(ERRORS[name], errors.DefectkitError)
    plain = {Exception, BaseException, object}
    builtin = {base for base in ERRORS[name].__mro__ if base.__module__ == "builtins"} - plain
    assert builtin or ERRORS[name] is errors.DefectkitError


@pytest.mark.parametrize("name", HOOKS)
def test_every_hook_says_what_it_returns_when_it_is_called_and_shows_an_example(name: str) -> None:
    parts = sections(HOOKS[name].__doc__)
    assert parts[""].startswith("Register ")
    assert "Called once" in parts[""]
    assert parts["Returns"].strip()
    assert f"def {name}():" in parts["Examples"]
    assert "@hookimpl" in parts["Examples"]
    assert name in words_of_tests()


def test_every_kind_has_a_hook_and_every_hook_a_kind() -> None:
    assert {kind.hook for kind in KINDS.values()} | {"defectkit_register_commands"} == set(HOOKS)


@pytest.mark.parametrize("name", nouns.NOUNS)
def test_every_command_is_tested(name: str) -> None:
    command = nouns.load(name)
    assert command.help
    texts = "\n".join(p.read_text(encoding="utf-8") for p in TESTS.rglob("test_*.py") if p != Path(__file__))
    assert re.search(rf"run\w*\(\s*\"{name}\"|\[\s*\"{name}\"", texts), f"no test runs `defectkit {name}`"


def test_the_version_is_that_of_the_distribution() -> None:
    from importlib.metadata import version

    assert defectkit.__version__ == version("defectkit")


def undocumented(first: int, second: str = "") -> None:
    """Do something.

    Parameters
    ----------
    first : int
        A number.
    """


def test_the_check_sees_what_is_missing() -> None:
    def bare() -> None: ...

    assert faults(undocumented) == ["not described: second"]
    assert faults(bare) == ["there is no docstring"]
    assert described("a, b : int\n    Numbers.\n*args, **kwargs\n    More.\n") == {"a", "b", "args", "kwargs"}
