"""Window: the part of a plane in which points are seen, and how much of it two points at a distance share."""

from __future__ import annotations

from typing import Self

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.records.field import Field

Floats = NDArray[np.float64]

COARSEST = 512
"""Cells along the longer side of the mask from which shared areas are computed."""


@attrs.frozen(kw_only=True, eq=False)
class Window:
    """A frame, or what is left of it where places are excluded.

    Parameters
    ----------
    frame : (float, float)
        Height and width in any unit of length.
    mask : numpy.ndarray of bool, shape (H, W), optional
        Which cells of the frame are seen; all of it by default.

    Examples
    --------
    >>> half = Window.of_mask(np.array([[True, False], [True, False]]), (2.0, 4.0))
    >>> half.area, half.holds(np.array([[1.0, 1.0], [1.0, 3.0]])).tolist()
    (4.0, [True, False])
    """

    frame: tuple[float, float]
    mask: NDArray[np.bool_] | None = None
    _shared: Floats | None = None

    @classmethod
    def of_mask(cls, mask: NDArray[np.bool_], frame: tuple[float, float]) -> Self:
        """Return the window of the cells of a frame that a mask shows."""
        return cls(frame=frame, mask=mask, shared=_shared_areas(mask, frame[0] * frame[1]))

    @classmethod
    def of_field(cls, field: Field, pixel_size: tuple[float, float]) -> Self:
        """Return the window of the field of an image, with height and width of a pixel."""
        frame = (field.shape[0] * pixel_size[0], field.shape[1] * pixel_size[1])
        if field.is_whole:
            return cls(frame=frame)
        return cls.of_mask(~field.left_out().to_mask(0, field.shape), frame)

    @property
    def area(self) -> float:
        """The area that is seen, in the square of the unit."""
        whole = self.frame[0] * self.frame[1]
        return whole if self.mask is None else float(whole * self.mask.mean())

    def holds(self, points: Floats) -> NDArray[np.bool_]:
        """Return which points, (N, 2) of row and column, lie in the window."""
        inside: NDArray[np.bool_] = np.all((points >= 0) & (points <= np.array(self.frame)), axis=1)
        if self.mask is None:
            return inside
        cells = np.floor(np.round(points / np.array(self.frame) * np.array(self.mask.shape), 6)).astype(np.int64)
        row, column = np.clip(cells, 0, np.array(self.mask.shape) - 1).T
        seen: NDArray[np.bool_] = inside & self.mask[row, column]
        return seen

    def shared_area(self, apart: Floats) -> Floats:
        """Return the area that the window shares with itself moved by ``apart``, (P, 2), shape (P,).

        Exact for a whole frame; with a mask to about a cell of :data:`COARSEST` along the longer side.
        """
        away = np.abs(apart)
        if self._shared is None:
            whole: Floats = np.prod(np.maximum(np.array(self.frame) - away, 0), axis=1)
            return whole
        shape = np.array(self._shared.shape) // 2 + 1
        places = np.rint(apart / np.array(self.frame) * shape).astype(np.int64) + shape - 1
        row, column = np.clip(places, 0, np.array(self._shared.shape) - 1).T
        areas: Floats = self._shared[row, column]
        return areas

    def random_points(self, n: int, rng: np.random.Generator) -> Floats:
        """Return ``n`` points at random in the window, shape (n, 2)."""
        found = np.zeros((0, 2))
        while len(found) < n:
            drawn = rng.uniform((0, 0), self.frame, (2 * (n - len(found)) + 8, 2))
            found = np.concatenate([found, drawn[self.holds(drawn)]])
        return found[:n]


def _shared_areas(mask: NDArray[np.bool_], whole: float) -> Floats:
    """Return the shared area of a mask and itself by movement in cells, zero movement in the middle."""
    from scipy.signal import fftconvolve

    step = -(-max(mask.shape) // COARSEST)
    rows, columns = (np.arange(0, n, step) for n in mask.shape)
    sums = np.add.reduceat(np.add.reduceat(mask.astype(np.float64), rows, axis=0), columns, axis=1)
    sizes = np.outer(np.diff(np.append(rows, mask.shape[0])), np.diff(np.append(columns, mask.shape[1])))
    cover = sums / sizes
    areas: Floats = np.maximum(fftconvolve(cover, cover[::-1, ::-1]), 1) * whole / cover.size
    return areas
