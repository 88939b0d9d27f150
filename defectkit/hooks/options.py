"""Options: whether the values that a file gives for the options of a plugin are of the kinds that it declares."""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping
from typing import Any

import attrs

KIND_NAMES: dict[Any, str] = {int: "a whole number", float: "a number", bool: "true or false", str: "text"}
"""The words for what an option may be."""


def misfit(cls: type, options: Mapping[str, Any]) -> str | None:
    """Return what is wrong with the first option of another kind than its class declares, or None.

    Only numbers, texts and truth values that the class takes as they are can be told; what a converter of its own makes
    something of is left to that. Classes that are not of attrs declare nothing.

    Examples
    --------
    >>> @attrs.frozen(kw_only=True)
    ... class Folds:
    ...     n_splits: int = 5
    >>> misfit(Folds, {"n_splits": "five"})
    "n_splits is 'five', but a whole number is needed"
    >>> misfit(Folds, {"n_splits": 3}) is None
    True
    """
    if not attrs.has(cls):
        return None
    try:
        declared = typing.get_type_hints(cls)
    except (NameError, TypeError):  # a name that is imported for type checkers only
        return None
    for field in attrs.fields(cls):
        if field.name not in options or field.converter is not None:
            continue
        value, hint = options[field.name], declared.get(field.name)
        allowed = typing.get_args(hint) if isinstance(hint, types.UnionType) else (hint,)
        kinds = [kind for kind in allowed if kind in KIND_NAMES]
        if len(kinds) + (type(None) in allowed) < len(allowed) or not kinds:
            continue
        if not any(_fits(value, kind) for kind in kinds) and not (value is None and type(None) in allowed):
            needed = " or ".join(KIND_NAMES[kind] for kind in kinds)
            return f"{field.name} is {repr(value)[:80]}, but {needed} is needed"
    return None


def _fits(value: Any, kind: type) -> bool:
    if isinstance(value, bool):
        return kind is bool
    return isinstance(value, (int, float) if kind is float else kind)
