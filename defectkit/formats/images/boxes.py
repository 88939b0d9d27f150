"""Boxes of pixels, half-open, and the bands of rows that a large image is worked through in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

Box: TypeAlias = tuple[int, int, int, int]
"""Top, left, bottom, right: rows from top to before bottom, columns from left to before right."""

BAND_PIXELS = 2**21
"""About so many pixels are worked on at a time."""


def bands(shape: tuple[int, int]) -> Iterator[Box]:
    """Give boxes of whole rows that cover an image, from the top down.

    Examples
    --------
    >>> list(bands((3, 2**21)))
    [(0, 0, 1, 2097152), (1, 0, 2, 2097152), (2, 0, 3, 2097152)]
    """
    height, width = shape
    rows = max(1, BAND_PIXELS // max(width, 1))
    for top in range(0, height, rows):
        yield top, 0, min(top + rows, height), width
