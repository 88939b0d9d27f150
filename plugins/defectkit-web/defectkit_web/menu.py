"""Menu: the detectors and the options that the page offers."""

from __future__ import annotations

import enum
import inspect
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import attrs

from defectkit import hooks
from defectkit.detectors import TrainableDetector
from defectkit.errors import DecodingError
from defectkit.files.decoding import parse_json
from defectkit_web import fields

CHOICES = {
    ("loopnet", "operating_point"): ("f1", "count", "precision=0.9"),
    ("loopnet", "polarity"): ("auto", "dark", "bright"),
}
"""What is proposed where an option is a text of few values."""


def detectors() -> list[dict[str, Any]]:
    """Return the detectors that find something without a training, with their options, ready for JSON."""
    return [
        {"name": row.name, "description": row.description, "options": list(_options(row.name, row.cls))}
        for row in hooks.table("detector").values()
        if not issubclass(row.cls, TrainableDetector)
    ]


def _options(detector: str, cls: type) -> Iterator[dict[str, Any]]:
    for parameter in inspect.signature(cls).parameters.values():
        if parameter.default is attrs.NOTHING:
            continue
        choices: tuple[str, ...] = CHOICES.get((detector, parameter.name), ())
        value = parameter.default.value if isinstance(parameter.default, enum.Enum) else parameter.default
        is_plain = value is None or isinstance(value, str | int | float | bool)
        if is_plain or choices:
            yield {"name": parameter.name, "default": value if is_plain else str(value), "choices": list(choices)}


def options_of(value: Any) -> dict[str, Any]:
    """Return the options of a detector; one that is left empty has its default.

    Raises
    ------
    DecodingError
        If they are no names with plain values.
    """
    if not isinstance(value, dict) or len(value) > 50:
        raise DecodingError("the options of a detector are a JSON object")
    return {fields.text(name, "the name of an option"): _option(each) for name, each in value.items() if each != ""}


def _option(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    given = fields.text(value, "the value of an option")
    with suppress(DecodingError):
        plain = parse_json(given, where="an option")
        if isinstance(plain, bool | int | float):
            return plain
    return given
