"""Menu: the detectors and the options that the page offers."""

from __future__ import annotations

import enum
import inspect
from collections.abc import Iterator
from typing import Any

import attrs

from defectkit import hooks
from defectkit.detectors import TrainableDetector

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
