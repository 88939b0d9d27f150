"""Hulls: the convex hulls of masks and the diameters read off them.

A hull bounds the pixel squares, not their centers: the hull of one pixel is its square, and its maximal Feret
diameter is sqrt(2) px. Only :func:`index_hulls` says otherwise.
"""

from __future__ import annotations

import numpy as np

from defectkit.geometry.columns import Float64s, Int64s
from defectkit.geometry.frames import UNIT_SPACING, Spacing, check_spacing
from defectkit.geometry.polygons import Polygons
from defectkit.geometry.runs import Runs


def convex_hulls(runs: Runs, spacing: Spacing = UNIT_SPACING) -> Polygons:
    """Return the convex hull of the pixel squares of each mask.

    Parameters
    ----------
    runs : Runs
        N masks.
    spacing : (float, float)
        Height and width of a pixel.

    Returns
    -------
    Polygons
        N hulls in units of ``spacing``, none for an empty mask. Vertices are pixel corners; none lies on an edge
        between two others. They run down the left side first and up the right.

    Raises
    ------
    GeometryError
        If ``spacing`` is not two positive numbers.

    Notes
    -----
    Rows are sorted already, so one chain of corners down each side is enough [1]_.

    References
    ----------
    .. [1] A. M. Andrew, Another efficient algorithm for convex hulls in two dimensions, Inf. Process. Lett. 9
       (1979) 216,
       https://doi.org/10.1016/0020-0190(79)90072-3

    Examples
    --------
    >>> from defectkit.geometry.masks import masks_to_runs
    >>> convex_hulls(masks_to_runs([np.ones((1, 1), bool)])).vertices.tolist()
    [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]]
    """
    scale = np.array(check_spacing(spacing))
    vertices, offsets = _corner_hulls(runs)
    return Polygons(vertices=vertices * scale, offsets=offsets)


def index_hulls(runs: Runs) -> Polygons:
    """Return the convex hull of the pixel indices of each mask, as scripts that hull ``np.argwhere(mask)`` have it.

    Parameters
    ----------
    runs : Runs
        N masks.

    Returns
    -------
    Polygons
        N hulls in pixels, half a pixel smaller on each side than :func:`convex_hulls`: one vertex for a single
        pixel, two for pixels in line, none for an empty mask.

    Examples
    --------
    >>> from defectkit.geometry.masks import masks_to_runs
    >>> index_hulls(masks_to_runs([np.ones((2, 3), bool)])).vertices.tolist()
    [[0.0, 0.0], [1.0, 0.0], [1.0, 2.0], [0.0, 2.0]]
    """
    from defectkit.geometry.kernels.hulls import run_hulls

    vertices, offsets = run_hulls(runs.row, runs.start, runs.end, runs.offsets, 0)
    return Polygons(vertices=vertices.astype(np.float64), offsets=offsets)


def hull_areas(runs: Runs, spacing: Spacing = UNIT_SPACING) -> Float64s:
    """Return the area of the convex hull of each mask.

    Parameters
    ----------
    runs : Runs
        N masks.
    spacing : (float, float)
        Height and width of a pixel.

    Returns
    -------
    numpy.ndarray, shape (N,), float64
        In squared units of ``spacing``; 0 for an empty mask.

    Raises
    ------
    GeometryError
        If ``spacing`` is not two positive numbers.
    """
    return convex_hulls(runs, spacing).areas()


def hull_perimeters(runs: Runs, spacing: Spacing = UNIT_SPACING) -> Float64s:
    """Return the length of the outline of the convex hull of each mask.

    Parameters
    ----------
    runs : Runs
        N masks.
    spacing : (float, float)
        Height and width of a pixel.

    Returns
    -------
    numpy.ndarray, shape (N,), float64
        In units of ``spacing``; 0 for an empty mask.

    Raises
    ------
    GeometryError
        If ``spacing`` is not two positive numbers.
    """
    return convex_hulls(runs, spacing).perimeters()


def feret_diameters(runs: Runs, spacing: Spacing = UNIT_SPACING) -> tuple[Float64s, Float64s]:
    """Return the largest and the smallest Feret diameter of each mask: its extent between two parallel lines.

    Parameters
    ----------
    runs : Runs
        N masks.
    spacing : (float, float)
        Height and width of a pixel.

    Returns
    -------
    largest, smallest : numpy.ndarray, shape (N,), float64
        In units of ``spacing``, between pixel corners; NaN for an empty mask.

    Raises
    ------
    GeometryError
        If ``spacing`` is not two positive numbers.

    Notes
    -----
    The largest is the greatest distance of two hull vertices, the smallest the least distance of an edge of the
    hull from the vertex farthest from it; rotating calipers find both in one walk around the hull.

    Examples
    --------
    >>> from defectkit.geometry.masks import masks_to_runs
    >>> largest, smallest = feret_diameters(masks_to_runs([np.ones((3, 4), bool)]))
    >>> largest.tolist(), smallest.tolist()
    ([5.0], [3.0])
    """
    from defectkit.geometry.kernels.hulls import feret_diameters as of_hulls

    height, width = check_spacing(spacing)
    return of_hulls(*_corner_hulls(runs), height, width)


def max_feret_diameters(runs: Runs, spacing: Spacing = UNIT_SPACING) -> Float64s:
    """Return the largest Feret diameter of each mask, shape (N,); see :func:`feret_diameters`."""
    return feret_diameters(runs, spacing)[0]


def min_feret_diameters(runs: Runs, spacing: Spacing = UNIT_SPACING) -> Float64s:
    """Return the smallest Feret diameter of each mask, shape (N,); see :func:`feret_diameters`."""
    return feret_diameters(runs, spacing)[1]


def _corner_hulls(runs: Runs) -> tuple[Int64s, Int64s]:
    from defectkit.geometry.kernels.hulls import run_hulls

    return run_hulls(runs.row, runs.start, runs.end, runs.offsets, 1)
