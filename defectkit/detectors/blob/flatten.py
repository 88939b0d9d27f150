"""Flattening: how much darker than the foil around it each pixel is, and how much of that is noise."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from defectkit.detectors.blob.working import block_mean

Floats = NDArray[np.float32]

WINDOWS_ACROSS = 9
"""The background is a median of about this many blocks along each side of its window."""


def darkness(image: Floats, window_px: float) -> Floats:
    """Return the local background less the image: positive where it is dark.

    The background is the median over a square window of ``window_px`` pixels a side, smoothed. A median stays on the
    level of the foil as long as defects cover less than half of the window.
    """
    from scipy.ndimage import gaussian_filter, median_filter, zoom

    factor = max(1, int(window_px // WINDOWS_ACROSS))
    small = block_mean(image, factor)
    size = max(3, round(window_px / factor) | 1)
    level = gaussian_filter(median_filter(small, size=size, mode="reflect"), size / 6)
    if factor > 1:
        level = zoom(level, factor, order=1, mode="nearest", grid_mode=True)[: image.shape[0], : image.shape[1]]
    dark: Floats = level.astype(np.float32) - image
    return dark


def noise_level(signal: Floats, window_px: float) -> Floats:
    """Return the local standard deviation of a signal, judged by its negative half so that what is dark counts not.

    For noise about zero the mean square of the negative half is that of the whole. The window is square, of
    ``window_px`` pixels a side. Where the signal is never negative the level of the whole image is taken.
    """
    from scipy.ndimage import uniform_filter

    negative = np.minimum(signal, 0.0)
    size = max(3, int(window_px))
    power = uniform_filter(negative * negative, size, mode="reflect")
    share = uniform_filter((signal < 0).astype(np.float32), size, mode="reflect")
    whole = float((negative * negative).sum() / max(1, int((signal < 0).sum())))
    variance = np.where(share > 0.02, np.maximum(power, 0.0) / np.maximum(share, 0.02), whole)
    level: Floats = np.sqrt(variance).astype(np.float32)
    return level
