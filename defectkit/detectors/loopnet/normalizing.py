"""Normalizing: what an image becomes before the network sees it, in training and in use."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

NORMALIZATION = "local-contrast-1"
"""The name of this normalization in the metadata of a model."""
BACKGROUND = 20.0
"""Standard deviation in pixels of the Gaussian whose mean is the background; the contrast is that of twice as much."""
FLOOR = 0.1
"""The least local contrast, as a fraction of the standard deviation of the whole image."""
LIMIT = 6.0
"""Contrasts beyond so many local standard deviations are cut."""
BLOCK = 4
"""Both Gaussians work on means of blocks of so many pixels along each axis."""


def normalize(pixels: NDArray[Any]) -> Floats:
    """Return the local contrast of an image.

    Parameters
    ----------
    pixels : numpy.ndarray, shape (H, W)
        Gray values of any type, dark defects dark; for bright ones give their negative.

    Returns
    -------
    numpy.ndarray, shape (H, W), float32
        From -3 to 3; zero everywhere where all pixels are alike.

    Notes
    -----
    Subtractive and divisive normalization [1]_: the mean within 20 px is taken off, and the rest divided by twice its
    root mean square within 40 px, to which a tenth of the standard deviation of the image is added in squares. Gray
    values that are scaled or shifted give the same.

    References
    ----------
    .. [1] K. Jarrett and others, What is the best multi-stage architecture for object recognition?, ICCV (2009) 2146,
       https://doi.org/10.1109/ICCV.2009.5459469

    Examples
    --------
    >>> image = np.random.default_rng(0).normal(size=(64, 80))
    >>> bool(np.allclose(normalize(image), normalize(50 * image + 7), atol=1e-4))
    True
    """
    if not pixels.size:
        return np.zeros(pixels.shape, np.float32)
    image = np.array(pixels, dtype=np.float32)
    image -= image.mean(dtype=np.float64)
    spread = float(image.std(dtype=np.float64))
    if not spread > 0:
        return np.zeros(pixels.shape, np.float32)
    image /= spread
    image -= local_mean(image, BACKGROUND)
    contrast = local_mean(image * image, 2 * BACKGROUND)
    contrast += FLOOR**2
    np.sqrt(contrast, out=contrast)
    image /= contrast
    np.clip(image, -LIMIT, LIMIT, out=image)
    image /= 2
    return image


def local_mean(image: Floats, sigma: float) -> Floats:
    """Return the mean around each pixel with the weights of a Gaussian, made on blocks and interpolated between them.

    Parameters
    ----------
    image : numpy.ndarray, shape (H, W), float32
    sigma : float
        Standard deviation in pixels; several blocks wide.
    """
    from scipy.ndimage import gaussian_filter

    blocks = block_means(image)
    return _interpolated(gaussian_filter(blocks, sigma / BLOCK, mode="reflect"), (image.shape[0], image.shape[1]))


def block_means(image: Floats) -> Floats:
    """Return the means of blocks of 4 x 4 pixels; the last ones are filled up by reflection."""
    height, width = image.shape
    filled = np.pad(image, ((0, -height % BLOCK), (0, -width % BLOCK)), mode="symmetric")
    rows = filled.reshape(filled.shape[0] // BLOCK, BLOCK, filled.shape[1]).mean(axis=1, dtype=np.float32)
    means: Floats = rows.reshape(rows.shape[0], -1, BLOCK).mean(axis=2, dtype=np.float32)
    return means


def _interpolated(blocks: Floats, shape: tuple[int, int]) -> Floats:
    """Return the values of blocks at each pixel, linear between their middles and constant beyond the outermost."""
    for axis, side in enumerate(shape):
        at = np.clip((np.arange(side) + 0.5) / BLOCK - 0.5, 0, blocks.shape[axis] - 1)
        low = np.minimum(at.astype(np.int64), max(blocks.shape[axis] - 2, 0))
        high = np.minimum(low + 1, blocks.shape[axis] - 1)
        part = np.expand_dims((at - low).astype(np.float32), 1 - axis)
        first = blocks.take(low, axis=axis)
        blocks = first + (blocks.take(high, axis=axis) - first) * part
    return blocks
