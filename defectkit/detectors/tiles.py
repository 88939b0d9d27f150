"""Tiles: how a large image is cut into overlapping ones."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.errors import DetectorError


@attrs.frozen(kw_only=True)
class Tile:
    """One tile of an image: a half-open box of pixels.

    Parameters
    ----------
    top, left, bottom, right : int
    shape : tuple of int
        Height and width of the image.
    """

    top: int
    left: int
    bottom: int
    right: int
    shape: tuple[int, int]

    def crop(self, pixels: NDArray[Any]) -> NDArray[Any]:
        """Return the pixels of the tile."""
        return pixels[self.top : self.bottom, self.left : self.right]

    def margins(self, boxes: NDArray[Any]) -> NDArray[np.float64]:
        """Return how far each box (N, 4) lies from where the tile cuts the image; infinite where it cuts nothing.

        The borders of the image itself are no cuts.
        """
        inner = np.minimum(self.depths(boxes[:, :2]), self.depths(boxes[:, 2:]))
        nearest: NDArray[np.float64] = inner.min(axis=1)
        return nearest

    def depths(self, points: NDArray[Any]) -> NDArray[np.float64]:
        """Return how far points (N, 2) lie inside the cuts of the tile, along rows and along columns, shape (N, 2).

        Negative beyond a cut, infinite along an axis that the tile does not cut.
        """
        begins = [side if side > 0 else -np.inf for side in (self.top, self.left)]
        ends = [
            side if side < whole else np.inf for side, whole in zip((self.bottom, self.right), self.shape, strict=True)
        ]
        depths: NDArray[np.float64] = np.minimum(points - np.array(begins), np.array(ends) - points).reshape(-1, 2)
        return depths

    def holds(self, other: Tile) -> bool:
        """Return whether all of another tile lies in this one."""
        return self.shared(other) == (other.top, other.left, other.bottom, other.right)

    def shared(self, other: Tile) -> tuple[int, int, int, int] | None:
        """Return the box (top, left, bottom, right) that two tiles share, or None."""
        top, left = max(self.top, other.top), max(self.left, other.left)
        bottom, right = min(self.bottom, other.bottom), min(self.right, other.right)
        return (top, left, bottom, right) if top < bottom and left < right else None


def tiles_of(shape: tuple[int, int], *, tile: int, overlap: int) -> list[Tile]:
    """Return tiles that cover an image, row by row.

    Parameters
    ----------
    shape : tuple of int
        Height and width of the image.
    tile : int
        Edge of a tile in pixels; an image that is not larger is one tile.
    overlap : int
        Neighboring tiles share at least so many pixels.

    Raises
    ------
    DetectorError
        If a tile is not larger than its overlap, or there is no overlap to merge in.

    Examples
    --------
    >>> [(t.left, t.right) for t in tiles_of((50, 250), tile=100, overlap=20)]
    [(0, 100), (75, 175), (150, 250)]
    """
    if not 0 < overlap < tile:
        raise DetectorError(f"tiles of {tile} pixels cannot overlap by {overlap}; 0 < overlap < tile is needed")
    rows, cols = (starts_of(side, tile=tile, overlap=overlap) for side in shape)
    return [
        Tile(top=top, left=left, bottom=min(top + tile, shape[0]), right=min(left + tile, shape[1]), shape=shape)
        for top in rows
        for left in cols
    ]


def starts_of(side: int, *, tile: int, overlap: int) -> list[int]:
    """Return where the fewest tiles of one length begin that cover a side and share at least ``overlap`` pixels.

    Examples
    --------
    >>> starts_of(250, tile=100, overlap=20)
    [0, 75, 150]
    """
    if side <= tile:
        return [0]
    steps = -(-(side - tile) // (tile - overlap))
    return [round(i * (side - tile) / steps) for i in range(steps + 1)]
