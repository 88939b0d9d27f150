"""Once: what several metrics need of a comparison, computed for the first of them."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TypeVar
from weakref import WeakKeyDictionary

from defectkit.metrics.comparison import Comparison

R = TypeVar("R")


def once_per_comparison(function: Callable[[Comparison], R]) -> Callable[[Comparison], R]:
    """Keep what a function returned of a comparison for as long as the comparison is in use; it must not be changed."""
    kept: WeakKeyDictionary[Comparison, R] = WeakKeyDictionary()

    @wraps(function)
    def kept_or_computed(comparison: Comparison) -> R:
        if comparison not in kept:
            kept[comparison] = function(comparison)
        return kept[comparison]

    return kept_or_computed
