from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from defectkit import errors
from defectkit.advice import LEAVE_OUT_UNPAIRED

ALL = [e for e in vars(errors).values() if isinstance(e, type) and issubclass(e, errors.DefectkitError)]


@pytest.mark.parametrize("error", [e for e in ALL if e is not errors.DefectkitError])
def test_each_error_is_also_a_builtin(error: type[Exception]) -> None:
    above = [b for b in error.__mro__ if b.__module__ == "builtins" and b not in (Exception, BaseException, object)]
    assert above, f"{error.__name__} is no builtin error"
    assert all(hasattr(builtins, b.__name__) for b in above)


@pytest.mark.parametrize("error", ALL)
def test_a_message_is_printed_as_it_was_written(error: type[Exception]) -> None:
    assert str(error("what, where, what to do")) == "what, where, what to do"


def test_an_unknown_name_lists_the_known_and_the_nearest() -> None:
    message = str(errors.UnknownNameError.of("detector", "blub", ["blob", "mask"], advice="See defectkit plugins."))
    assert message == "no detector is named 'blub'; did you mean 'blob'? Known: blob, mask. See defectkit plugins."


def test_an_unknown_name_among_none() -> None:
    assert str(errors.UnknownPluginError.of("format", "x", [])) == "no format is named 'x'. Known: none"


def test_the_command_line_says_its_own_options() -> None:
    error = errors.PairingError(f"leave it out: {LEAVE_OUT_UNPAIRED}", LEAVE_OUT_UNPAIRED)
    assert str(error) == "leave it out: unpaired='leave-out'"
    assert error.for_command_line() == "leave it out: --allow-partial"


ARGUMENT = re.compile(r"""(?<![-\w.{])[a-z_]+=(?:'[^']*'|"[^"]*"|True\b|False\b|None\b|\d+(?![.\d=])|\{|\.\.\.)""")
OPTION = re.compile(r"(format|detector)[- ]option|option of the (format|detector)")
"""Such an option is spelled KEY=VALUE on the command line, too."""

PLUGINS = Path(errors.__file__).parent.parent / "plugins"


def _sentences(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Give all texts but docstrings: messages, lines of reports, remarks, cautions and warnings."""
    docstrings = {node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    formatted = [node for node in ast.walk(tree) if isinstance(node, ast.JoinedStr)]
    parts = {value for node in formatted for value in node.values}
    for node in formatted:
        yield node.lineno, "".join(str(p.value) if isinstance(p, ast.Constant) else "{}" for p in node.values)
    for other in ast.walk(tree):
        if isinstance(other, ast.Constant) and isinstance(other.value, str) and other not in docstrings | parts:
            yield other.lineno, other.value


def arguments_in(code: str) -> list[tuple[int, str]]:
    """Return the texts of several words that name an argument as Python spells it, with their lines; HTML is none."""
    return [
        (line, text)
        for line, text in _sentences(ast.parse(code))
        if " " in text.strip() and not text.startswith("<") and ARGUMENT.search(text) and not OPTION.search(text)
    ]


@pytest.mark.parametrize(
    ("code", "n"),
    [
        ("raise ValueError(\"leave it out: unpaired='leave-out'\")", 1),
        ('remark(f"choose one, frame={number}")', 1),
        ("warn(f'{name}: give one, pixel_size=\"1 nm\" ')", 1),
        ("note('all is well', missing='empty')", 0),
        ('"""A docstring: frame=3."""', 0),
        ("fail('name it by the format option types=1=loop')", 0),
        ("say('leave it out: --missing=3')", 0),
    ],
)
def test_arguments_are_found_in_texts_of_any_kind(code: str, n: int) -> None:
    assert len(arguments_in(code)) == n


def test_no_message_has_an_argument_of_python_in_it() -> None:
    source = Path(errors.__file__).parent
    files = [*source.rglob("*.py"), *(file for file in PLUGINS.rglob("*.py") if "tests" not in file.parts)]
    found = [
        f"{file.relative_to(source.parent)}:{line}: {text}"
        for file in files
        if file != source / "advice.py"
        for line, text in arguments_in(file.read_text(encoding="utf-8"))
    ]
    assert found == [], "a message gives what Python and the command line spell in two ways as a Choice"
