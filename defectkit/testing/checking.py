"""Check: run the laws of a conformance suite one by one, and say of each whether it holds."""

from __future__ import annotations

import enum
import inspect
import itertools
import tempfile
import warnings
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import attrs
import pytest

from defectkit.detectors import TrainableDetector
from defectkit.errors import PluginError
from defectkit.hooks.kinds import kind_of
from defectkit.testing.datasets import DatasetSourceSuite
from defectkit.testing.detectors import DetectorSuite
from defectkit.testing.hardening_models import HardeningModelSuite
from defectkit.testing.image_formats import ImageFormatSuite
from defectkit.testing.label_formats import LabelFormatSuite
from defectkit.testing.metrics import MetricSuite
from defectkit.testing.splitters import SplitterSuite
from defectkit.testing.suite import Suite, UnstatedError
from defectkit.testing.trainable_detectors import TrainableDetectorSuite

PREFIX = "test_"
SUITES: dict[str, type[Suite[Any]]] = {
    suite.kind: suite
    for suite in (
        DetectorSuite,
        SplitterSuite,
        MetricSuite,
        HardeningModelSuite,
        LabelFormatSuite,
        ImageFormatSuite,
        DatasetSourceSuite,
    )
}
"""By kind, what asks the laws of it."""
TMP_PATH = "tmp_path"


class Status(enum.StrEnum):
    """What came of a law."""

    PASSED = "passed"
    FAILED = "failed"
    EXCEPTED = "excepted"
    OPEN = "open"


@attrs.frozen(kw_only=True)
class Outcome:
    """A law, and whether it holds.

    Parameters
    ----------
    law : str
        Its name: the one of the test without ``test_``.
    sentence : str
        What it says.
    status : Status
        ``excepted`` where the suite says that it does not apply, ``open`` where it needs what only the author can say.
    reason : str
        Why it does not hold, or is not asked; empty for a law that holds.
    """

    law: str
    sentence: str
    status: Status
    reason: str = ""


def suite_of(kind: str, cls: type[Any]) -> type[Suite[Any]]:
    """Return the suite of a registered class: its own, which ``conformance`` names, or that of its kind.

    Parameters
    ----------
    kind : str
        As :func:`defectkit.hooks.find` takes it.
    cls : type
        The class. Where it has a class variable ``conformance`` such as ``"my_plugin.conformance:Conformance"``, that
        is its suite.

    Raises
    ------
    PluginError
        If ``conformance`` names nothing that could be imported.
    """
    named = getattr(cls, "conformance", None)
    if named is None:
        base = SUITES[kind]
        if issubclass(cls, TrainableDetector):
            base = TrainableDetectorSuite
        untold = {"target": property(_untold_target)} if base is LabelFormatSuite else {}
        return type(f"Of{cls.__name__}", (base,), {"cls": cls, **untold})
    module, _, name = str(named).partition(":")
    try:
        found: type[Suite[Any]] = getattr(import_module(module), name)
    except (ImportError, AttributeError) as error:
        of = f"{kind_of(kind).title} {cls.name!r}"
        raise PluginError(f"{of}: its suite {named!r} cannot be found: {error}") from error
    return found


def _untold_target(_: Suite[Any]) -> str:
    raise UnstatedError("state in `target` the name of the file, or of the folder, that labels are written to")


def laws_of(suite: type[Suite[Any]]) -> dict[str, str]:
    """Return the laws of a suite: the sentence of each, by its name, those of all plugins first.

    Parameters
    ----------
    suite : type
        A conformance suite.

    Examples
    --------
    >>> from defectkit.testing import SplitterSuite
    >>> laws_of(SplitterSuite)["there_is_a_split"]
    'At least one split comes out, and no two of one name.'
    """
    found: dict[str, str] = {}
    for base in reversed(suite.__mro__):
        for name, test in vars(base).items():
            if name.startswith(PREFIX):
                text = inspect.getdoc(test) or ""
                found[name.removeprefix(PREFIX)] = " ".join(text.partition("\n\n")[0].split())
    return found


def check(suite: type[Suite[Any]]) -> Iterator[Outcome]:
    """Give the outcome of each law of a suite, without pytest's own run.

    Parameters
    ----------
    suite : type
        A conformance suite, with the class under test as its ``cls``.

    Examples
    --------
    >>> from defectkit.splitters import RandomKFold
    >>> class OfRandomKFold(SplitterSuite):
    ...     cls = RandomKFold
    >>> {outcome.status.value for outcome in check(OfRandomKFold)}
    {'passed'}
    """
    for law in laws_of(suite):
        yield outcome_of(suite, law)


def outcome_of(suite: type[Suite[Any]], law: str) -> Outcome:
    """Return whether one law of a suite holds.

    Parameters
    ----------
    suite : type
        As :func:`check` takes it.
    law : str
        Its name.
    """
    status, reason = _outcome(suite, f"{PREFIX}{law}")
    return Outcome(law=law, sentence=laws_of(suite)[law], status=status, reason=reason)


def _outcome(suite: type[Suite[Any]], test: str) -> tuple[Status, str]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            for options, given in itertools.product(suite.sets_of_options(), _parameters(getattr(suite, test))):
                _run(getattr(suite.with_options(options), test), given)
    except UnstatedError as error:
        return Status.OPEN, str(error)
    except pytest.skip.Exception as skipped:
        return Status.EXCEPTED, str(skipped)
    except (Exception, pytest.fail.Exception) as error:  # whatever a stranger's class raises is that law's failure
        text = " ".join(str(error).split())
        return Status.FAILED, text if isinstance(error, AssertionError) else f"{type(error).__name__}: {text}"
    return Status.PASSED, ""


def _parameters(test: Callable[..., None]) -> list[Mapping[str, Any]]:
    given: list[Mapping[str, Any]] = [{}]
    for mark in getattr(test, "pytestmark", []):
        if mark.name == "parametrize":
            name, values = mark.args
            given = [{**others, name: value} for others in given for value in values]
    return given


def _run(test: Callable[..., None], given: Mapping[str, Any]) -> None:
    if TMP_PATH not in inspect.signature(test).parameters:
        test(**given)
        return
    with tempfile.TemporaryDirectory() as folder:
        test(**given, tmp_path=Path(folder))
