"""Contrast: pixels of any type as the 256 grays of a picture."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

PERCENTILES = (0.35, 99.65)
"""Pixels below the first and above the second are shown black and white."""

SAMPLES = 1_000_000
"""Percentiles are taken over about this many pixels, evenly spread."""

FLAT = 128
"""The gray of an image that is all of one value."""


def gray_levels(pixels: NDArray[Any]) -> NDArray[np.uint8]:
    """Return an image as 8-bit grays.

    Parameters
    ----------
    pixels : numpy.ndarray, shape (rows, columns)
        Integers, floats or booleans.

    Returns
    -------
    numpy.ndarray, shape (rows, columns), uint8
        Pixels of 8 bits as they are; all others stretched so that :data:`PERCENTILES` become black and white. Pixels
        that are not finite are black.

    Examples
    --------
    >>> gray_levels(np.array([[1000, 2000, 3000]], np.uint16)).tolist()
    [[0, 127, 255]]
    """
    if pixels.dtype == np.uint8:
        return pixels
    values = pixels.astype(np.float64)
    finite = np.isfinite(values)
    if not finite.any():
        return np.zeros(values.shape, np.uint8)
    step = max(1, int(np.sqrt(values.size / SAMPLES)))
    sample = values[::step, ::step]
    sample = sample[np.isfinite(sample)] if np.isfinite(sample).any() else values[finite]
    low, high = np.percentile(sample, PERCENTILES)
    if high <= low:
        low, high = values[finite].min(), values[finite].max()
    if high <= low:
        return np.where(finite, FLAT, 0).astype(np.uint8)
    scaled = np.clip((np.where(finite, values, low) - low) / (high - low), 0, 1) * 255
    return np.where(finite, scaled, 0).astype(np.uint8)
