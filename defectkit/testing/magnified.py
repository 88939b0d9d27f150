"""Magnified: images that show the same field in finer pixels, or many times side by side."""

from __future__ import annotations

import attrs
import numpy as np

from defectkit.records import Image
from defectkit.records.image import ArrayPixels


def in_finer_pixels(image: Image, times: int) -> Image:
    """Return the same field with each pixel as ``times`` x ``times`` pixels, and a pixel size to match.

    Examples
    --------
    >>> finer = in_finer_pixels(Image.from_array("one", np.eye(2), pixel_size="1 nm/px"), 2)
    >>> finer.shape, finer.calibration.pixel_size_nm
    ((4, 4), (0.5, 0.5))
    """
    pixels = np.repeat(np.repeat(image.pixels, times, axis=0), times, axis=1)
    calibration = image.required_calibration()
    finer = attrs.evolve(
        calibration,
        pixel_size_y=calibration.pixel_size_y / times,
        pixel_size_x=calibration.pixel_size_x / times,
    )
    return attrs.evolve(image, source=ArrayPixels(array=pixels), calibration=finer)


def side_by_side(image: Image, n: int) -> Image:
    """Return an image that shows ``n`` x ``n`` copies of another, each mirrored to its neighbours so that seams fit.

    Examples
    --------
    >>> side_by_side(Image.from_array("one", np.zeros((2, 3))), 2).shape
    (4, 6)
    """
    height, width = image.shape
    pixels = np.pad(image.pixels, ((0, (n - 1) * height), (0, (n - 1) * width)), mode="symmetric")
    return attrs.evolve(image, source=ArrayPixels(array=pixels))
