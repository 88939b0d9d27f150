"""Cached: what several metrics need of a comparison, computed for the first that asks, while others wait for it."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from threading import RLock
from typing import TypeVar
from weakref import WeakKeyDictionary

T = TypeVar("T")
R = TypeVar("R")


def cached(function: Callable[[T], R]) -> Callable[[T], R]:
    """Let a function of one object be computed once; the result is kept as long as the object, and must not hold it.

    Examples
    --------
    >>> class Image:
    ...     pass
    >>> counted = cached(lambda image: print("counting") or 7)
    >>> image = Image()
    >>> counted(image), counted(image)
    counting
    (7, 7)
    """
    kept: WeakKeyDictionary[T, R] = WeakKeyDictionary()
    computing = RLock()

    @wraps(function)
    def kept_or_computed(of: T) -> R:
        with computing:
            if of not in kept:
                kept[of] = function(of)
            return kept[of]

    return kept_or_computed
