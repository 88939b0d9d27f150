"""Strips: what a microscope's program writes below, above or beside an image is not the image."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from defectkit.measurement.overprints.boxes import Box

PLAIN = 0.55
"""At least this part of a strip has one gray value."""

BLANK, IMAGE = 0.9, 0.3
"""At least this part of a row between the writing and the image has it, and at most this part of the rows beyond."""

FRAME = 5
"""Rows that a blurred edge may take."""

LARGEST, SMALLEST = 0.25, 8
"""A strip is at most this part of the image high, and at least so many pixels."""

TOLERANCE = 8 / 255
"""Gray values that differ by less, as a part of the range of the image, are one."""

EXTREME = 0.2
"""The gray of a strip is as close as this to the darkest or brightest one of the image, or has no noise at all."""


def strips(pixels: NDArray[Any]) -> tuple[Box, ...]:
    """Return the strips along the four edges of an image; none for one without.

    Parameters
    ----------
    pixels : numpy.ndarray, shape (H, W)

    Returns
    -------
    tuple of (int, int, int, int)
        Top, left, bottom and right of each, half-open.

    Notes
    -----
    A strip is of one gray value but for the writing on it, from edge to edge, and begins within a few rows: a dark
    background of the image that grows ever darker is none.

    Examples
    --------
    >>> image = np.random.default_rng(0).normal(100, 20, (200, 100))
    >>> image[180:] = 0
    >>> image[185:195, 10:30:3] = 255
    >>> strips(image)
    ((180, 0, 200, 100),)
    """
    height, width = pixels.shape
    found = (
        (height - strip_height(pixels[::-1]), 0, height, width),
        (0, 0, strip_height(pixels), width),
        (0, width - strip_height(pixels.T[::-1]), height, width),
        (0, 0, height, strip_height(pixels.T)),
    )
    return tuple(box for box in found if box[0] < box[2] and box[1] < box[3])


def strip_height(pixels: NDArray[Any]) -> int:
    """Return how many of the first rows of an image are a strip; of the last ones, if it is turned over.

    Parameters
    ----------
    pixels : numpy.ndarray, shape (H, W)
    """
    low = float(pixels.min())
    span = float(pixels.max()) - low
    if not span:
        return 0
    n_most = int(LARGEST * len(pixels))
    lines = (np.asarray(pixels[: n_most + 2 * FRAME], np.float64) - low) / span
    middle = np.median(lines, axis=1)
    for n_rows in range(n_most, SMALLEST - 1, -1):
        value = middle[n_rows - 1]
        if min(value, 1 - value) > EXTREME and np.ptp(lines[n_rows - 1]):
            continue
        share = (np.abs(lines[: n_rows + FRAME + FRAME] - value) <= TOLERANCE).mean(axis=1)
        if share[n_rows - 1] >= BLANK and share[n_rows + FRAME :].max() < IMAGE and share[:n_rows].mean() >= PLAIN:
            return n_rows
    return 0
