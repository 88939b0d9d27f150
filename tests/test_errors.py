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


ARGUMENT = re.compile(r"(?<![-\w.{])[a-z_]+=(?:'[^']*'|True|False|\d+(?![.\d])|\{|\.\.\.)")


def _texts(tree: ast.AST) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
            for part in ast.walk(node.exc):
                if isinstance(part, ast.Constant) and isinstance(part.value, str):
                    yield part.lineno, part.value


def test_no_message_has_an_argument_of_python_in_it() -> None:
    source = Path(errors.__file__).parent
    found = [
        f"{file.relative_to(source)}:{line}: {text}"
        for file in source.rglob("*.py")
        if file.name != "errors.py"
        for line, text in _texts(ast.parse(file.read_text(encoding="utf-8")))
        if ARGUMENT.search(text)
    ]
    assert found == [], "a message gives what Python and the command line spell in two ways as a Choice"
