"""Fields: what a request says, taken apart and checked."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from defectkit import DefectType
from defectkit.errors import DecodingError

MOST_POINTS = 20_000
"""Points of a line that is drawn by hand."""
MOST_IDS = 1_000_000

Json = Mapping[str, Any]


def checked_object(value: Any, required: tuple[str, ...], optional: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return an object that has the required fields, and no others than the optional ones.

    Raises
    ------
    DecodingError
        If it has not.
    """
    if not isinstance(value, dict):
        raise DecodingError("the request holds no JSON object")
    missing = [name for name in required if name not in value]
    unknown = sorted(set(value) - {*required, *optional})
    if missing or unknown:
        what = f"lacks {', '.join(missing)}" if missing else f"has the unknown fields {', '.join(unknown)[:80]}"
        raise DecodingError(f"the request {what}")
    return value


def text(value: Any, what: str, *, longest: int = 200) -> str:
    """Return a text of one line.

    Raises
    ------
    DecodingError
        If it is none, or too long.
    """
    if not isinstance(value, str) or not value.isprintable() or len(value) > longest:
        raise DecodingError(f"{what} is no text of one line with at most {longest} letters")
    return value.strip()


def whole_number(value: Any, what: str) -> int:
    """Return a whole number from 0.

    Raises
    ------
    DecodingError
        If it is none.
    """
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**53:
        raise DecodingError(f"{what} is no whole number from 0 on")
    return value


def number(value: Any, what: str) -> float:
    """Return a finite number.

    Raises
    ------
    DecodingError
        If it is none.
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise DecodingError(f"{what} is no number")
    return float(value)


def points(value: Any, what: str, *, fewest: int = 1) -> NDArray[np.float64]:
    """Return (row, column) points, shape (K, 2), each coordinate within a million pixels.

    Raises
    ------
    DecodingError
        If there are too few or too many, or one is no pair of finite numbers.
    """
    if not isinstance(value, list) or not fewest <= len(value) <= MOST_POINTS:
        raise DecodingError(f"{what} needs from {fewest} to {MOST_POINTS} points")
    pairs = [p for p in value if isinstance(p, list) and len(p) == 2]
    if len(pairs) < len(value):
        raise DecodingError(f"{what} holds a point that is not a row and a column")
    found = np.array([[number(c, f"a coordinate of {what}") for c in pair] for pair in pairs])
    if np.abs(found).max() > 1e6:
        raise DecodingError(f"{what} holds a point beyond a million pixels")
    return found


def ids(value: Any, *, fewest: int = 1) -> tuple[int, ...]:
    """Return the identifiers of defects, each once.

    Raises
    ------
    DecodingError
        If there are too few, or one is no whole number.
    """
    if not isinstance(value, list) or not fewest <= len(value) <= MOST_IDS:
        raise DecodingError(f"at least {fewest} defects have to be named")
    return tuple(dict.fromkeys(whole_number(each, "the id of a defect") for each in value))


def type_name(value: Any) -> str:
    """Return the name of a type, which need not be a known one.

    Raises
    ------
    DecodingError, RecordError
        If it cannot be one.
    """
    return DefectType(name=text(value, "the type", longest=60)).name
