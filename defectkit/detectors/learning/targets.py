"""Targets: masks as crops, and what of a box each covers: what a mask head learns, made without frames."""

from __future__ import annotations

from collections.abc import Iterable

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.geometry.runs import Runs

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]


@attrs.frozen(kw_only=True, eq=False)
class MaskCrops:
    """N masks, each as the pixels of its own box.

    Parameters
    ----------
    crops : tuple of array of bool, shape (h, w) each
    corners : array of int64, shape (N, 2)
        Row and column of the first pixel of each.
    """

    crops: tuple[Bools, ...]
    corners: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.crops)

    def take(self, indices: NDArray[np.integer]) -> MaskCrops:
        """Return the masks at ``indices``, in that order; one may be taken several times."""
        return MaskCrops(crops=tuple(self.crops[i] for i in indices), corners=self.corners[indices])

    @staticmethod
    def concatenate(parts: Iterable[MaskCrops]) -> MaskCrops:
        """Return the masks of several, one after the other; none of none."""
        given = list(parts)
        corners = np.concatenate([np.zeros((0, 2), np.int64), *(p.corners for p in given)])
        return MaskCrops(crops=tuple(c for p in given for c in p.crops), corners=corners)


def mask_crops(runs: Runs) -> MaskCrops:
    """Return the masks of ``runs`` as crops; an empty mask gives a crop of shape (0, 0).

    Examples
    --------
    >>> from defectkit.geometry.masks import masks_to_runs
    >>> crops = mask_crops(masks_to_runs([np.eye(3, dtype=bool)]))
    >>> crops.crops[0].sum().item(), crops.corners.tolist()
    (3, [[0, 0]])
    """
    boxes, crops = runs.boxes(), []
    for i, (top, left, bottom, right) in enumerate(boxes):
        crop = np.zeros((bottom - top, right - left), bool)
        for k in range(runs.offsets[i], runs.offsets[i + 1]):
            crop[runs.row[k] - top, runs.start[k] - left : runs.end[k] - left] = True
        crops.append(crop)
    return MaskCrops(crops=tuple(crops), corners=boxes[:, :2].astype(np.int64))


def cover(masks: MaskCrops, boxes: Floats, cells: int) -> Bools:
    """Return which cells of a box its mask covers by half or more.

    Parameters
    ----------
    masks : MaskCrops
        N masks.
    boxes : array of float64, shape (N, 4)
        Top, left, bottom, right, continuous: one for each mask. A box without an extent gives no cell.
    cells : int
        Cells along each edge.

    Returns
    -------
    array of bool, shape (N, cells, cells)

    Notes
    -----
    The covered part of a cell is exact: mask and cells are unions of rectangles, so it is a product of the overlaps
    along rows and along columns, summed over the pixels of the mask.

    Examples
    --------
    >>> masks = MaskCrops(crops=(np.ones((2, 4), bool),), corners=np.array([[2, 0]]))
    >>> cover(masks, np.array([[0.0, 0.0, 4.0, 4.0]]), 2)[0].tolist()
    [[False, False], [True, True]]
    """
    found = np.zeros((len(masks), cells, cells), bool)
    for i, (crop, (row, column), (top, left, bottom, right)) in enumerate(
        zip(masks.crops, masks.corners, boxes, strict=True)
    ):
        if not (bottom > top and right > left):
            continue
        rows = _overlaps(top, bottom, cells, row, crop.shape[0])
        columns = _overlaps(left, right, cells, column, crop.shape[1])
        found[i] = rows @ crop @ columns.T >= 0.5 - 1e-9  # sums of shares are not exact
    return found


def _overlaps(low: float, high: float, cells: int, first: int, n: int) -> Floats:
    """Return the part of each of ``cells`` cells that lies on each of ``n`` pixels, shape (cells, n)."""
    edges = np.linspace(low, high, cells + 1)
    pixels = first + np.arange(n, dtype=np.float64)
    shared = np.minimum(edges[1:, None], pixels + 1) - np.maximum(edges[:-1, None], pixels)
    parts: Floats = np.maximum(shared, 0) * (cells / (high - low))
    return parts
