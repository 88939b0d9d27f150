"""Traced outlines: polygons whose vertices are the centres of the border pixels of a mask, not its corners."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from defectkit.geometry.polygons import FARTHEST_VERTEX, rings_to_runs
from defectkit.geometry.runs import Runs

Vertices = NDArray[np.float64]
Offsets = NDArray[np.int64]

WHOLE_PX = 0.01
"""A coordinate this near to a whole number counts as one: files round."""

FEWEST_DIAGONALS = 8
"""So many steps to a pixel that shares a corner have to be among those of a file that was traced."""

SMALLEST_RING = 3
"""An outline of so few vertices shows nothing."""

_MITRE = 1.42
"""Right angles stay right, sharper ones are cut."""


class Vertex(enum.StrEnum):
    """What the vertices of a polygon are.

    ``corners``: points of the border of the area, on the corners of pixels or anywhere. ``centres``: the centres of the
    pixels along the border, as ``cv2.findContours`` gives them; the area reaches half a pixel beyond. ``guess``:
    ``centres`` where the file shows it, else ``corners``.
    """

    GUESS = "guess"
    CORNERS = "corners"
    CENTRES = "centres"


def traced_to_runs(
    rings: Sequence[Vertices], shape: tuple[int, int], *, is_hole: Sequence[bool] | NDArray[np.bool_] | None = None
) -> tuple[Runs, float]:
    """Return the mask whose border pixels have their centres at the vertices, and how far it leaves the frame.

    Parameters
    ----------
    rings : sequence of arrays, shape (K, 2)
        (row, column), whole numbers standing for centres of pixels; one vertex is one pixel.
    shape : (int, int)
        Height and width of the frame.
    is_hole : sequence of bool, optional
        Which rings are those of holes, through the centres of the pixels around them; they are taken away from what
        comes before them.

    Returns
    -------
    runs : Runs
        Of length 1; empty where nothing lies in the frame.
    overshoot : float
        In pixels, 0 or less where all of it lies in the frame.

    Examples
    --------
    >>> square = np.array([(2.0, 2.0), (2.0, 4.0), (4.0, 4.0), (4.0, 2.0)])
    >>> traced_to_runs([square], (9, 9))[0].areas().tolist()
    [9]
    """
    import shapely

    area = shapely.Polygon()
    for ring, hole in zip(rings, [False] * len(rings) if is_hole is None else is_hole, strict=True):
        area = shapely.difference(area, _shrunk(ring)) if hole else shapely.union(area, _grown(ring))
    low, high = np.array(shapely.bounds(area)).reshape(2, 2)
    overshoot = float(np.maximum(-low, high - shape).max())
    rings = [
        np.asarray(ring.coords)[:-1]
        for part in shapely.get_parts(shapely.intersection(area, shapely.box(0, 0, *shape)))
        if part.geom_type == "Polygon"
        for ring in (part.exterior, *part.interiors)
    ]
    return rings_to_runs([rings], shape), overshoot


def is_usable(vertices: Vertices) -> bool:
    """Return whether vertices are numbers that an image could hold, at least one."""
    return bool(len(vertices)) and bool((np.abs(vertices) <= FARTHEST_VERTEX).all())


def traced_evidence(vertices: Vertices, offsets: Offsets, stored_areas: Vertices) -> str:
    """Return what shows that the outlines of a file run through the centres of pixels; empty where nothing does.

    Parameters
    ----------
    vertices : array, shape (V, 2)
        (row, column).
    offsets : array, shape (N + 1,)
        Where each outline starts and ends; none is empty.
    stored_areas : array, shape (N,)
        What the file states of each, NaN where it does not.

    Notes
    -----
    By Pick's theorem, a polygon through the centres of pixels whose area is A and that passes B of them has
    A + B/2 + 1 pixels on it and within.

    Examples
    --------
    >>> square = np.array([(2.0, 2.0), (2.0, 9.0), (9.0, 9.0), (9.0, 2.0)])
    >>> traced_evidence(square, np.array([0, 4]), np.array([64.0]))
    'the areas that the file states are those of the pixels on and within them'
    >>> traced_evidence(square, np.array([0, 4]), np.array([49.0]))
    ''
    """
    if offsets.size < 2 or not (np.abs(vertices) <= FARTHEST_VERTEX).all():
        return ""
    follower = np.arange(1, len(vertices) + 1)
    follower[offsets[1:] - 1] = offsets[:-1]
    if _are_chains(vertices, follower, offsets):
        return "all their vertices are whole numbers, and their sides run along pixels and diagonals of pixels"
    if np.isfinite(stored_areas).any() and _areas_agree(vertices, follower, offsets, stored_areas):
        return "the areas that the file states are those of the pixels on and within them"
    return ""


def _are_chains(vertices: Vertices, follower: Offsets, offsets: Offsets) -> bool:
    whole = np.rint(vertices)
    if (np.abs(vertices - whole) > WHOLE_PX).any():
        return False
    steps = np.abs(whole[follower] - whole)
    across = (steps > 0).all(axis=1)
    if (steps[across, 0] != steps[across, 1]).any():
        return False
    rounded = np.diff(offsets) > SMALLEST_RING
    diagonals = np.add.reduceat(across, offsets[:-1], dtype=np.int64)[rounded]
    return int(diagonals.sum()) >= FEWEST_DIAGONALS and 2 * int((diagonals > 0).sum()) > diagonals.size


def _areas_agree(vertices: Vertices, follower: Offsets, offsets: Offsets, stored: Vertices) -> bool:
    after = vertices[follower]
    twice = np.add.reduceat(vertices[:, 0] * after[:, 1] - vertices[:, 1] * after[:, 0], offsets[:-1])
    corners = np.abs(twice) / 2
    gap = np.add.reduceat(np.abs(after - vertices).max(axis=1), offsets[:-1]) / 2 + 1
    telling = np.isfinite(stored) & (stored > 0) & (gap > 0.02 * stored) & (gap > 2)
    if not telling.any():
        return False
    off_corners = np.abs(stored - corners)[telling] / gap[telling]
    off_centres = np.abs(stored - corners - gap)[telling] / gap[telling]
    return bool(np.mean(off_centres < off_corners) > 0.9 and np.median(off_centres) < 0.25)


def _grown(part: Vertices) -> Any:
    import shapely

    line, inside = _geometry(part)
    return shapely.union(shapely.buffer(line, 0.5, join_style="mitre", mitre_limit=_MITRE, cap_style="square"), inside)


def _shrunk(hole: Vertices) -> Any:
    import shapely

    line, inside = _geometry(hole)
    return shapely.difference(inside, shapely.buffer(line, 0.5, join_style="mitre", mitre_limit=_MITRE))


def _geometry(part: Vertices) -> tuple[Any, Any]:
    import shapely

    centres = part + 0.5
    if len(np.unique(centres, axis=0)) == 1:
        return shapely.Point(centres[0]), shapely.Polygon()
    if len(centres) < 3:
        return shapely.LineString(centres), shapely.Polygon()
    ring = shapely.LinearRing(centres)
    if shapely.Polygon(ring).is_valid:
        return ring, shapely.Polygon(ring)
    line = shapely.unary_union(shapely.LineString([*centres, centres[0]]))
    return line, shapely.union_all(shapely.get_parts(shapely.polygonize([line])))
