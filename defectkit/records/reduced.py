"""Reduced: the pixels of a large image as the means of blocks, read band by band."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from defectkit.records.image import Image

LARGEST_WHOLE = 2**24
"""Images of more pixels are made smaller while they are read."""


def reduced_pixels(image: Image, longest_px: int) -> NDArray[Any]:
    """Return the pixels of an image for a picture of it, read now.

    Of an image of over :data:`LARGEST_WHOLE` pixels they are the means of blocks of pixels, read band by band, with at
    least ``longest_px`` of them along the longer side: more than a picture shows is never in memory.

    Parameters
    ----------
    image : Image
    longest_px : int
        The longer side of the picture.

    Returns
    -------
    numpy.ndarray, shape (rows, columns)
        Of the dtype of the image; of booleans that are averaged, float32.
    """
    height, width = image.shape
    if height * width <= LARGEST_WHOLE:
        return image.pixels
    factor = max(1, max(height, width) // (2 * longest_px))
    if factor == 1:
        return image.pixels
    rows = max(1, LARGEST_WHOLE // 4 // width // factor) * factor
    if not image.reads_boxes:
        whole = image.pixels
        return np.concatenate([block_means(whole[top : top + rows], factor) for top in range(0, height, rows)])
    parts = (image.box(top, 0, min(top + rows, height), width) for top in range(0, height, rows))
    return np.concatenate([block_means(part, factor) for part in parts])


def block_means(pixels: NDArray[Any], factor: int) -> NDArray[Any]:
    """Return means of square blocks, in the dtype of the pixels; at the lower and right edge, of what there is of one.

    Examples
    --------
    >>> block_means(np.array([[1, 3, 10]]), 2)
    array([[ 2, 10]])
    """
    by_row = np.add.reduceat(pixels, range(0, pixels.shape[0], factor), axis=0, dtype=np.float64)
    sums = np.add.reduceat(by_row, range(0, pixels.shape[1], factor), axis=1)
    counts = [np.diff([*range(0, side, factor), side]) for side in pixels.shape]
    means: NDArray[Any] = (sums / np.outer(*counts)).astype(pixels.dtype if pixels.dtype != bool else np.float32)
    return means
