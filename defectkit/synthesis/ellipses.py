"""Ellipses: defects as centers and second moments, which every affine change of an image changes exactly."""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.geometry.moments import area_moments
from defectkit.records.instances import Instances
from defectkit.records.names import as_names
from defectkit.short_repr import short_repr

Floats = NDArray[np.float64]

UNTYPED = -1
"""The code of a defect of no known type."""
N_VERTICES = 48
"""Vertices of the polygon that stands for an ellipse."""


@attrs.frozen(kw_only=True, eq=False)
class Ellipses:
    """N ellipses.

    Parameters
    ----------
    centers : numpy.ndarray, shape (N, 2), float64
        Row and column in continuous pixel coordinates.
    shapes : numpy.ndarray, shape (N, 2, 2), float64
        Symmetric; its eigenvalues are the squared semi-axes in px^2: four times the second moments of the mask.
    types : numpy.ndarray, shape (N,), int64
        Codes that whoever made the table has a list for; -1 for none.
    trust : numpy.ndarray, shape (N,), float64
        How sure it is that there is a defect: 1 for certain, 0 for one that should neither be learned nor denied.

    Examples
    --------
    >>> Ellipses.circles([(4.0, 5.0)], [3.0]).diameters.round(6).tolist()
    [6.0]
    """

    centers: Floats
    shapes: Floats
    types: NDArray[np.int64]
    trust: Floats

    __repr__ = short_repr

    @classmethod
    def empty(cls) -> Ellipses:
        """Return no ellipses."""
        return cls(centers=np.zeros((0, 2)), shapes=np.zeros((0, 2, 2)), types=np.zeros(0, np.int64), trust=np.zeros(0))

    @classmethod
    def circles(cls, centers: Sequence[tuple[float, float]], radii: Sequence[float]) -> Ellipses:
        """Return circles of no type."""
        n = len(centers)
        shapes = np.eye(2) * (np.asarray(radii, dtype=np.float64).reshape(n, 1, 1) ** 2)
        return cls(
            centers=np.asarray(centers, dtype=np.float64).reshape(n, 2),
            shapes=shapes,
            types=np.full(n, UNTYPED),
            trust=np.ones(n),
        )

    @classmethod
    def of(cls, instances: Instances, types: Sequence[str] = ()) -> Ellipses:
        """Return the ellipses of the moments of masks, without the empty ones.

        Parameters
        ----------
        instances : Instances
        types : sequence of str
            The code of a type is its place here; others have none.
        """
        areas, centers, moments = area_moments(instances.runs)
        solid = areas > 0
        shapes = 4 * moments[solid][:, [[0, 1], [1, 2]]]
        codes = {name: code for code, name in enumerate(as_names(types))}
        named = np.array([codes.get(name, UNTYPED) for name in instances.type_names], dtype=np.int64)
        return cls(centers=centers[solid], shapes=shapes, types=named[solid], trust=np.ones(int(solid.sum())))

    def __len__(self) -> int:
        return len(self.centers)

    @property
    def diameters(self) -> Floats:
        """Diameters of circles of equal area, in pixels."""
        diameters: Floats = 2 * np.maximum(np.linalg.det(self.shapes), 0.0) ** 0.25
        return diameters

    def take(self, which: NDArray[np.bool_] | NDArray[np.integer]) -> Ellipses:
        """Return some of the ellipses."""
        return Ellipses(
            centers=self.centers[which], shapes=self.shapes[which], types=self.types[which], trust=self.trust[which]
        )

    def joined(self, others: Ellipses) -> Ellipses:
        """Return these and the others."""
        return Ellipses(
            centers=np.concatenate([self.centers, others.centers]),
            shapes=np.concatenate([self.shapes, others.shapes]),
            types=np.concatenate([self.types, others.types]),
            trust=np.concatenate([self.trust, others.trust]),
        )

    def moved(self, matrix: Floats, offset: Floats) -> Ellipses:
        """Return the ellipses after ``matrix @ (row, column) + offset``; shape (2, 2) and (2,)."""
        return attrs.evolve(self, centers=self.centers @ matrix.T + offset, shapes=matrix @ self.shapes @ matrix.T)

    def within(self, shape: tuple[int, int], margin: float) -> Ellipses:
        """Return those whose centers lie in a frame of ``shape`` that is ``margin`` pixels wider on each side."""
        inside: NDArray[np.bool_] = (self.centers > -margin) & (self.centers < np.array(shape) + margin)
        return self.take(np.flatnonzero(inside.all(axis=1)))

    def log_shapes(self) -> Floats:
        """Return half the matrix logarithms of the shapes, shape (N, 3): ``(rr, rc, cc)``."""
        if not len(self):
            return np.zeros((0, 3))
        squares, axes = np.linalg.eigh(self.shapes)
        logs = np.einsum("nij,nj,nkj->nik", axes, 0.5 * np.log(np.maximum(squares, 0.25)), axes)
        return np.stack([logs[:, 0, 0], logs[:, 0, 1], logs[:, 1, 1]], axis=1)

    def instances(self, shape: tuple[int, int], types: Sequence[str]) -> Instances:
        """Return the ellipses as polygons in a frame; those of no type are of the type ``defect``."""
        squares, axes = np.linalg.eigh(self.shapes) if len(self) else (np.zeros((0, 2)), np.zeros((0, 2, 2)))
        turn = np.arange(N_VERTICES) * (2 * np.pi / N_VERTICES)
        # a polygon within a circle is smaller than it: this factor gives it the same area
        circle = np.stack([np.cos(turn), np.sin(turn)]) * np.sqrt(
            (2 * np.pi / N_VERTICES) / np.sin(2 * np.pi / N_VERTICES)
        )
        outlines = [
            np.clip(center + (matrix * np.sqrt(np.maximum(square, 0.0)) @ circle).T, 0.0, np.array(shape, float))
            for center, matrix, square in zip(self.centers, axes, squares, strict=True)
        ]
        table = as_names(types)
        names = [table[code] if code != UNTYPED else "defect" for code in self.types]
        return Instances.from_polygons(outlines, types=names, shape=shape, known_types=(*table, "defect"))
