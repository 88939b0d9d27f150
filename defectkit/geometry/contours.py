"""Contours: the outlines of masks along the edges of their pixels."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from defectkit.geometry.columns import Float64s
from defectkit.geometry.polygons import Polygons
from defectkit.geometry.runs import Runs


def runs_to_polygons(runs: Runs) -> list[list[Float64s]]:
    """Return the outlines of each mask, exactly along pixel edges.

    Parameters
    ----------
    runs : Runs
        N masks.

    Returns
    -------
    list of lists of numpy.ndarray, shape (K, 2), float64
        For each defect its rings, each (row, column) corners without the first one repeated. Each connected part
        has its outer ring first, its holes after; an empty mask has no ring.

    Notes
    -----
    Pixels that touch at a corner only are not connected. Rings never cross, but one may meet itself or another at a
    corner where two pixels do.
    Outer rings have a positive signed area ``sum (r_i c_(i+1) - r_(i+1) c_i) / 2``, holes a negative one.
    :func:`~defectkit.geometry.polygons.rings_to_runs` gives the masks back bit for bit.

    Examples
    --------
    >>> from defectkit.geometry.masks import masks_to_runs
    >>> mask = np.ones((3, 3), bool)
    >>> mask[1, 1] = False
    >>> [ring.tolist() for ring in runs_to_polygons(masks_to_runs([mask]))[0]]  # doctest: +NORMALIZE_WHITESPACE
    [[[3.0, 0.0], [3.0, 3.0], [0.0, 3.0], [0.0, 0.0]],
     [[1.0, 1.0], [1.0, 2.0], [2.0, 2.0], [2.0, 1.0]]]
    """
    from defectkit.geometry.kernels.contours import trace_rings

    vertices, ring_offsets, parent, rings_before = trace_rings(runs.row, runs.start, runs.end, runs.offsets)
    corners = vertices.astype(np.float64)
    rings = [corners[begin:stop] for begin, stop in itertools.pairwise(ring_offsets.tolist())]
    outlines = []
    for begin, stop in itertools.pairwise(rings_before.tolist()):
        order = begin + np.argsort(parent[begin:stop], kind="stable")
        outlines.append([rings[ring] for ring in order.tolist()])
    return outlines


def join_rings(rings: Sequence[ArrayLike]) -> Float64s:
    """Return one ring that passes through several and is filled like them all by the even-odd rule.

    Parameters
    ----------
    rings : sequence of array_like, shape (K, 2)
        For instance an outer ring and its holes.

    Returns
    -------
    numpy.ndarray, shape (V, 2), float64
        Every ring in turn, closed, with a bridge to each from the first vertex of the first ring and back. A bridge is
        passed once each way, so it adds no area and no pixel. No ring gives (0, 2).

    Raises
    ------
    GeometryError
        If a ring is not a (K, 2) array of finite numbers.

    Examples
    --------
    >>> outer, hole = [(0, 0), (3, 0), (3, 3), (0, 3)], [(1, 1), (1, 2), (2, 2), (2, 1)]
    >>> Polygons.from_list([join_rings([outer, hole])]).areas().tolist()
    [8.0]
    """
    checked = Polygons.from_list(rings)
    given = [checked.ring(i) for i in range(len(checked)) if len(checked.ring(i))]
    if len(given) < 2:
        return given[0] if given else np.zeros((0, 2))
    base = given[0][:1]
    closed = [part for ring in given[1:] for part in (ring, ring[:1], base)]
    return np.concatenate([given[0], base, *closed])
