"""Sizes and shape factors: what a convention takes as the size and the shape of a defect."""

from __future__ import annotations

import enum
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from defectkit.conventions import Convention, ShapeRule, SizeRule
from defectkit.geometry.polygons import Polygons
from defectkit.measurement.stacking import Measurable
from defectkit.records.defect_type import Taxonomy

Floats = NDArray[np.float64]
Spacing = tuple[float, float]

BLACK_DOT = "bdot"
"""The type whose vertex diameter is a geometric mean; every other type is taken as a loop."""


class Side(enum.StrEnum):
    """Which side of a comparison defects are on: rules on outlines treat labels and predictions differently."""

    TRUTH = "truth"
    PREDICTION = "prediction"


def sizes(
    instances: Measurable,
    spacing: Spacing,
    convention: Convention,
    *,
    side: Side | None = None,
    taxonomy: Taxonomy | None = None,
) -> Floats:
    """Return the size of each defect under a convention.

    Parameters
    ----------
    instances : Instances or Stack
        N defects.
    spacing : (float, float)
        Height and width of a pixel.
    convention : Convention
        Its ``size_rule`` is used.
    side : Side, optional
        For rules on outlines; by default labels (which have no scores) are truth and anything else is a prediction.
    taxonomy : Taxonomy, optional
        Tells which types are sub-types of black dots; without it only ``bdot`` itself is one.

    Returns
    -------
    numpy.ndarray, shape (N,), float64
        In units of ``spacing``; NaN for a defect that has neither a pixel nor, where the rule uses one, a polygon.

    Examples
    --------
    >>> from defectkit.conventions import DEFECTKIT, JACOBS2022
    >>> from defectkit.records import Instances
    >>> dot = Instances.from_masks([np.ones((8, 8), bool)], types=["bdot"], shape=(8, 8))
    >>> sizes(dot, (0.5, 0.5), DEFECTKIT).round(3).tolist(), sizes(dot, (0.5, 0.5), JACOBS2022).round(3).tolist()
    ([4.514], [4.95])
    """
    if convention.size_rule is SizeRule.EQUAL_AREA:
        return equal_area_diameters(instances, spacing)
    dots = _is_black_dot(instances.types, taxonomy)[instances.type_codes]
    return vertex_diameters(outlines(instances, side), dots, spacing)


def shape_factors(
    instances: Measurable, spacing: Spacing, convention: Convention, *, side: Side | None = None
) -> Floats:
    """Return the Heywood circularity of each defect, of its mask or of its convex hull as the convention says.

    Parameters
    ----------
    instances : Instances or Stack
        N defects.
    spacing : (float, float)
        Height and width of a pixel.
    convention : Convention
        Its ``shape_rule`` is used; the perimeter goes with it.
    side : Side, optional
        As for :func:`sizes`.

    Returns
    -------
    numpy.ndarray, shape (N,), float64
        NaN for an empty mask and for a hull without area.

    Notes
    -----
    ``P / (2 sqrt(pi A))``. ImageJ's circularity is ``1 / H**2``.
    """
    if convention.shape_rule is ShapeRule.MASK:
        from defectkit.geometry.shape import heywood_circularities

        return heywood_circularities(instances.runs, spacing)
    return hull_circularities(outlines(instances, side), spacing)


def equal_area_diameters(instances: Measurable, spacing: Spacing = (1.0, 1.0)) -> Floats:
    """Return the diameter ``2 sqrt(A / pi)`` of the disc that has the area of each mask; NaN for an empty mask.

    Parameters
    ----------
    instances : Instances or Stack
        N defects.
    spacing : (float, float)
        Height and width of a pixel.
    """
    area = instances.areas * (spacing[0] * spacing[1])
    return np.where(area > 0, 2 * np.sqrt(area / np.pi), np.nan)


