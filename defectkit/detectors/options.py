"""Options: what detectors take from tables of settings, checked, and given back as plain values."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import attrs

from defectkit.detectors.interface import Detector
from defectkit.errors import DefectkitError, DetectorError
from defectkit.hooks.described import RANGE
from defectkit.hooks.options import misfit
from defectkit.records.prediction import Setting

D = TypeVar("D", bound=Detector)
T = TypeVar("T")

MACHINE = "defectkit.machine"
"""Metadata of the fields that say where a detector runs, not what it does: no saved detector holds them."""


def machine_option(default: T, **more: Any) -> T:
    """Return an attrs field for an option that says where a detector runs (a device, a folder), not what it does."""
    field: T = attrs.field(default=default, metadata={MACHINE: True}, **more)
    return field


def construct(cls: type[D], options: Mapping[str, Any]) -> D:
    """Return a detector with these options.

    Raises
    ------
    DetectorError
        If an option is unknown, or has a value that the detector refuses.
    """
    known = [p.name for p in inspect.signature(cls).parameters.values() if p.kind is not p.VAR_KEYWORD]
    for option in options:
        if option not in known:
            raise DetectorError(
                f"detector {cls.name!r} has no option {option!r}; it has {', '.join(known) or 'none at all'}"
            )
    fault = misfit(cls, options)
    if fault is not None:
        raise DetectorError(f"detector {cls.name!r} refuses its options: {fault}")
    try:
        return cls(**options)
    except DefectkitError:
        raise
    except (TypeError, ValueError, AttributeError, ArithmeticError, LookupError) as error:
        raise DetectorError(f"detector {cls.name!r} refuses its options: {error}") from error


def restore(cls: type[D], options: Mapping[str, Any], folder: Path) -> D:
    """Return the detector with the options that ``folder`` holds.

    Raises
    ------
    DetectorError
        Naming the folder, if the detector does not take them.
    """
    try:
        return construct(cls, options)
    except DefectkitError as error:
        raise DetectorError(f"{folder}: the options of the saved detector are damaged: {error}") from error


def as_setting(value: Any) -> Setting:
    """Return the value of an option as a number or one text, as model cards and predictions hold it.

    Examples
    --------
    >>> as_setting([1.0, 2.5]), as_setting({"flips": True, "noise": 0.1}), as_setting(None)
    ('1, 2.5', 'flips True, noise 0.1', None)
    """
    if value is None or isinstance(value, str | int | float | bool):
        return value
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {each}" for name, each in value.items())
    return ", ".join(f"{each:g}" if isinstance(each, float) else str(each) for each in value)


Validator = Callable[[Any, "attrs.Attribute[Any]", Any], None]


def at_least(least: float) -> Validator:
    """Return a validator of attrs for options that are a number of ``least`` or more, or None."""
    return _checked(lambda value: value >= least, f", but at least {least} is needed", f">= {least}")


def above(limit: float) -> Validator:
    """Return a validator of attrs for options that are a number above ``limit``, or None."""
    return _checked(lambda value: value > limit, f", but it has to be above {limit}", f"> {limit}")


def between(low: float, high: float) -> Validator:
    """Return a validator of attrs for options that are a number between two, which are not allowed, or None."""
    return _checked(lambda value: low < value < high, f", not between {low} and {high}", f"> {low}, < {high}")


def one_of(allowed: Sequence[str]) -> Validator:
    """Return a validator of attrs for options that are one of several texts."""
    return _checked(lambda value: value in allowed, f"; choose one of {', '.join(allowed)}", " or ".join(allowed))


def _checked(holds: Callable[[Any], bool], needed: str, allowed: str) -> Validator:
    def validate(detector: Detector, field: attrs.Attribute[Any], value: Any) -> None:
        if value is not None and not holds(value):
            raise DetectorError(f"detector {detector.name!r}: {field.name} is {value!r}{needed}")

    setattr(validate, RANGE, allowed)
    return validate
