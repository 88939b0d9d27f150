"""Profiles: distances from a line, and how much of a window lies at each of them."""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import NDArray

from defectkit.errors import RecordError
from defectkit.measurement.window import Window

Floats = NDArray[np.float64]

FINEST = 1024
"""Places along the longer side of a frame at which the area of strips is looked up."""


def distances_to_line(points: Floats, line: Floats) -> Floats:
    """Return the distance of each point to the nearest place on a line of straight pieces.

    Parameters
    ----------
    points : numpy.ndarray, shape (N, 2)
        Row and column in any unit of length.
    line : numpy.ndarray, shape (V, 2)
        Its V vertices in order, two at least.

    Returns
    -------
    numpy.ndarray, shape (N,)

    Raises
    ------
    RecordError
        If the line has fewer than two different vertices.

    Examples
    --------
    >>> distances_to_line(np.array([[3.0, 2.0], [0.0, 9.0]]), np.array([[0.0, 0.0], [0.0, 5.0]]))
    array([3., 4.])
    """
    corners = np.asarray(line, np.float64)
    if corners.ndim != 2 or corners.shape[1:] != (2,) or len(np.unique(corners, axis=0)) < 2:
        raise RecordError("a line needs two different vertices at least, each a row and a column")
    nearest = np.full(len(points), np.inf)
    for start, end in itertools.pairwise(corners):
        along = end - start
        length = along @ along
        share = np.clip((points - start) @ along / length, 0, 1) if length else np.zeros(len(points))
        nearest = np.minimum(nearest, np.hypot(*(points - start - share[:, None] * along).T))
    return nearest


def strip_areas(window: Window, line: Floats, edges: Floats) -> Floats:
    """Return the area of a window at distances from a line that lie between edges.

    Parameters
    ----------
    window : Window
    line : numpy.ndarray, shape (V, 2)
        In the unit of the window.
    edges : numpy.ndarray, shape (K + 1,)
        Distances, rising from 0 or more.

    Returns
    -------
    numpy.ndarray, shape (K,)
        In the square of the unit, from a grid of :data:`FINEST` places along the longer side.

    Raises
    ------
    RecordError
        If edges do not rise from 0 or more, or the line has fewer than two different vertices.
    """
    if len(edges) < 2 or edges[0] < 0 or np.any(np.diff(edges) <= 0):
        raise RecordError(f"distances from a line have to rise from 0 or more, two at least, not {np.asarray(edges)}")
    step = max(window.frame) / FINEST
    rows, columns = (np.arange(max(round(side / step), 1)) + 0.5 for side in window.frame)
    places = [values * side / len(values) for values, side in zip((rows, columns), window.frame, strict=True)]
    counts = np.zeros(len(edges) - 1)
    for row in places[0]:
        points = np.stack([np.full(len(places[1]), row), places[1]], axis=1)
        counts += np.histogram(distances_to_line(points[window.holds(points)], line), edges)[0]
    areas: Floats = counts * window.frame[0] * window.frame[1] / (len(rows) * len(columns))
    return areas
