"""Exposure: blur, noise, gray scale and compression, drawn anew for every image."""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


def expose(pixels: Floats, rng: np.random.Generator) -> Floats:
    """Return an image as some camera and some file may hold it.

    Parameters
    ----------
    pixels : numpy.ndarray, shape (H, W), float32
    rng : numpy.random.Generator

    Returns
    -------
    numpy.ndarray, shape (H, W), float32
        Blurred, noisy, with another gray scale; in no particular unit.
    """
    from scipy.ndimage import gaussian_filter

    image = pixels - pixels.mean()
    image /= max(float(image.std()), 1e-6)
    if rng.random() < 0.5:
        image = gaussian_filter(image, rng.uniform(0.4, 1.6), truncate=3.0)
    if rng.random() < 0.8:
        image = image + _noise(image.shape, rng) * np.float32(np.exp(rng.uniform(np.log(0.05), np.log(0.8))))
    if rng.random() < 0.3:
        image = np.sign(image) * np.abs(image) ** np.float32(rng.uniform(0.8, 1.25))
    if rng.random() < 0.3:
        low, high = np.percentile(image, [rng.uniform(0, 2), 100 - rng.uniform(0, 5)])
        image = np.clip(image, low, high)
    if rng.random() < 0.1:
        image = image + rng.normal(0, 0.15, (len(image), 1)).astype(np.float32)
    if rng.random() < 0.25:
        image = compress(image, int(rng.integers(40, 95)))
    taken: Floats = image.astype(np.float32)
    return taken


def compress(image: Floats, quality: int) -> Floats:
    """Return the gray values after they went through an 8-bit JPEG of this quality."""
    from PIL import Image as Picture

    low, high = float(image.min()), float(image.max())
    scale = 255 / max(high - low, 1e-6)
    with io.BytesIO() as file:
        Picture.fromarray(((image - low) * scale).astype(np.uint8)).save(file, "JPEG", quality=quality)
        gray = np.asarray(Picture.open(file), dtype=np.float32)
    return gray / np.float32(scale) + np.float32(low)


def _noise(shape: tuple[int, ...], rng: np.random.Generator) -> Floats:
    """Return noise of standard deviation 1, white or with the blur of a scintillator."""
    from scipy.ndimage import gaussian_filter

    white = rng.standard_normal(shape, dtype=np.float32)
    if rng.random() < 0.5:
        return white
    blurred: Floats = gaussian_filter(white, rng.uniform(0.5, 1.6), truncate=3.0)
    return blurred / max(float(blurred.std()), 1e-6)
