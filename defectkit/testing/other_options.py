"""Changed options: objects of a class with one option of another value than it has by default."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any

import attrs

from defectkit.errors import DefectkitError
from defectkit.units import ureg

Changed = tuple[str, Any, Any]


def changed_options(cls: type[Any], options: Mapping[str, Any]) -> Iterator[Changed]:
    """Give each option that has another valid value, that value, and an object made with it.

    Numbers, lengths and other quantities, truth values and members of enumerations are changed; other options are left
    out, as is every option whose changed values the class refuses.

    Examples
    --------
    >>> @attrs.frozen(kw_only=True)
    ... class Folds:
    ...     n_splits: int = 5
    >>> [(name, value) for name, value, _ in changed_options(Folds, {})]
    [('n_splits', 6)]
    """
    if not attrs.has(cls):
        return
    made = cls(**options)
    for field in attrs.fields(cls):
        if not field.init:
            continue
        for value in _other_values(getattr(made, field.name)):
            with contextlib.suppress(DefectkitError, TypeError, ValueError, ArithmeticError, LookupError):
                changed = cls(**{**options, field.name: value})
                if getattr(changed, field.name) != getattr(made, field.name):
                    yield field.name, value, changed
                    break


def _other_values(value: Any) -> list[Any]:
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, int) and not isinstance(value, bool):
        return [value + 1, value - 1, value * 2]
    if isinstance(value, float):
        return [value * 0.9, value * 1.1, value + 0.1]
    if isinstance(value, ureg.Quantity):
        return [value * 1.1, value * 0.9]
    if hasattr(type(value), "__members__"):
        return [member for member in type(value) if member != value]
    return []
