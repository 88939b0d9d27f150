"""Boxes: upright rectangles of whole pixels."""

from __future__ import annotations

Box = tuple[int, int, int, int]
"""Top, left, bottom and right, half-open."""


def grown(box: Box, by: int, shape: tuple[int, int]) -> Box:
    """Return a box with a margin, cut at the border of an image of ``shape``.

    Examples
    --------
    >>> grown((0, 5, 4, 9), 2, (10, 10))
    (0, 3, 6, 10)
    """
    top, left, bottom, right = box
    return max(top - by, 0), max(left - by, 0), min(bottom + by, shape[0]), min(right + by, shape[1])


def hull(one: Box, other: Box) -> Box:
    """Return the smallest box that holds both."""
    return min(one[0], other[0]), min(one[1], other[1]), max(one[2], other[2]), max(one[3], other[3])


def gap(one: Box, other: Box) -> int:
    """Return how many pixels lie between two boxes, along the axis where they are farther apart; 0 if they touch."""
    rows = max(one[0], other[0]) - min(one[2], other[2])
    columns = max(one[1], other[1]) - min(one[3], other[3])
    return max(rows, columns, 0)
