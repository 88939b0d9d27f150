"""Sizes and shape factors: what a convention takes as the size and the shape of a defect."""

from __future__ import annotations

import numpy as np

from defectkit.conventions import Convention, ShapeRule
from defectkit.geometry.polygons import Polygons
from defectkit.measurement.outlines import Floats, Side, Spacing, outlines
from defectkit.measurement.size_rules import size_rule
from defectkit.measurement.stacking import Measurable
from defectkit.records.defect_type import Taxonomy


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

    Raises
    ------
    UnknownSizeRuleError
        If there is no such rule.

    Examples
    --------
    >>> from defectkit.conventions import DEFECTKIT, JACOBS2022
    >>> from defectkit.records import Instances
    >>> dot = Instances.from_masks([np.ones((8, 8), bool)], types=["bdot"], shape=(8, 8))
    >>> sizes(dot, (0.5, 0.5), DEFECTKIT).round(3).tolist(), sizes(dot, (0.5, 0.5), JACOBS2022).round(3).tolist()
    ([4.514], [4.95])
    """
    return size_rule(convention.size_rule).function(instances, spacing, side, taxonomy)


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
