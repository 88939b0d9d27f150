"""TOML: records of the catalogue from text and to text; unknown keys are refused with their path."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from functools import cache, partial
from pathlib import Path
from typing import Any, TypeVar

import cattrs
from cattrs import Converter
from cattrs.gen import make_dict_unstructure_fn, override

from defectkit.datasets import sources
from defectkit.errors import CatalogueError, DecodingError, DefectkitError
from defectkit.files import decoding
from defectkit.records import DefectType, Specimen, record_converter

R = TypeVar("R")

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r"}


def read_toml(path: Path, kind: type[R]) -> R:
    """Return the record of ``kind`` that a file holds.

    Raises
    ------
    CatalogueError
        If it cannot be read, or a key is unknown, missing or of the wrong kind; the message names its path.
    """
    try:
        text = decoding.read_text(path)
    except DecodingError as error:
        raise CatalogueError(str(error)) from error
    return parse_toml(text, kind, where=str(path))


def parse_toml(text: str, kind: type[R], *, where: str) -> R:
    """Return the record of ``kind`` that a text holds.

    Parameters
    ----------
    text : str
    kind : type
        An attrs class.
    where : str
        What messages call the text.

    Raises
    ------
    CatalogueError
        As :func:`read_toml`.
    """
    try:
        table = decoding.parse_toml(text, where=where)
    except DecodingError as error:
        raise CatalogueError(str(error)) from error
    return structure(table, kind, where=where)


def structure(table: Any, kind: type[R], *, where: str) -> R:
    """Return the record of ``kind`` that a decoded text holds.

    Raises
    ------
    CatalogueError
        If a key is unknown, missing or of the wrong kind; the message names its path.
    """
    if not isinstance(table, Mapping):
        raise CatalogueError(f"{where}: a table is needed")
    try:
        return converter().structure(table, kind)
    except (cattrs.BaseValidationError, cattrs.errors.StructureHandlerNotFoundError) as error:
        faults = "; ".join(cattrs.transform_error(error, path=where, format_exception=_fault))
        raise CatalogueError(faults) from error


def to_toml(record: object) -> str:
    """Return a record as TOML; what is at its default is left out.

    Examples
    --------
    >>> from defectkit.datasets.entry import Citation
    >>> print(to_toml(Citation(text="A. Author (2022)", doi="10.1000/1")), end="")
    text = "A. Author (2022)"
    doi = "10.1000/1"
    """
    return "".join(_table(converter().unstructure(record), ()))


@cache
def converter() -> Converter:
    """Return the converter of the catalogue: what is at its default is not written, and nothing is guessed."""
    made = Converter(
        forbid_extra_keys=True, detailed_validation=True, omit_if_default=True, prefer_attrib_converters=True
    )
    for kind, what in ((int, "a whole number"), (str, "text"), (float, "a number"), (bool, "true or false")):
        made.register_structure_hook(kind, partial(_exactly, kind, what))
    made.register_structure_hook_func(lambda kind: kind == sources.Source, partial(_source, made))
    made.register_structure_hook_func(lambda kind: kind == int | str, lambda value, _: _one_of(value, int, str))
    made.register_structure_hook_func(
        lambda kind: kind == sources.Option, lambda value, _: _one_of(value, str, int, float, bool)
    )
    for record in (Specimen, DefectType):
        made.register_structure_hook(record, lambda value, kind: record_converter().structure(value, kind))
        made.register_unstructure_hook(record, _given)
    written = override(omit_if_default=False)
    for source in sources.KINDS.values():
        made.register_unstructure_hook(
            source, make_dict_unstructure_fn(source, made, _cattrs_omit_if_default=True, kind=written)
        )
    return made


def _exactly(kind: type, what: str, value: Any, _: type) -> Any:
    if type(value) is not kind:
        raise CatalogueError(f"{value!r} is not {what}")
    return value


def _one_of(value: Any, *kinds: type) -> Any:
    if type(value) not in kinds:
        raise CatalogueError(f"{value!r} is not one of: {', '.join(k.__name__ for k in kinds)}")
    return value


def _source(made: Converter, value: Any, _: type) -> Any:
    kind = value.get("kind") if isinstance(value, Mapping) else None
    if kind not in sources.KINDS:
        raise CatalogueError(f"kind {kind!r} is not one of: {', '.join(sources.KINDS)}")
    return made.structure(value, sources.KINDS[kind])


def _given(record: Any) -> dict[str, Any]:
    """Return a record of a lower layer without what is unknown or empty."""
    plain: dict[str, Any] = record_converter().unstructure(record)
    return {name: value for name, value in plain.items() if value not in (None, (), [])}


def _fault(error: BaseException, kind: type | None) -> str:
    if isinstance(error, cattrs.ForbiddenExtraKeysError):
        return f"unknown keys: {', '.join(sorted(error.extra_fields))}"
    if isinstance(error, KeyError) and not isinstance(error, DefectkitError):
        return f"missing key: {error.args[0]}"
    if isinstance(error, AttributeError | TypeError) and not isinstance(error, DefectkitError):
        return "a table or a list is needed, not a single value"
    return str(error)


def _table(table: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[str]:
    """Give the lines of a table: its own values first, then the tables below it."""
    below = {key: value for key, value in table.items() if _is_table(value) or _is_tables(value)}
    for key, value in table.items():
        if key not in below:
            yield f"{_key(key)} = {_value(value)}\n"
    for key, value in below.items():
        name = ".".join(map(_key, (*path, key)))
        if _is_table(value):
            yield f"\n[{name}]\n"
            yield from _table(value, (*path, key))
        else:
            for one in value:
                yield f"\n[[{name}]]\n"
                yield from _table(one, (*path, key))


def _is_table(value: Any) -> bool:
    return isinstance(value, Mapping)


def _is_tables(value: Any) -> bool:
    return isinstance(value, list | tuple) and len(value) > 0 and all(map(_is_table, value))


def _key(key: str) -> str:
    return key if _BARE.fullmatch(key) else _value(key)


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return repr(value) if math.isfinite(value) else f"{value}"
    if isinstance(value, str):
        return f'"{"".join(map(_character, value))}"'
    return f"[{', '.join(map(_value, value))}]"


def _character(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    return character if character.isprintable() or character > "\x7f" else f"\\u{ord(character):04x}"
