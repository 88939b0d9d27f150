"""Drawing: what a hand draws with few points becomes a ring, or cuts masks in parts."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from defectkit.errors import GeometryError
from defectkit.geometry.columns import Float64s
from defectkit.geometry.contours import runs_to_polygons
from defectkit.geometry.frames import Shape
from defectkit.geometry.polygons import rings_to_runs
from defectkit.geometry.runs import Runs

MOST_DEVIATION_PX = 0.05
"""How far the sides of the ring of an ellipse may lie within it."""


def ellipse_ring(center: ArrayLike, semi_axes: ArrayLike, angle_rad: float = 0.0) -> Float64s:
    """Return the ring of an ellipse.

    Parameters
    ----------
    center : array_like, shape (2,)
        Row and column, continuous.
    semi_axes : array_like, shape (2,)
        Along rows and along columns before it is turned, in pixels, above 0.
    angle_rad : float
        By which the ellipse is turned, from the rows' axis towards the columns' axis.

    Returns
    -------
    numpy.ndarray, shape (K, 2), float64
        Vertices on the ellipse, as many as keep its sides within 0.05 px of it, and at least 16.

    Raises
    ------
    GeometryError
        If a number is not finite, or a semi-axis is not above 0.

    Examples
    --------
    >>> ellipse_ring((10, 20), (2, 4)).mean(axis=0).round(6).tolist()
    [10.0, 20.0]
    """
    middle, axes = np.asarray(center, np.float64), np.asarray(semi_axes, np.float64)
    is_finite = np.isfinite(middle).all() and np.isfinite(axes).all() and math.isfinite(angle_rad)
    if middle.shape != (2,) or axes.shape != (2,) or not is_finite or axes.min() <= 0:
        raise GeometryError(
            f"an ellipse has a center of two finite numbers and two semi-axes above 0, not {center!r} and {semi_axes!r}"
        )
    longest = float(axes.max())
    half_step = math.acos(max(0.0, 1 - MOST_DEVIATION_PX / longest))
    n = max(16, math.ceil(math.pi / half_step))
    t = 2 * np.pi * np.arange(n) / n
    rows, columns = axes[0] * np.cos(t), axes[1] * np.sin(t)
    cosine, sine = math.cos(angle_rad), math.sin(angle_rad)
    ring: Float64s = middle + np.column_stack((rows * cosine - columns * sine, rows * sine + columns * cosine))
    return ring


def cut(runs: Runs, line: ArrayLike, shape: Shape) -> Runs:
    """Return the parts that a line cuts a mask in.

    Parameters
    ----------
    runs : Runs
        One mask.
    line : array_like, shape (K, 2)
        The cut, (row, column) points from one end to the other.
    shape : (int, int)
        Rows and columns of the frame.

    Returns
    -------
    Runs
        Two masks or more, the largest first: each pixel goes to the part that holds its center. Parts of a mask that
        are not connected, and that the line does not cross, stay with the largest.

    Raises
    ------
    GeometryError
        If there is not one mask, the line is no line of finite points, or it does not part the mask.

    Examples
    --------
    >>> from defectkit.geometry.masks import masks_to_runs
    >>> whole = masks_to_runs([np.ones((4, 6), bool)])
    >>> cut(whole, [(-1, 2), (5, 2)], (4, 6)).areas().tolist()
    [16, 8]
    """
    if len(runs) != 1:
        raise GeometryError(f"one mask is cut at a time, not {len(runs)}")
    points = np.asarray(line, np.float64)
    if points.ndim != 2 or points.shape[0] < 2 or points.shape[1] != 2 or not np.isfinite(points).all():
        raise GeometryError("a cut is a line of two or more points, each a row and a column")
    crossed: list[list[Float64s]] = []
    whole: list[Float64s] = []
    for rings in _connected(runs_to_polygons(runs)[0]):
        parts = _parts(rings, points)
        if len(parts) > 1:
            crossed.extend(parts)
        else:
            whole.extend(rings)
    pieces = rings_to_runs(crossed, shape)
    full = np.flatnonzero(pieces.areas())
    if len(full) < 2:
        raise GeometryError("the line does not part the defect: draw it across, from outside to outside")
    order = full[np.argsort(-pieces.areas()[full], kind="stable")]
    largest, *others = [crossed[k] for k in order.tolist()]
    return rings_to_runs([[*largest, *whole], *others], shape)


def _connected(rings: Sequence[Float64s]) -> list[list[Float64s]]:
    """Return the rings of each connected part: an outer ring, then its holes."""
    parts: list[list[Float64s]] = []
    for ring in rings:
        row, col = ring.T
        if (row * np.roll(col, -1) - np.roll(row, -1) * col).sum() > 0:
            parts.append([ring])
        else:
            parts[-1].append(ring)
    return parts


def _parts(rings: Sequence[Float64s], line: Float64s) -> list[list[Float64s]]:
    from shapely import LineString, Polygon, node, polygonize, union_all

    area = Polygon(rings[0], rings[1:])
    edges = [LineString(np.vstack((ring, ring[:1]))) for ring in rings]
    faces = polygonize([node(union_all([*edges, LineString(line)]))]).geoms
    inside = [face for face in faces if isinstance(face, Polygon) and area.contains(face.representative_point())]
    return [[np.asarray(r.coords)[:-1] for r in (face.exterior, *face.interiors)] for face in inside]
