"""Writing: what is burned in with a bar, its text and the plate that both stand on."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from defectkit.measurement.overprints.bars import Bar
from defectkit.measurement.overprints.boxes import Box, gap, grown, hull

REACH = 0.12
"""Text lies within this part of the height of the image around a bar."""

TALLEST = 0.09
"""No letter is higher than this part of the height of the image."""

NEXT = 0.03
"""From bar to letter and from letter to letter it is at most this part of the height of the image."""

INK = 0.35
"""Pixels of letters, which are thin, are this close to the gray of the bar, as a part of the range of the image."""

FEWEST = 2
"""Fewer letters are none."""

PLATE = 0.15
"""A plate covers at most this part of the image."""

COVERED = 0.5
"""At least this part of the box of a plate has its gray."""

ONE_GRAY = 8 / 255
"""Gray values of a plate differ by less, as a part of the range of the image."""


def with_text(pixels: NDArray[Any], bar: Bar) -> Box:
    """Return the box of a bar and of the text beside it.

    Parameters
    ----------
    pixels : numpy.ndarray, shape (H, W)
    bar : Bar

    Notes
    -----
    Letters are parts of the gray of the bar that are no larger than letters and reach it, one near the other. A defect
    that looks the same and lies as near is taken for one.
    """
    height = pixels.shape[0]
    window = grown(bar.box, max(int(REACH * height), 1), pixels.shape)
    top, left, bottom, right = window
    span = float(pixels.max()) - float(pixels.min())
    ink = np.abs(pixels[top:bottom, left:right].astype(np.float64) - bar.tone) <= INK * span
    ink[bar.box[0] - top : bar.box[2] - top, bar.box[1] - left : bar.box[3] - left] = False
    letters = [
        box
        for box in _boxes(ink, (top, left))
        if 2 < box[2] - box[0] <= TALLEST * height
        and box[3] - box[1] <= TALLEST * height
        and (box[0] > top or top == 0)
        and (box[2] < bottom or bottom == height)
        and (box[1] > left or left == 0)
        and (box[3] < right or right == pixels.shape[1])
    ]
    whole, taken = bar.box, 0
    while near := [box for box in letters if gap(whole, box) <= NEXT * height]:
        letters = [box for box in letters if box not in near]
        taken += len(near)
        for box in near:
            whole = hull(whole, box)
    return whole if taken >= FEWEST else bar.box


def plate_of(pixels: NDArray[Any], box: Box) -> Box | None:
    """Return the box of the plate that a bar and its text stand on, None where there is only the image."""
    span = float(pixels.max()) - float(pixels.min())
    top, left, bottom, right = grown(box, 3, pixels.shape)
    around = pixels[top:bottom, left:right].astype(np.float64)
    ring = np.concatenate([around[0], around[-1], around[:, 0], around[:, -1]])
    value = float(np.median(ring))
    if np.mean(np.abs(ring - value) <= ONE_GRAY * span) < COVERED:
        return None
    largest = int(np.sqrt(PLATE) * max(pixels.shape))
    window = grown(box, largest, pixels.shape)
    part = pixels[window[0] : window[2], window[1] : window[3]]
    plain, _ = ndimage.label(np.abs(part.astype(np.float64) - value) <= ONE_GRAY * span)
    inside = plain[top - window[0] : bottom - window[0], left - window[1] : right - window[1]]
    label = int(np.bincount(inside[inside > 0]).argmax()) if inside.any() else 0
    if not label:
        return None
    rows, columns = ndimage.find_objects(plain)[label - 1]
    found = (rows.start + window[0], columns.start + window[1], rows.stop + window[0], columns.stop + window[1])
    n_pixels = (found[2] - found[0]) * (found[3] - found[1])
    is_plate = n_pixels <= PLATE * pixels.size and np.mean(plain[rows, columns] == label) >= COVERED
    return hull(found, box) if is_plate else None


def _boxes(mask: NDArray[np.bool_], corner: tuple[int, int]) -> list[Box]:
    labels, _ = ndimage.label(mask, structure=np.ones((3, 3)))
    found = ndimage.find_objects(labels)
    return [
        (rows.start + corner[0], columns.start + corner[1], rows.stop + corner[0], columns.stop + corner[1])
        for rows, columns in found
    ]
