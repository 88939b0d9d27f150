"""Defect: the typed view of one row of Instances."""

from __future__ import annotations

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.geometry.runs import Runs
from defectkit.short_repr import short_repr


@attrs.frozen(kw_only=True, eq=False)
class Defect:
    """One defect of one image.

    Parameters
    ----------
    id : int
        The identifier within its image.
    type : str
        The name of its type.
    score : float
        The detector's confidence; NaN for a label that a person drew.
    runs : Runs
        The runs of its mask (a ``Runs`` of length 1).
    polygon : numpy.ndarray, shape (k, 2), optional
        The vertices (row, col) it was drawn with.
    shape : tuple of int
        Height and width of its image, in pixels.
    """

    id: int
    type: str
    score: float
    runs: Runs
    polygon: NDArray[np.float64] | None
    shape: tuple[int, int]

    __repr__ = short_repr

    @property
    def area_px(self) -> int:
        """The number of pixels of the mask."""
        return int(self.runs.areas()[0])

    @property
    def box(self) -> tuple[int, int, int, int]:
        """Top, left, bottom, right of the mask, half-open, in pixels."""
        top, left, bottom, right = (int(v) for v in self.runs.boxes()[0])
        return top, left, bottom, right

    def mask(self) -> NDArray[np.bool_]:
        """Return the mask as a boolean array of the shape of the image."""
        return self.runs.to_mask(0, self.shape)
