"""Strips: what a microscope's program writes below an image is not the image."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

PLAIN = 0.5
"""At least this part of a row of a strip has one gray value, that of the strip."""
WRITTEN = (0.005, 0.4)
"""Writing covers between these parts of a strip."""
LARGEST, SMALLEST = 0.25, 8
"""A strip is at most this part of the image high, and at least so many pixels."""
TOLERANCE = 3 / 255
"""Gray values that differ by less, as a part of the range of the image, are one."""


@attrs.frozen(kw_only=True)
class ImageArea:
    """The rows of an image that show the specimen.

    Parameters
    ----------
    bottom : int
        The row after the last one.
    notes : tuple of str
        What was left out.
    """

    bottom: int
    notes: tuple[str, ...] = ()


def image_area(pixels: NDArray[Any]) -> ImageArea:
    """Return the rows of an image above an information strip, all of them where there is none.

    Parameters
    ----------
    pixels : numpy.ndarray, shape (H, W)

    Notes
    -----
    A strip is of one gray value but for the writing on it, over the whole width, and reaches the lower edge.

    Examples
    --------
    >>> image = np.random.default_rng(0).normal(100, 20, (200, 100))
    >>> image[180:] = 0
    >>> image[185:195, 10:30:3] = 255
    >>> image_area(image).bottom
    180
    """
    height = pixels.shape[0]
    lower = np.asarray(pixels[-max(1, int(LARGEST * height)) :], np.float64)
    spread = float(np.ptp(lower)) * TOLERANCE
    value = float(np.median(lower[-1]))
    plain = np.abs(lower - value) <= spread
    of_strip = plain.mean(axis=1) >= PLAIN
    n_rows = len(of_strip) if of_strip.all() else int(np.argmin(of_strip[::-1]))
    written = 1 - float(plain[len(plain) - n_rows :].mean()) if n_rows else 0.0
    if n_rows < SMALLEST or n_rows == len(of_strip) or not WRITTEN[0] <= written <= WRITTEN[1]:
        return ImageArea(bottom=height)
    note = f"the lowest {n_rows} rows look like an information strip: nothing was looked for there"
    return ImageArea(bottom=height - n_rows, notes=(note,))
