"""Described options: what can be set of a registered class, with kind, unit, default, range and a sentence."""

from __future__ import annotations

import enum
import inspect
import re
import types
import typing
from collections.abc import Iterator
from typing import Any

import attrs

from defectkit.hooks.options import KIND_NAMES
from defectkit.units import ureg

RANGE = "allowed"
"""The attribute of a validator that says in words what it allows."""


@attrs.frozen(kw_only=True)
class Option:
    """One option of a registered class.

    Parameters
    ----------
    name : str
    kind : str
        What it is: a number, text, a length.
    unit : str
        Of a quantity; else empty.
    default : str
    range : str
        What is allowed; empty where only the kind is checked.
    sentence : str
        What it means, as the class says.
    """

    name: str
    kind: str
    unit: str
    default: str
    range: str
    sentence: str


def described_options(cls: type[Any]) -> tuple[Option, ...]:
    """Return the options of a class, from its attrs fields and its docstring.

    Parameters
    ----------
    cls : type
        One whose options all have a default, as those that are registered. A class that is not of attrs has those of
        its constructor, and nothing is known of their ranges.

    Examples
    --------
    >>> from defectkit.splitters import RandomKFold
    >>> [(option.name, option.kind, option.default) for option in described_options(RandomKFold)][0]
    ('n_splits', 'a whole number', '5')
    """
    sentences = described_parameters(cls)
    if not attrs.has(cls):
        return tuple(
            Option(name=name, kind="", unit="", default=_text(p.default), range="", sentence=sentences.get(name, ""))
            for name, p in inspect.signature(cls).parameters.items()
            if p.kind is p.KEYWORD_ONLY
        )
    made, hints = cls(), _hints(cls)
    return tuple(_option(field, getattr(made, field.name), hints, sentences) for field in _fields(cls))


def described_parameters(cls: type[Any]) -> dict[str, str]:
    """Return what the docstrings of a class and its bases say of each parameter, in the form of numpydoc."""
    found: dict[str, str] = {}
    for base in reversed(cls.__mro__):
        section = re.search(r"^Parameters\n-+\n(.*?)(?=^\S[^\n]*\n-+\n|\Z)", _docstring(base), re.DOTALL | re.MULTILINE)
        if section is None:
            continue
        for names, text in re.findall(r"^(\S[^\n]*)\n((?:[ \t]+[^\n]*\n?|\n)*)", section[1], re.MULTILINE):
            for name in names.partition(" : ")[0].split(", "):
                found[name.strip()] = " ".join(text.split())
    return found


def _docstring(cls: type[Any]) -> str:
    return inspect.cleandoc(cls.__doc__ or "") + "\n"


def _fields(cls: type[Any]) -> Iterator[Any]:
    return (field for field in attrs.fields(cls) if field.init and field.name != "trained")


def _hints(cls: type[Any]) -> dict[str, Any]:
    try:
        return typing.get_type_hints(cls)
    except (NameError, TypeError):  # a name that is imported for type checkers only
        return {}


def _option(field: Any, default: Any, hints: dict[str, Any], sentences: dict[str, str]) -> Option:
    unit = str(default.units) if isinstance(default, ureg.Quantity) else ""
    hint = hints.get(field.name)
    return Option(
        name=field.name,
        kind=_kind(hint, default),
        unit=unit,
        default=_text(default),
        range=_range(field.validator) or _choices(default),
        sentence=sentences.get(field.name, ""),
    )


def _kind(hint: Any, default: Any) -> str:
    if isinstance(default, ureg.Quantity):
        return "a quantity"
    if isinstance(default, enum.Enum):
        return "a word"
    members = typing.get_args(hint) if isinstance(hint, types.UnionType) else (hint,)
    names = [KIND_NAMES[member] for member in members if member in KIND_NAMES]
    optional = " or nothing" if type(None) in members else ""
    return (" or ".join(names) or "see below") + optional


def _text(value: Any) -> str:
    if isinstance(value, ureg.Quantity):
        return f"{value:~g}"
    if isinstance(value, enum.Enum):
        return str(value.value)
    return "none" if value is None else str(value)


def _choices(default: Any) -> str:
    if isinstance(default, enum.Enum):
        return " or ".join(str(member.value) for member in type(default))
    return ""


def _range(validator: Any) -> str:
    """Return in words what a validator of attrs, or one that says so itself, allows."""
    if validator is None:
        return ""
    said = getattr(validator, RANGE, None)
    if said is not None:
        return str(said)
    parts = getattr(validator, "_validators", None)
    if parts is not None:
        return ", ".join(filter(None, map(_range, parts)))
    if hasattr(validator, "compare_op"):
        return f"{validator.compare_op} {validator.bound}"
    if hasattr(validator, "options"):
        return " or ".join(map(str, validator.options))
    return _range(getattr(validator, "validator", None))
