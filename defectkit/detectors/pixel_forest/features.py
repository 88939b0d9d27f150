"""Features: what a forest sees of a pixel, filters of several widths in nm around it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.float32]
Features = NDArray[np.float16]

PER_SCALE = (
    "gaussian",
    "gradient",
    "laplacian of gaussian",
    "hessian, larger eigenvalue",
    "hessian, smaller eigenvalue",
    "structure tensor, larger eigenvalue",
    "structure tensor, smaller eigenvalue",
)
"""The features of each scale, in order."""

TRUNCATE = 4.0
"""Filters reach so many standard deviations far: at three, a second derivative of an even gray is no longer 0."""

INTEGRATION = 1.5
"""The structure tensor is smoothed over this many scales."""


def n_features(scales_nm: Sequence[float]) -> int:
    """Return the number of features of a pixel: those of each scale and the gray value itself."""
    return 1 + len(PER_SCALE) * len(scales_nm)


def margin_px(scales_px: Sequence[float]) -> int:
    """Return how far, in pixels, the gray values reach that the features of a pixel depend on."""
    widest = max(scales_px)
    return int(np.ceil(TRUNCATE * widest + 1) + np.ceil(TRUNCATE * INTEGRATION * widest + 1)) + 2


def pixel_features(pixels: Pixels, scales_px: Sequence[float]) -> Features:
    """Return the features of every pixel.

    Parameters
    ----------
    pixels : numpy.ndarray, shape (H, W), float32
        Normalized to [0, 1].
    scales_px : sequence of float
        Standard deviations of the Gaussian filters, in pixels.

    Returns
    -------
    numpy.ndarray, shape (H, W, F), float16
        The gray value, then :data:`PER_SCALE` for each scale. Derivatives are multiplied by the scale for each order,
        so that a feature of twice the size at twice the scale has the same value.

    Notes
    -----
    The filters of ilastik (https://doi.org/10.1038/s41592-019-0582-9) and Trainable Weka Segmentation
    (https://doi.org/10.1093/bioinformatics/btx180).

    Examples
    --------
    >>> pixel_features(np.zeros((4, 5), np.float32), [1.0, 2.0]).shape
    (4, 5, 15)
    """
    columns = [pixels]
    for scale in scales_px:
        columns += _of_scale(pixels, scale)
    return np.stack(columns, axis=-1).astype(np.float16)


def _of_scale(pixels: Pixels, scale: float) -> list[NDArray[Any]]:
    def derivative(*order: int) -> NDArray[Any]:
        return scale ** sum(order) * _gaussian(pixels, scale, order)

    rows, columns = derivative(1, 0), derivative(0, 1)
    hessian = derivative(2, 0), derivative(1, 1), derivative(0, 2)
    width = INTEGRATION * scale
    tensor = tuple(_gaussian(product, width, (0, 0)) for product in (rows**2, rows * columns, columns**2))
    return [
        _gaussian(pixels, scale, (0, 0)),
        np.hypot(rows, columns),
        hessian[0] + hessian[2],
        *_eigenvalues(*hessian),
        *(np.sqrt(np.maximum(value, 0)) for value in _eigenvalues(*tensor)),
    ]


def _gaussian(pixels: NDArray[Any], scale: float, order: Sequence[int]) -> NDArray[Any]:
    from scipy.ndimage import gaussian_filter

    smooth: NDArray[Any] = gaussian_filter(pixels, scale, order=tuple(order), mode="nearest", truncate=TRUNCATE)
    return smooth


def _eigenvalues(a: NDArray[Any], b: NDArray[Any], c: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return the larger and the smaller eigenvalue of the symmetric matrices ``[[a, b], [b, c]]``."""
    middle, half = (a + c) / 2, np.hypot((a - c) / 2, b)
    return middle + half, middle - half
