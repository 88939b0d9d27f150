"""Fields of label files: numbers, sizes and text as they should be, or an error that says what stands there."""

from __future__ import annotations

import math
from typing import Any

from defectkit.errors import LabelReadError

LARGEST_ID = 2**63 - 1
LARGEST_SIDE = 2**31 - 1


def describe(value: Any) -> str:
    """Return what a value is, in a few words.

    Examples
    --------
    >>> describe(None), describe([1]), describe("a" * 100), describe(2.5)
    ('null', 'a list', "the text 'aaaaaaaaaaaaaaaaaaaa...'", '2.5')
    """
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple):
        return "a list"
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, str):
        return f"the text {value!r}" if len(value) <= 20 else f"the text {value[:20] + '...'!r}"
    return f"{value:g}" if isinstance(value, float) or abs(value) < 10**15 else "a very large number"


def number(value: Any, what: str) -> float:
    """Return a finite number.

    Raises
    ------
    LabelReadError
        If it is none.
    """
    found = number_or_nan(value)
    if not math.isfinite(found):
        raise LabelReadError(f"{what} is {describe(value)}, but a number is needed")
    return found


def number_or_nan(value: Any) -> float:
    """Return a number, NaN where there is none or one that no float holds."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return math.nan
    try:
        return float(value)
    except OverflowError:
        return math.nan


def identifier(value: Any) -> int | None:
    """Return a whole number that identifies something, also one given as text or as 3.0; None where it is none."""
    if isinstance(value, str) and value.strip().isdecimal() and len(value) < 20:
        value = int(value)
    elif isinstance(value, float) and value.is_integer():
        return int(value) if abs(value) <= LARGEST_ID else None
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) <= LARGEST_ID:
        return value
    return None


def frame(height: Any, width: Any) -> tuple[int, int] | None:
    """Return height and width of an image, None where they are not stated.

    Raises
    ------
    LabelReadError
        If they are no whole numbers.

    Examples
    --------
    >>> frame(100, 120.0), frame(None, 120), frame(0, 0)
    ((100, 120), None, None)
    """
    if not height or not width:
        return None
    sides = identifier(height), identifier(width)
    if sides[0] is None or sides[1] is None or not all(0 < s <= LARGEST_SIDE for s in sides if s is not None):
        raise LabelReadError(
            f"the size of an image is {describe(height)} by {describe(width)}, but whole numbers of pixels are needed"
        )
    return sides[0], sides[1]
