"""Field: the part of an image that counts."""

from __future__ import annotations

import attrs
import numpy as np
from numpy.typing import ArrayLike, NDArray

from defectkit.geometry.runs import Runs
from defectkit.records.exclusion import Exclusion
from defectkit.records.instances import Instances


@attrs.frozen(kw_only=True)
class Field:
    """The part of an image in which defects are counted, and whose area their densities go by.

    Parameters
    ----------
    shape : (int, int)
        Height and width of the image in pixels.
    excluded : tuple of Exclusion
        What does not count; places may overlap.

    Raises
    ------
    GeometryError
        If an excluded place leaves the image.

    Notes
    -----
    A defect belongs to the field if the pixel in which its centroid lies does: each defect has one such point, so that
    the number in the field over its area is the density whatever the shape of the field, as long as defects are seen
    whole across its border (the associated point rule of R. E. Miles, On the elimination of edge effects in planar
    sampling, in Stochastic Geometry, edited by E. F. Harding and D. G. Kendall, Wiley 1974, p. 228).

    Examples
    --------
    >>> field = Field(shape=(4, 6), excluded=(Exclusion.box((3, 0, 4, 6), reason="information strip"),))
    >>> field.n_pixels, field.holds([2.5, 3.0], [0.0, 0.0]).tolist()
    (18, [True, False])
    """

    shape: tuple[int, int]
    excluded: tuple[Exclusion, ...] = ()

    def __attrs_post_init__(self) -> None:
        for exclusion in self.excluded:
            exclusion.place.validate(self.shape)

    @property
    def is_whole(self) -> bool:
        """Whether nothing is excluded."""
        return not self.excluded

    @property
    def n_pixels(self) -> int:
        """How many pixels count."""
        return self.shape[0] * self.shape[1] - int(self.left_out().areas()[0])

    def left_out(self) -> Runs:
        """Return what is excluded as one mask."""
        from defectkit.geometry.sets import union

        places = Runs.concatenate(exclusion.place for exclusion in self.excluded)
        return union(places, np.zeros(len(places), np.int64), 1)

    @property
    def window(self) -> tuple[int, int, int, int]:
        """The smallest box that holds all that is seen: top, left, bottom and right in pixels, half-open.

        It is the image without what hides it from an edge inwards, an information strip for instance: a defect that
        touches its border may be cut. Around a crop defects are seen whole, so that a crop does not make it smaller.
        """
        hidden = attrs.evolve(self, excluded=tuple(place for place in self.excluded if place.hides)).left_out()
        height, width = self.shape
        covered = np.bincount(hidden.row, hidden.end - hidden.start, height)
        rows = np.flatnonzero(covered < width)
        if not rows.size:
            return 0, 0, 0, 0
        left, right = np.zeros(height, np.int64), np.full(height, width)
        starts, ends = hidden.start == 0, hidden.end == width
        left[hidden.row[starts]] = hidden.end[starts]
        right[hidden.row[ends]] = hidden.start[ends]
        return int(rows[0]), int(left[rows].min()), int(rows[-1]) + 1, int(right[rows].max())

    def n_pixels_in(self, boxes: ArrayLike) -> NDArray[np.int64]:
        """Return how many pixels of each box count, shape (N,).

        Parameters
        ----------
        boxes : array_like of int, shape (N, 4)
            Top, left, bottom and right in pixels, half-open; what lies outside the image does not count.

        Examples
        --------
        >>> field = Field(shape=(4, 6), excluded=(Exclusion.box((3, 0, 4, 6), reason="information strip"),))
        >>> field.n_pixels_in([[0, 0, 4, 6], [2, 4, 9, 9]]).tolist()
        [18, 2]
        """
        height, width = self.shape
        inside = np.clip(np.asarray(boxes, np.int64).reshape(-1, 4), 0, [height, width, height, width])
        top, left, bottom, right = inside.T
        found: NDArray[np.int64] = np.maximum(bottom - top, 0) * np.maximum(right - left, 0)
        if self.is_whole:
            return found
        places = self.left_out()
        first, stop = (np.searchsorted(places.row, edge) for edge in (top, bottom))
        for k in np.flatnonzero((first < stop) & (found > 0)):
            rows = slice(first[k], stop[k])
            overlap = np.minimum(places.end[rows], right[k]) - np.maximum(places.start[rows], left[k])
            found[k] -= int(np.maximum(overlap, 0).sum())
        return found

    def holds(self, rows: ArrayLike, columns: ArrayLike) -> NDArray[np.bool_]:
        """Return which points lie in the field; the pixel of a row and a column is that of their whole part.

        Parameters
        ----------
        rows, columns : array_like, shape (N,)
            In pixels; points outside the image lie outside the field.
        """
        row, column = (np.floor(np.asarray(edge, np.float64)).reshape(-1) for edge in (rows, columns))
        height, width = self.shape
        inside: NDArray[np.bool_] = (row >= 0) & (row < height) & (column >= 0) & (column < width)
        left_out = self.left_out()
        if self.is_whole or not left_out.row.size:
            return inside
        key = np.where(inside, row * width + column, 0).astype(np.int64)
        first = left_out.row.astype(np.int64) * width
        before = np.searchsorted(first + left_out.start, key, side="right") - 1
        covered = (before >= 0) & (key < (first + left_out.end)[before])
        return inside & ~covered

    def counts(self, instances: Instances) -> NDArray[np.bool_]:
        """Return which defects belong to the field, shape (N,); of one without a pixel its polygon or box decides.

        One of which nobody knows where it lies counts.
        """
        from defectkit.geometry.shape import centroids

        if self.is_whole:
            return np.ones(len(instances), np.bool_)
        empty = instances.areas == 0
        centers = centroids(instances.runs)
        if empty.any():
            centers[empty] = _box_centers(instances.take(empty))
        return self.holds(centers[:, 0], centers[:, 1]) | np.isnan(centers[:, 0])

    def restrict(self, instances: Instances) -> Instances:
        """Return the defects that belong to the field."""
        return instances if self.is_whole else instances.take(self.counts(instances))


def _box_centers(instances: Instances) -> NDArray[np.float64]:
    """Return centers of defects without a pixel: of the polygon, else of the box that a detector gave."""
    centers: NDArray[np.float64] = instances.given_boxes.reshape(-1, 2, 2).mean(axis=1)
    for i in np.flatnonzero(np.diff(instances.polygons.offsets)):
        start, stop = instances.polygons.offsets[i : i + 2]
        centers[i] = instances.polygons.vertices[start:stop].mean(axis=0)
    return centers
