"""Decoding: JSON and TOML that came from outside, within limits, with errors that name the place."""

from __future__ import annotations

import json
import os
import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from defectkit.errors import DecodingError
from defectkit.files.names import readable

MAX_TEXT_BYTES = 2**30
"""How large a text file may be unless the environment variable named by :data:`SETTING` says otherwise."""

SETTING = "DEFECTKIT_MAX_TEXT_BYTES"

MAX_DEPTH = 64
"""How many lists and objects may lie within each other."""

_JSON_FAULTS = {
    "Expecting value": "a value is missing",
    "Expecting ',' delimiter": "a comma or a closing bracket is missing",
    "Expecting ':' delimiter": "a colon is missing",
    "Expecting property name enclosed in double quotes": "a name in double quotes is missing",
    "Unterminated string starting at": "a text begins that never ends",
    "Invalid control character at": "a text holds a control character",
    "Extra data": "more follows after the end",
}
_TOML_PLACE = re.compile(r"\s*\(at (.*)\)$")
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_NOT_NESTING = bytes(sorted(set(range(256)) - set(b'[]{}"')))
_STEP = np.zeros(256, dtype=np.int8)
_STEP[[ord("["), ord("{")]] = 1
_STEP[[ord("]"), ord("}")]] = -1


def read_json(path: Path) -> Any:
    """Return what a JSON file holds.

    Parameters
    ----------
    path : pathlib.Path
        UTF-8, with or without a byte order mark.

    Raises
    ------
    DecodingError
        As :func:`parse_json`, or if the file cannot be read or is larger than :data:`MAX_TEXT_BYTES`.
    """
    return parse_json(read_text(path), where=readable(str(path)))


def read_toml(path: Path) -> dict[str, Any]:
    """Return what a TOML file holds.

    Raises
    ------
    DecodingError
        As :func:`parse_toml`, or if the file cannot be read or is larger than :data:`MAX_TEXT_BYTES`.
    """
    return parse_toml(read_text(path), where=readable(str(path)))


def read_text(path: Path) -> str:
    """Return the text of a UTF-8 file.

    Raises
    ------
    DecodingError
        If it cannot be read, is not UTF-8, or is larger than :data:`MAX_TEXT_BYTES`.
    """
    where = readable(str(path))
    limit = max_text_bytes()
    try:
        size = path.stat().st_size
        if size > limit:
            raise DecodingError(
                f"{where}: it has {size} bytes, more than the limit of {limit}; "
                f"if that is right, set the environment variable {SETTING} to a larger number"
            )
        return path.read_bytes().decode("utf-8-sig")
    except DecodingError:
        raise
    except UnicodeDecodeError as error:
        raise DecodingError(f"{where}: it is not text in UTF-8: byte {error.start} does not fit") from error
    except (OSError, ValueError) as error:
        raise DecodingError(f"{where}: cannot be read: {getattr(error, 'strerror', None) or 'no such path'}") from error


def max_text_bytes() -> int:
    """Return how many bytes a text file may have.

    Raises
    ------
    DecodingError
        If the environment variable is no positive whole number.
    """
    given = os.environ.get(SETTING)
    if given is None:
        return MAX_TEXT_BYTES
    if not (given.isascii() and given.isdecimal() and len(given) <= 15 and int(given) > 0):
        raise DecodingError(
            f"{SETTING} is {given[:40]!r}; it has to be a whole number of bytes, for instance 2000000000"
        )
    return int(given)


