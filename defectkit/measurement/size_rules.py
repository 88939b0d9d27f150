"""Size rules: what a convention may take as the size of a defect, an entry of one table each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.errors import UnknownSizeRuleError
from defectkit.geometry.polygons import Polygons
from defectkit.measurement.outlines import Floats, Side, Spacing, outlines
from defectkit.measurement.stacking import Measurable
from defectkit.records.defect_type import Taxonomy

Function = Callable[[Measurable, Spacing, Side | None, Taxonomy | None], Floats]

BLACK_DOT = "bdot"
"""The type whose vertex diameter is a geometric mean; every other type is taken as a loop."""


@attrs.frozen(kw_only=True)
class SizeRule:
    """What is taken as the size of a defect.

    Parameters
    ----------
    name : str
        What conventions call it.
    label : str
        What stands at the axis of a figure.
    units : str
        Of the size where ``spacing`` is in nm, as pint reads it.
    description : str
        One sentence with the formula.
    function : callable
        Takes N instances, the height and width of a pixel, the side (labels or predictions) and the taxonomy; returns N
        sizes, NaN for what has none.
    """

    name: str
    label: str
    units: str
    description: str
    function: Function


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


def _equal_area(instances: Measurable, spacing: Spacing, side: Side | None, taxonomy: Taxonomy | None) -> Floats:
    return equal_area_diameters(instances, spacing)


def _vertex(instances: Measurable, spacing: Spacing, side: Side | None, taxonomy: Taxonomy | None) -> Floats:
    dots = _is_black_dot(instances.types, taxonomy)[instances.type_codes]
    return vertex_diameters(outlines(instances, side), dots, spacing)


def _is_black_dot(types: Sequence[str], taxonomy: Taxonomy | None) -> NDArray[np.bool_]:
    return np.array(
        [
            name == BLACK_DOT or (taxonomy is not None and name in taxonomy and BLACK_DOT in taxonomy.ancestry(name))
            for name in types
        ],
        dtype=np.bool_,
    )


SIZE_RULES: Mapping[str, SizeRule] = MappingProxyType(
    {
        rule.name: rule
        for rule in (
            SizeRule(
                name="equal-area",
                label="diameter of the disc of equal area",
                units="nanometer",
                description="Diameter 2 sqrt(A / pi) of the disc that has the area A of the mask.",
                function=_equal_area,
            ),
            SizeRule(
                name="vertex",
                label="diameter from the distances of outline vertices to their mean",
                units="nanometer",
                description=(
                    "2 sqrt(r_min r_max) for black dots and 2 r_max for all else, of the distances r of the outline's "
                    "vertices to their mean."
                ),
                function=_vertex,
            ),
        )
    }
)
"""Every size rule by name. Another one is an entry here."""


def size_rule(name: str) -> SizeRule:
    """Return the size rule called ``name``.

    Raises
    ------
    UnknownSizeRuleError
        If there is none.

    Examples
    --------
    >>> size_rule("equal-area").label
    'diameter of the disc of equal area'
    """
    if name not in SIZE_RULES:
        raise UnknownSizeRuleError.of("size rule", name, SIZE_RULES)
    return SIZE_RULES[name]
