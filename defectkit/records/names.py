"""Names: several texts, handed over as one or as many."""

from __future__ import annotations

from collections.abc import Iterable


def as_names(value: str | Iterable[str]) -> tuple[str, ...]:
    """Return several texts as a tuple; a single text is that one text, never its letters.

    Examples
    --------
    >>> as_names("bdot"), as_names(["bdot", "loop_111"])
    (('bdot',), ('bdot', 'loop_111'))
    """
    return (value,) if isinstance(value, str) else tuple(value)