def parse_json(text: str, *, where: str) -> Any:
    r"""Return what a JSON text holds.

    Parameters
    ----------
    text : str
    where : str
        What messages call the text.

    Raises
    ------
    DecodingError
        If it is no JSON, is nested more deeply than :data:`MAX_DEPTH`, gives an object one name twice, holds a number
        of thousands of digits, or text that is no Unicode.

    Notes
    -----
    ``NaN`` and ``Infinity``, which Python and others write, become those numbers: what must be finite is checked where
    it is used. Of two entries with one name other readers drop the first without a word; here that is an error.

    Examples
    --------
    >>> parse_json('{"a": [1, 2.5]}', where="a.json")
    {'a': [1, 2.5]}
    >>> parse_json('{"a": 1,\n "a": 2}', where="a.json")
    Traceback (most recent call last):
        ...
    defectkit.errors.DecodingError: a.json: an object has two entries with the name 'a'; remove one
    """
    if _nesting(text) > MAX_DEPTH:
        raise DecodingError(f"{where}: its lists and objects are nested more than {MAX_DEPTH} deep")
    try:
        value = json.loads(text, object_pairs_hook=_distinct(where))
    except json.JSONDecodeError as error:
        what = _JSON_FAULTS.get(error.msg, "something stands there that JSON does not know")
        raise DecodingError(f"{where}: it is not JSON: line {error.lineno}, column {error.colno}: {what}") from error
    except RecursionError as error:
        raise DecodingError(f"{where}: its lists and objects are nested too deep") from error
    except DecodingError:
        raise
    except ValueError as error:  # Python's limit on the digits of a whole number
        raise DecodingError(f"{where}: it holds a number with thousands of digits") from error
    if _SURROGATE.search(text):
        _check_unicode(value, where)
    return value


def parse_toml(text: str, *, where: str, parse_float: Callable[[str], Any] = float) -> dict[str, Any]:
    """Return what a TOML text holds.

    Parameters
    ----------
    text : str
    where : str
        What messages call the text.
    parse_float : callable
        Makes a number of the text of one.

    Raises
    ------
    DecodingError
        If it is no TOML, is nested more deeply than :data:`MAX_DEPTH`, or holds a number of thousands of digits.

    Examples
    --------
    >>> parse_toml("a = [1, 2.5]", where="a.toml")
    {'a': [1, 2.5]}
    >>> parse_toml("a = ", where="a.toml")
    Traceback (most recent call last):
        ...
    defectkit.errors.DecodingError: a.toml: it is not TOML: invalid value (end of document)
    """
    deep = DecodingError(f"{where}: its lists and tables are nested more than {MAX_DEPTH} deep")
    try:
        value = tomllib.loads(text, parse_float=parse_float)
    except tomllib.TOMLDecodeError as error:
        place = _TOML_PLACE.search(str(error))
        fault = _TOML_PLACE.sub("", str(error))
        said = f"{place[1]}: {_lowered(fault)}" if place and place[1] != "end of document" else None
        raise DecodingError(f"{where}: it is not TOML: {said or f'{_lowered(fault)} (end of document)'}") from error
    except RecursionError as error:
        raise deep from error
    except ValueError as error:  # Python's limit on the digits of a whole number, or a date that does not exist
        raise DecodingError(f"{where}: it holds a number or a date that cannot be") from error
    level: list[Any] = [value]
    for _ in range(MAX_DEPTH):
        level = [v for parent in level for v in _children(parent)]
    if level:
        raise deep
    return value


def _lowered(fault: str) -> str:
    return fault[:1].lower() + fault[1:]


def _children(parent: Any) -> list[Any]:
    values = parent.values() if isinstance(parent, dict) else parent
    return [v for v in values if isinstance(v, dict | list)]


def _nesting(text: str) -> int:
    """Return how deep brackets lie within each other, those in strings apart."""
    if "\\" in text:
        text = re.sub(r"\\.", "", text, flags=re.DOTALL)
    brackets = text.encode("utf-8", "replace").translate(None, _NOT_NESTING)
    brackets = re.sub(rb'"[^"]*"', b"", brackets)
    return int(np.cumsum(_STEP[np.frombuffer(brackets, dtype=np.uint8)], dtype=np.int64).max(initial=0))


def _distinct(where: str) -> Callable[[list[tuple[str, Any]]], dict[str, Any]]:
    def gather(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        entries = dict(pairs)
        if len(entries) < len(pairs):
            seen: set[str] = set()
            twice = next(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]  # add gives None, so the name is remembered
            raise DecodingError(
                f"{where}: an object has two entries with the name {readable(twice[:80])!r}; remove one"
            )
        return entries

    return gather


def _check_unicode(value: Any, where: str) -> None:
    try:
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError as error:
        raise DecodingError(f"{where}: it holds a text with half of a character (a lone surrogate)") from error
