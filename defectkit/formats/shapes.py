"""Shapes: rectangles, circles and ellipses that people drew, as polygons."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from defectkit.errors import LabelReadError

Ring = NDArray[np.float64]

SAGITTA_PX = 0.01
"""An ellipse's polygon stays closer to it than this."""


LARGEST_RADIUS_PX = 1e7


def rectangle(top: float, left: float, bottom: float, right: float) -> Ring:
    """Return the corners of a rectangle, shape (4, 2): row, column.

    Raises
    ------
    LabelReadError
        If it has no area.

    Examples
    --------
    >>> rectangle(1, 2, 3, 5).tolist()
    [[1.0, 2.0], [1.0, 5.0], [3.0, 5.0], [3.0, 2.0]]
    """
    if not (bottom > top and right > left):
        raise LabelReadError(f"a rectangle of {right - left:g} x {bottom - top:g} px has no area")
    return np.array([(top, left), (top, right), (bottom, right), (bottom, left)], dtype=np.float64)


def ellipse(row: float, col: float, radius_x: float, radius_y: float, theta: float = 0.0) -> Ring:
    """Return a polygon inscribed in an ellipse, shape (K, 2): row, column.

    Parameters
    ----------
    row, col : float
        The centre.
    radius_x, radius_y : float
        The half axes; ``radius_x`` lies along the columns where ``theta`` is 0.
    theta : float
        Rotation in radians, from the direction of growing columns towards that of growing rows.

    Raises
    ------
    LabelReadError
        If a radius is not positive or a number is not finite.

    Notes
    -----
    K is a multiple of 4, so both axes end in vertices, at least 64, and large enough that no chord is farther than
    :data:`SAGITTA_PX` from the ellipse.

    Examples
    --------
    >>> circle = ellipse(10, 10, 5, 5)
    >>> len(circle), circle.max(axis=0).tolist()
    (64, [15.0, 15.0])
    """
    if not all(map(math.isfinite, (row, col, radius_x, radius_y, theta))) or min(radius_x, radius_y) <= 0:
        raise LabelReadError(f"an ellipse with the half axes {radius_x:g} and {radius_y:g} px has no area")
    if max(radius_x, radius_y) > LARGEST_RADIUS_PX:
        raise LabelReadError(f"an ellipse with the half axes {radius_x:g} and {radius_y:g} px is larger than any image")
    sides = max(64, 4 * math.ceil(math.pi * math.sqrt(max(radius_x, radius_y) / (2 * SAGITTA_PX)) / 4))
    quarter = sides // 4
    angle = np.arange(sides) * (2 * np.pi / sides)
    cos, sin = np.cos(angle), np.sin(angle)
    cos[[quarter, 3 * quarter]] = 0.0
    sin[[0, 2 * quarter]] = 0.0
    along, across = radius_x * cos, radius_y * sin
    x = col + along * math.cos(theta) - across * math.sin(theta)
    y = row + along * math.sin(theta) + across * math.cos(theta)
    return np.column_stack([y, x])


def turned(ring: Ring, degrees: float, about: tuple[float, float] | None = None) -> Ring:
    """Return a ring turned clockwise as it is shown.

    Parameters
    ----------
    ring : numpy.ndarray, shape (K, 2)
        Row, column.
    degrees : float
    about : (float, float), optional
        Row and column of the place that stays; the middle of the vertices unless given.

    Raises
    ------
    LabelReadError
        If the angle is not finite.

    Examples
    --------
    >>> turned(rectangle(0, 0, 2, 4), 90).tolist()
    [[-1.0, 3.0], [3.0, 3.0], [3.0, 1.0], [-1.0, 1.0]]
    """
    if not math.isfinite(degrees):
        raise LabelReadError(f"it is turned by {degrees:g} degrees")
    if degrees % 360 == 0:
        return ring
    cos, sin = (float(np.round(f(math.radians(degrees)), 15)) for f in (math.cos, math.sin))
    middle = ring.mean(axis=0) if about is None else np.array(about, np.float64)
    y, x = (ring - middle).T
    around: Ring = np.column_stack([x * sin + y * cos, x * cos - y * sin])
    return around + middle
