"""Color: from pixels with several channels to grey ones."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from defectkit.formats.images.boxes import bands

LUMINANCE = (0.299, 0.587, 0.114)
"""Weights of red, green and blue, as in ITU-R BT.601."""

COLOR_NOTE = "a colour image: read as its luminance, 0.299 R + 0.587 G + 0.114 B"


def is_grey(channels: NDArray[Any]) -> bool:
    """Return whether the first three channels (H, W, C) are equal everywhere; one or two channels are grey and alpha.

    Examples
    --------
    >>> is_grey(np.ones((2, 2, 3))), is_grey(np.arange(12).reshape(2, 2, 3))
    (True, False)
    """
    if channels.shape[2] < 3:
        return True
    return all(_is_grey(channels[top:bottom]) for top, _, bottom, _ in bands(channels.shape[:2]))


def _is_grey(channels: NDArray[Any]) -> bool:
    red, green, blue = (channels[..., c] for c in range(3))
    return bool(np.array_equal(red, green) and np.array_equal(red, blue))


def to_grey(channels: NDArray[Any]) -> NDArray[Any]:
    """Return one channel (H, W) of the same dtype: the common one of a grey image, the luminance of a coloured one.

    Alpha (a second or fourth channel) is left out.

    Examples
    --------
    >>> to_grey(np.array([[[255, 0, 0], [7, 7, 7]]], np.uint8)).tolist()
    [[76, 7]]
    """
    if is_grey(channels):
        return np.ascontiguousarray(channels[..., 0])
    grey = np.empty(channels.shape[:2], dtype=channels.dtype)
    for top, _, bottom, _ in bands(grey.shape):
        luminance = channels[top:bottom, :, :3].astype(np.float64) @ np.array(LUMINANCE)
        grey[top:bottom] = np.rint(luminance) if channels.dtype.kind in "iu" else luminance
    return grey
