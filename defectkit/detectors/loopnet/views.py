"""Views: an image as the network sees it, at one scale."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.detectors.loopnet.normalizing import normalize

Floats = NDArray[np.float32]


@attrs.frozen(kw_only=True, eq=False)
class View:
    """An image at one scale, normalized.

    Parameters
    ----------
    pixels : numpy.ndarray, shape (h, w), float32
    factors : tuple of float
        Pixels of the view in one pixel of the image, along rows and along columns.
    """

    pixels: Floats
    factors: tuple[float, float]


def view_of(pixels: NDArray[Any], scale: float) -> View:
    """Return a view of ``pixels`` (H, W) at a scale: 0.5 halves height and width; at least one pixel is left."""
    height, width = pixels.shape
    shape = (max(1, round(height * scale)), max(1, round(width * scale)))
    return View(pixels=normalize(resample(pixels, shape)), factors=(shape[0] / height, shape[1] / width))


def resample(pixels: NDArray[Any], shape: tuple[int, int]) -> Floats:
    """Return ``pixels`` resampled to ``shape``: linearly, with a wider triangle where the new pixels are larger."""
    from PIL import Image as Picture

    if pixels.shape == shape:
        return np.asarray(pixels, np.float32)
    picture = Picture.fromarray(np.ascontiguousarray(pixels, np.float32))
    return np.asarray(picture.resize((shape[1], shape[0]), Picture.Resampling.BILINEAR), np.float32)
