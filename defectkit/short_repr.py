"""Short repr: what records print of themselves, however much they hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set as AbstractSet
from itertools import islice
from typing import Any

import attrs

LONGEST_VALUE = 120
"""Characters of a value; what is longer is cut."""

MOST_ENTRIES = 4
"""Entries of a collection that are shown; of a longer one, so many and their number."""


def short_repr(record: attrs.AttrsInstance) -> str:
    """Return class and fields of a record in a few lines, for its ``__repr__``.

    Parameters
    ----------
    record : instance of an attrs class
        Fields that hold nothing are left out; arrays are given by dtype and shape.

    Examples
    --------
    >>> import numpy as np
    >>> @attrs.frozen
    ... class Series:
    ...     name: str
    ...     images: tuple[str, ...]
    ...     sizes: np.ndarray
    ...     note: str = ""
    ...
    ...     __repr__ = short_repr
    >>> Series("a", tuple("abcdefgh"), np.zeros((8, 3)))
    Series(name='a', images=('a', 'b', 'c', 'd', ... 8 in all), sizes=<float64 array, shape (8, 3)>)
    """
    fields = [field for field in attrs.fields(type(record)) if field.repr]
    values = {field.name: getattr(record, field.name) for field in fields}
    shown = [f"{name}={short_value(value)}" for name, value in values.items() if not _holds_nothing(value)]
    return f"{type(record).__name__}({', '.join(shown)})"


def short_value(value: Any) -> str:
    """Return a value in at most :data:`LONGEST_VALUE` characters and one line."""
    text = " ".join(_text(value).split())
    return text if len(text) <= LONGEST_VALUE else f"{text[: LONGEST_VALUE - 3]}..."


def _holds_nothing(value: Any) -> bool:
    return value is None or (isinstance(value, str | tuple | list | Mapping | AbstractSet) and not value)


def _text(value: Any) -> str:
    if isinstance(value, str):
        return repr(value[: LONGEST_VALUE + 1])
    if hasattr(value, "dtype") and value.shape:
        return f"<{value.dtype} array, shape {tuple(value.shape)}>"
    if hasattr(value, "data_vars"):
        return f"<{type(value).__name__}, {', '.join(f'{name}: {size}' for name, size in value.sizes.items())}>"
    if isinstance(value, Mapping):
        return f"{{{_entries((f'{short_value(k)}: {short_value(v)}' for k, v in value.items()), len(value))}}}"
    if isinstance(value, tuple | list | AbstractSet):
        entries = _entries(map(short_value, value), len(value))
        return (
            f"({entries})"
            if isinstance(value, tuple)
            else f"[{entries}]"
            if isinstance(value, list)
            else f"{{{entries}}}"
        )
    return repr(value)


def _entries(texts: Iterable[str], n: int) -> str:
    shown = list(islice(texts, MOST_ENTRIES))
    return ", ".join(shown if n <= MOST_ENTRIES else [*shown, f"... {n} in all"])
