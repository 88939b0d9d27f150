"""Outlines: the pixels along the inside of the edge of each mask, in a picture of another scale."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.geometry.contours import runs_to_polygons
from defectkit.geometry.polygons import rings_to_runs
from defectkit.geometry.runs import Runs

Bools = NDArray[np.bool_]

THIN_BELOW = 8
"""Defects that are smaller than this in the picture, in pixels, get an outline of one pixel."""


@attrs.frozen(kw_only=True, eq=False)
class PictureOutline:
    """Where the outline of one defect lies in a picture.

    Parameters
    ----------
    top, left : int
        Of the two windows in the picture; they may be -1.
    line : array of bool, shape (h, w)
        Pixels along the inside of the edge: all of them belong to the mask.
    halo : array of bool, shape (h, w)
        Pixels that touch the mask from outside, or lie in a hole of it along its edge.
    """

    top: int
    left: int
    line: Bools
    halo: Bools


def outlines(runs: Runs, scale: tuple[float, float], shape: tuple[int, int], width: int) -> Iterator[PictureOutline]:
    """Yield the outline of each mask in a picture.

    Parameters
    ----------
    runs : Runs
        N masks in pixels of the image.
    scale : (float, float)
        Pixels of the picture per pixel of the image, along rows and along columns.
    shape : (int, int)
        Rows and columns of the picture.
    width : int
        Width of the lines in pixels of the picture.

    Yields
    ------
    PictureOutline
        For each mask that is not empty. A mask too small to hold a center of a pixel of the picture is the one pixel
        that its own center lies in.
    """
    rings = [[ring * scale for ring in defect] for defect in runs_to_polygons(runs)]
    scaled = rings_to_runs(rings, shape)
    boxes = scaled.boxes()
    for k, defect in enumerate(rings):
        if not defect:
            continue
        top, left, bottom, right = (int(v) for v in boxes[k])
        if bottom == top:
            row, col = defect[0].mean(axis=0)
            top, left = min(int(row), shape[0] - 1), min(int(col), shape[1] - 1)
            mask = np.ones((1, 1), bool)
        else:
            mask = _crop(scaled, k, (top, left, bottom, right))
        padded = np.pad(mask, 1)
        inner = padded
        for _ in range(width if min(mask.shape) >= THIN_BELOW else 1):
            inner = _eroded(inner)
        yield PictureOutline(top=top - 1, left=left - 1, line=padded & ~inner, halo=~_eroded(~padded) & ~padded)


def paint(canvas: NDArray[np.uint8], top: int, left: int, where: Bools, color: Any, opacity: float = 1.0) -> None:
    """Color the pixels of ``canvas`` (rows, columns, 3) in a window at ``top``, ``left``; what lies outside is cut."""
    rows, columns = canvas.shape[:2]
    cut_top, cut_left = max(0, -top), max(0, -left)
    window = where[cut_top : rows - top, cut_left : columns - left]
    view = canvas[top + cut_top : top + cut_top + window.shape[0], left + cut_left : left + cut_left + window.shape[1]]
    old = view[window].astype(np.float64)
    view[window] = np.round(old + (np.asarray(color, dtype=np.float64) - old) * opacity).astype(np.uint8)


def _crop(runs: Runs, index: int, box: tuple[int, int, int, int]) -> Bools:
    top, left, bottom, right = box
    mask = np.zeros((bottom - top, right - left), bool)
    for r in range(runs.offsets[index], runs.offsets[index + 1]):
        mask[runs.row[r] - top, runs.start[r] - left : runs.end[r] - left] = True
    return mask


def _eroded(mask: Bools) -> Bools:
    """Return the pixels whose four neighbors are all in ``mask``; beyond the window is taken as its border."""
    inner = mask.copy()
    inner[1:] &= mask[:-1]
    inner[:-1] &= mask[1:]
    inner[:, 1:] &= mask[:, :-1]
    inner[:, :-1] &= mask[:, 1:]
    return inner
