"""Shape: every size and form of a mask in one place.

All functions take N masks as :class:`~defectkit.geometry.runs.Runs` and the ``spacing`` of the pixels, their height
and width; they return lengths in units of ``spacing``. Of an empty mask, areas and perimeters are 0 and whatever
needs a pixel (centroid, moments, axes, Feret diameters, circularity) is NaN.
"""

from __future__ import annotations

import attrs
import numpy as np

from defectkit.geometry.columns import Bools, Float64s
from defectkit.geometry.frames import UNIT_SPACING, Shape, Spacing, check_shape
from defectkit.geometry.hulls import (
    convex_hulls,
    feret_diameters,
    hull_areas,
    hull_perimeters,
    index_hulls,
    max_feret_diameters,
    min_feret_diameters,
)
from defectkit.geometry.moments import (
    area_moments,
    areas,
    axes,
    axes_of,
    centroids,
    equivalent_diameters,
    orientations,
    orientations_of,
    second_moments,
)
from defectkit.geometry.perimeters import Directions, perimeters
from defectkit.geometry.runs import Runs

__all__ = [
    "Shapes",
    "areas",
    "axes",
    "centroids",
    "convex_hulls",
    "equivalent_diameters",
    "feret_diameters",
    "heywood_circularities",
    "hull_areas",
    "hull_perimeters",
    "index_hulls",
    "max_feret_diameters",
    "measure_shapes",
    "min_feret_diameters",
    "orientations",
    "perimeters",
    "second_moments",
    "touches_border",
]


@attrs.frozen(kw_only=True, eq=False)
class Shapes:
    """What :func:`measure_shapes` measures, a column of N values each, in units of the spacing given there."""

    areas: Float64s
    equivalent_diameters: Float64s
    centroids: Float64s
    axes_major: Float64s
    axes_minor: Float64s
    orientations: Float64s
    perimeters: Float64s
    heywood_circularities: Float64s
    max_feret_diameters: Float64s
    min_feret_diameters: Float64s


def measure_shapes(runs: Runs, spacing: Spacing = UNIT_SPACING, directions: Directions = 4) -> Shapes:
    """Return the usual measures of each mask, every one as its own function gives it.

    Parameters
    ----------
    runs : Runs
        N masks.
    spacing : (float, float)
        Height and width of a pixel.
    directions : {4, 8}
        Directions of the Crofton perimeter.

    Returns
    -------
    Shapes
        A column for each measure.

    Raises
    ------
    GeometryError
        If ``spacing`` is not two positive numbers or ``directions`` is neither 4 nor 8.

    Examples
    --------
    >>> from defectkit.geometry.masks import masks_to_runs
    >>> shapes = measure_shapes(masks_to_runs([np.ones((3, 4), bool)]), spacing=(0.5, 0.5))
    >>> shapes.areas.tolist(), shapes.max_feret_diameters.tolist()
    ([3.0], [2.5])
    """
    size, centers, seconds = area_moments(runs, spacing)
    major, minor = axes_of(seconds)
    around = perimeters(runs, spacing, directions)
    largest, smallest = feret_diameters(runs, spacing)
    diameters = 2 * np.sqrt(size / np.pi)
    return Shapes(
        areas=size,
        equivalent_diameters=diameters,
        centroids=centers,
        axes_major=major,
        axes_minor=minor,
        orientations=orientations_of(seconds),
        perimeters=around,
        heywood_circularities=_heywood(around, size),
        max_feret_diameters=largest,
        min_feret_diameters=smallest,
    )


def heywood_circularities(runs: Runs, spacing: Spacing = UNIT_SPACING, directions: Directions = 4) -> Float64s:
    """Return the Heywood circularity factor of each mask: its perimeter over that of the circle of equal area.

    Parameters
    ----------
    runs : Runs
        N masks.
    spacing : (float, float)
        Height and width of a pixel.
    directions : {4, 8}
        Directions of the Crofton perimeter.

    Returns
    -------
    numpy.ndarray, shape (N,), float64
        ``P / (2 sqrt(pi A))``: 1 for a disc, larger for anything else; NaN for an empty mask.

    Raises
    ------
    GeometryError
        If ``spacing`` is not two positive numbers or ``directions`` is neither 4 nor 8.

    Notes
    -----
    ``P`` is that of :func:`~defectkit.geometry.perimeters.perimeters`, an estimate: of discs of radius 5 px and more it
    averages to within 0.5 % of 1, while a single disc on its place on the grid may lie a few percent off, below 1 too.

    Examples
    --------
    >>> from defectkit.geometry.masks import masks_to_runs
    >>> row, col = np.indices((101, 101)) - 50
    >>> heywood_circularities(masks_to_runs([row**2 + col**2 < 48**2])).round(3).tolist()
    [0.994]
    """
    return _heywood(perimeters(runs, spacing, directions), areas(runs, spacing))


def _heywood(around: Float64s, size: Float64s) -> Float64s:
    with np.errstate(invalid="ignore"):  # 0 / 0 of an empty mask is the NaN wanted
        factors: Float64s = around / (2 * np.sqrt(np.pi * size))
    return factors


def touches_border(runs: Runs, shape: Shape) -> Bools:
    """Return whether each mask has a pixel in the outermost rows or columns of a frame, or beyond.

    Parameters
    ----------
    runs : Runs
        N masks.
    shape : (int, int)
        Rows and columns of the frame.

    Returns
    -------
    numpy.ndarray, shape (N,), bool
        False for an empty mask.

    Raises
    ------
    GeometryError
        If ``shape`` is not two non-negative integers.
    """
    rows, columns = check_shape(shape)
    top, left, bottom, right = runs.boxes().T
    touching: Bools = (top <= 0) | (left <= 0) | (bottom >= rows) | (right >= columns)
    return touching & (np.diff(runs.offsets) > 0)