def outlines(instances: Measurable, side: Side | None = None) -> Polygons:
    """Return the polygon that stands for each defect where a rule looks at vertices.

    Parameters
    ----------
    instances : Instances or Stack
        N defects.
    side : Side, optional
        Truth: the polygon as drawn, its vertices cut to integers; where none was drawn, as for a prediction.
        Prediction: the vertices of the convex hull of the indices of the mask's pixels. By default labels are truth.

    Returns
    -------
    Polygons
        N polygons in pixels; none for an empty mask.

    Notes
    -----
    The hull runs through pixel indices, not around pixels, so it is a pixel narrower than the mask. That, and nothing a
    detector does, makes small predicted defects smaller than drawn ones under such a rule.
    """
    from defectkit.geometry.hulls import index_hulls

    if side is None:
        side = Side.TRUTH if instances.is_labels else Side.PREDICTION
    if side is Side.PREDICTION:
        return index_hulls(instances.runs)
    drawn = np.diff(instances.polygons.offsets) > 0
    cut = Polygons(vertices=np.trunc(instances.polygons.vertices), offsets=instances.polygons.offsets)
    if drawn.all():
        return cut
    hulls = index_hulls(instances.runs)
    both = Polygons.concatenate([cut, hulls])
    return both.take(np.where(drawn, np.arange(len(cut)), len(cut) + np.arange(len(hulls))))


def vertex_diameters(polygons: Polygons, black_dots: NDArray[np.bool_], spacing: Spacing = (1.0, 1.0)) -> Floats:
    """Return sizes from the distances of the vertices of each polygon to their mean.

    Parameters
    ----------
    polygons : Polygons
        N polygons, in pixels.
    black_dots : numpy.ndarray, shape (N,), bool
        Which of them are black dots.
    spacing : (float, float)
        Height and width of a pixel.

    Returns
    -------
    numpy.ndarray, shape (N,), float64
        ``2 sqrt(r_min r_max)`` for black dots, ``2 r_max`` for all others, in units of ``spacing``; NaN where there is
        no polygon.

    Notes
    -----
    The rule of Jacobs et al. (2022), https://doi.org/10.1016/j.xcrp.2022.100876: the mean is that of the vertices, not
    the centroid of the area, so a side drawn with many vertices draws it near.

    Examples
    --------
    >>> square = Polygons.from_list([[(0, 0), (0, 6), (2, 6), (2, 0)]])
    >>> vertex_diameters(square, np.array([False])).round(4).tolist()
    [6.3246]
    """
    result = np.full(len(polygons), np.nan)
    lengths = np.diff(polygons.offsets)
    filled = lengths > 0
    if filled.any():
        first = polygons.offsets[:-1][filled]
        points = polygons.vertices * np.array(spacing)
        means = np.add.reduceat(points, first) / lengths[filled, None]
        distances = np.hypot(*(points - np.repeat(means, lengths[filled], axis=0)).T)
        largest = np.maximum.reduceat(distances, first)
        smallest = np.minimum.reduceat(distances, first)
        result[filled] = 2 * np.where(black_dots[filled], np.sqrt(smallest * largest), largest)
    return result


def hull_circularities(polygons: Polygons, spacing: Spacing = (1.0, 1.0)) -> Floats:
    """Return the Heywood circularity ``P / (2 sqrt(pi A))`` of the convex hull of each polygon.

    Parameters
    ----------
    polygons : Polygons
        N polygons, in pixels.
    spacing : (float, float)
        Height and width of a pixel.

    Returns
    -------
    numpy.ndarray, shape (N,), float64
        NaN where there is no polygon, or its vertices lie in a line.

    Examples
    --------
    >>> square = Polygons.from_list([[(0, 0), (0, 2), (2, 2), (2, 0)]])
    >>> hull_circularities(square).round(4).tolist()
    [1.1284]
    """
    scaled = Polygons(vertices=polygons.vertices * np.array(spacing), offsets=polygons.offsets)
    hulls = scaled.convex_hulls()
    areas = hulls.areas()
    with np.errstate(divide="ignore", invalid="ignore"):  # no area gives no circularity: the NaN below
        factors = hulls.perimeters() / (2 * np.sqrt(np.pi * areas))
    return np.where(areas > 0, factors, np.nan)


def _is_black_dot(types: Sequence[str], taxonomy: Taxonomy | None) -> NDArray[np.bool_]:
    return np.array(
        [
            name == BLACK_DOT or (taxonomy is not None and name in taxonomy and BLACK_DOT in taxonomy.ancestry(name))
            for name in types
        ],
        dtype=np.bool_,
    )
