from __future__ import annotations

import builtins

import pytest

from defectkit import errors

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
