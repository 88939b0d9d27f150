"""Polygons: the outlines that labels were drawn with, as flat columns of vertices."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from typing import Any

import attrs
import numpy as np
from numpy.typing import ArrayLike

from defectkit.errors import GeometryError
from defectkit.geometry.columns import (
    Float64s,
    Int64s,
    check_offsets,
    column,
    gather,
    joined_offsets,
    offsets_of,
    resolve_indices,
    slice_sums,
)
from defectkit.geometry.frames import Shape, check_shape
from defectkit.geometry.runs import Runs
from defectkit.short_repr import short_repr

FARTHEST_VERTEX = 2.0**31
"""Vertices farther than this from the origin, in pixels, are refused: no frame is that large."""

_SAME = attrs.cmp_using(eq=np.array_equal)


@attrs.frozen(kw_only=True)
class Polygons:
    """The polygons of N defects, V vertices in all; a defect without a polygon has none.

    Parameters
    ----------
    vertices : numpy.ndarray, shape (V, 2), float64
        Row and column of each vertex in continuous coordinates: pixel (0, 0) covers [0, 1) x [0, 1). The last
        vertex of a polygon joins the first; it is not repeated.
    offsets : numpy.ndarray, shape (N + 1,), int64
        The vertices of defect ``i`` are ``offsets[i]:offsets[i + 1]``; an empty slice means that it has no polygon.

    Raises
    ------
    GeometryError
        If a column has another dtype or shape, ``offsets`` does not cut the vertices into N slices, or a vertex is not
        finite or farther than :data:`FARTHEST_VERTEX` from the origin.

    Notes
    -----
    The columns are read-only views of the arrays given.

    Examples
    --------
    >>> square = Polygons.from_list([[(0, 0), (0, 4), (4, 4), (4, 0)], None])
    >>> len(square), square.areas().tolist(), square.boxes()[0].tolist()
    (2, [16.0, 0.0], [0.0, 0.0, 4.0, 4.0])
    """

    vertices: Float64s = attrs.field(eq=_SAME)
    offsets: Int64s = attrs.field(eq=_SAME)

    __repr__ = short_repr

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "vertices", column(self.vertices, np.float64, ndim=2, what="vertices"))
        object.__setattr__(self, "offsets", column(self.offsets, np.int64, ndim=1, what="offsets"))
        if self.vertices.shape[1] != 2:
            raise GeometryError(f"vertices has shape {self.vertices.shape}, but (V, 2) is needed: row, column")
        check_offsets(self.offsets, len(self.vertices), what="vertices")
        good = np.abs(self.vertices) <= FARTHEST_VERTEX  # NaN compares false
        if not good.all():
            k = int(np.argmin(good.all(axis=1)))
            i = int(np.searchsorted(self.offsets, k, side="right")) - 1
            raise GeometryError(
                f"polygon {i}, vertex {k - int(self.offsets[i])} is {tuple(self.vertices[k].tolist())}; "
                f"vertices must be finite and within {FARTHEST_VERTEX:g} px of the origin"
            )

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (self.vertices, self.offsets)

    def __len__(self) -> int:
        return self.offsets.size - 1

    @classmethod
    def empty(cls, n: int = 0) -> Polygons:
        """Return ``n`` defects without a polygon."""
        return cls(vertices=np.zeros((0, 2)), offsets=np.zeros(n + 1, np.int64))

    @classmethod
    def from_list(cls, polygons: Sequence[ArrayLike | None]) -> Polygons:
        """Return the polygons of a list with a (K, 2) array-like of (row, column) for each defect, or None.

        Raises
        ------
        GeometryError
            If an entry has another shape or is not made of numbers.
        """
        parts = []
        for i, polygon in enumerate(polygons):
            try:
                part = np.zeros((0, 2)) if polygon is None else np.asarray(polygon, np.float64)
            except (TypeError, ValueError) as error:
                raise GeometryError(f"polygon {i} is not an array of numbers: {error}") from error
            if part.size == 0:
                part = part.reshape(0, 2)
            if part.ndim != 2 or part.shape[1] != 2:
                raise GeometryError(f"polygon {i} has shape {part.shape}, but (K, 2) is needed: row, column")
            parts.append(part)
        return cls(
            vertices=np.concatenate([np.zeros((0, 2)), *parts]),
            offsets=offsets_of(np.array([len(part) for part in parts], np.int64)),
        )

    @classmethod
    def from_columns(cls, rows: Sequence[list[float]], cols: Sequence[list[float]]) -> Polygons:
        """Return polygons given as a list of rows and a list of columns each, as VIA keeps them.

        Parameters
        ----------
        rows, cols : sequence of list of float
            Of the vertices of each polygon; two empty lists are no polygon. Lists of Python numbers become arrays here
            in less time than by NumPy.

        Raises
        ------
        GeometryError
            If the two differ in length, or hold something else than numbers.

        Examples
        --------
        >>> Polygons.from_columns([[0, 0, 4]], [[0, 4, 0]]).areas().tolist()
        [8.0]
        """
        lengths = [len(row) for row in rows]
        if lengths != [len(col) for col in cols]:
            raise GeometryError("polygons: rows and columns differ in their number; a vertex has one of each")
        joined = array("d"), array("d")
        for numbers, given in zip(joined, (rows, cols), strict=True):
            for i, part in enumerate(given):
                try:
                    numbers.fromlist(part)
                except TypeError as error:
                    raise GeometryError(f"polygon {i} is not made of lists of numbers: {error}") from error
        vertices = np.stack([np.frombuffer(numbers, np.float64) for numbers in joined], axis=1)
        return cls(vertices=vertices, offsets=offsets_of(np.array(lengths, np.int64)))

    @classmethod
    def concatenate(cls, parts: Iterable[Polygons]) -> Polygons:
        """Return the polygons of all ``parts``, one part after the other; no part at all gives no defect."""
        given = list(parts)
        return cls(
            vertices=np.concatenate([np.zeros((0, 2)), *(part.vertices for part in given)]),
            offsets=joined_offsets(part.offsets for part in given),
        )

    def take(self, indices: ArrayLike) -> Polygons:
        """Return the polygons at ``indices``, in that order (integers, or one boolean for each defect).

        Raises
        ------
        GeometryError
            If an index is out of range or of another kind.
        """
        entries, offsets = gather(self.offsets, resolve_indices(indices, len(self)))
        return Polygons(vertices=self.vertices[entries], offsets=offsets)

    def ring(self, index: int) -> Float64s:
        """Return the vertices (K, 2) of one polygon; (0, 2) where there is none.

        Raises
        ------
        GeometryError
            If there is no defect ``index``.
        """
        i = int(resolve_indices([index], len(self))[0])
        return self.vertices[self.offsets[i] : self.offsets[i + 1]]

    def boxes(self) -> Float64s:
        """Return the box of each polygon, shape (N, 4): top, left, bottom, right; NaN where there is none."""
        boxes = np.full((len(self), 4), np.nan)
        filled = self.offsets[1:] > self.offsets[:-1]
        if filled.any():
            first = self.offsets[:-1][filled]
            boxes[filled, :2] = np.minimum.reduceat(self.vertices, first)
            boxes[filled, 2:] = np.maximum.reduceat(self.vertices, first)
        return boxes

    def areas(self) -> Float64s:
        """Return the area each polygon encloses in px^2, shape (N,); 0 where there is none.

        Notes
        -----
        The shoelace formula, ``|sum (r_i c_(i+1) - r_(i+1) c_i)| / 2``, taken about the first vertex of the polygon so
        that a polygon far from the origin keeps its digits. Of a polygon that crosses itself, parts wound around twice
        count twice, and parts wound around in opposite directions cancel.
        """
        filled = self.offsets[1:] > self.offsets[:-1]
        first = self.vertices[self.offsets[:-1][filled]]
        row, col = (self.vertices - np.repeat(first, np.diff(self.offsets)[filled], axis=0)).T
        following = self._following()
        doubled = slice_sums(row * col[following] - row[following] * col, self.offsets)
        areas: Float64s = np.abs(doubled) / 2
        return areas

    def perimeters(self) -> Float64s:
        """Return the length of the outline of each polygon in px, shape (N,); 0 where there is none."""
        edges = self.vertices[self._following()] - self.vertices
        lengths: Float64s = slice_sums(np.hypot(edges[:, 0], edges[:, 1]), self.offsets)
        return lengths

    def convex_hulls(self) -> Polygons:
        """Return the convex hull of the vertices of each polygon; none where there is no polygon.

        Points in line give two vertices, and equal points one.
        """
        from defectkit.geometry.kernels.hulls import point_hulls

        vertices, offsets = point_hulls(self.vertices.copy(), self.offsets)
        return Polygons(vertices=vertices, offsets=offsets)

    def max_vertex_distances(self) -> Float64s:
        """Return the largest distance between two vertices of each polygon in px, shape (N,).

        It is NaN where there is no polygon. For a convex polygon this is its maximal Feret diameter.
        """
        from defectkit.geometry.kernels.hulls import max_point_distances

        hulls = self.convex_hulls()  # the two vertices farthest apart are on it
        return max_point_distances(hulls.vertices, hulls.offsets)

    def _following(self) -> Int64s:
        """Return the index of the vertex that follows each vertex around its polygon."""
        filled = self.offsets[1:] > self.offsets[:-1]
        following = np.arange(1, len(self.vertices) + 1)
        following[self.offsets[1:][filled] - 1] = self.offsets[:-1][filled]
        return following


def polygons_to_runs(polygons: Polygons, shape: Shape) -> Runs:
    """Return the masks of polygons, clipped to a frame.

    A pixel belongs to a polygon when its center does, by the even-odd rule: where a polygon crosses itself, the parts
    wound around twice are outside.

    Parameters
    ----------
    polygons : Polygons
        N polygons; a defect without one gets an empty mask.
    shape : (int, int)
        Rows and columns of the frame; what lies outside it is cut away.

    Returns
    -------
    Runs
        N masks.

    Raises
    ------
    GeometryError
        If ``shape`` is not two non-negative integers.

    Notes
    -----
    Each edge is met with the center line of each pixel row; the crossings of a row, in order, are where the polygon is
    entered and left. A center exactly on the outline counts when the inside lies to its left or below it, so of two
    polygons that share an edge exactly one owns the pixel. GDAL fills by the same rule, except that it also adds the
    pixels of a horizontal edge through pixel centers when the edge is drawn from right to left; here the mask never
    depends on the direction of drawing.

    Examples
    --------
    >>> triangle = Polygons.from_list([[(0, 0), (0, 4), (4, 0)]])
    >>> polygons_to_runs(triangle, (4, 4)).to_mask(0, (4, 4)).astype(int)
    array([[1, 1, 1, 1],
           [1, 1, 1, 0],
           [1, 1, 0, 0],
           [1, 0, 0, 0]])
    """
    each = np.arange(len(polygons) + 1)
    return _fill(polygons, each, shape)


def rings_to_runs(rings: Sequence[Sequence[ArrayLike]], shape: Shape) -> Runs:
    """Return the masks of defects outlined by several rings each, clipped to a frame.

    All rings of a defect are filled together by the even-odd rule, so a ring inside another one is a hole. The rule for
    pixels is that of :func:`polygons_to_runs`.

    Parameters
    ----------
    rings : sequence of sequences of array_like, shape (K, 2)
        For each defect its rings, each a list of (row, column) vertices; no ring gives an empty mask.
    shape : (int, int)
        Rows and columns of the frame.

    Returns
    -------
    Runs
        One mask for each entry of ``rings``.

    Raises
    ------
    GeometryError
        If a ring is not a (K, 2) array of finite numbers, or ``shape`` is not two non-negative integers.

    Examples
    --------
    >>> outer, hole = [(0, 0), (0, 3), (3, 3), (3, 0)], [(1, 1), (1, 2), (2, 2), (2, 1)]
    >>> rings_to_runs([[outer, hole]], (3, 3)).areas().tolist()
    [8]
    """
    flat = Polygons.from_list([ring for defect in rings for ring in defect])
    return _fill(flat, offsets_of(np.array([len(defect) for defect in rings], np.int64)), shape)


def _fill(rings: Polygons, defect_offsets: Int64s, shape: Shape) -> Runs:
    from defectkit.geometry.kernels.fill import fill_rings

    rows, columns = check_shape(shape)
    row, start, end, offsets = fill_rings(rings.vertices, rings.offsets, defect_offsets, rows, columns)
    return Runs(row=row, start=start, end=end, offsets=offsets)


def _rebuild(vertices: Float64s, offsets: Int64s) -> Polygons:
    return Polygons(vertices=vertices, offsets=offsets)
