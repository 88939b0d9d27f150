"""Working: the pixels and features of an image at the pixel size that a model works at."""

from __future__ import annotations

import math
from collections.abc import Sequence

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.detectors.learning.example import rescaled_shape, resize
from defectkit.detectors.learning.normalization import Normalization
from defectkit.detectors.pixel_forest.feature_cache import FEATURES, Features
from defectkit.detectors.pixel_forest.features import margin_px, n_features, pixel_features
from defectkit.detectors.pixel_forest.forest import Forest
from defectkit.errors import DetectorError
from defectkit.formats.images.limits import SETTING, max_pixels
from defectkit.records.image import Image
from defectkit.units import as_pixel_size

MOST_SCALES, LARGEST_SCALE_PX = 64, 1024
STRIP_BYTES = 2**28
"""Features of an image are made at once up to this size, of a larger one in strips."""


@attrs.frozen(kw_only=True)
class Working:
    """At what pixel size, and through which filters, a model sees an image.

    Parameters
    ----------
    pixel_size_nm : float
    scales_nm : tuple of float
    normalization : Normalization
    """

    pixel_size_nm: float
    scales_nm: tuple[float, ...]
    normalization: Normalization

    def __attrs_post_init__(self) -> None:
        if not 0 < self.pixel_size_nm < math.inf:
            raise DetectorError(f"the pixel size {self.pixel_size_nm} nm/px is none")
        if not 0 < len(self.scales_nm) <= MOST_SCALES or not all(0 < s <= LARGEST_SCALE_PX for s in self.scales_px):
            raise DetectorError(
                f"at {self.pixel_size_nm:g} nm/px the scales {', '.join(f'{s:g}' for s in self.scales_nm[:8])} nm are "
                f"none; up to {MOST_SCALES} of up to {LARGEST_SCALE_PX} pixels each are worked with"
            )

    @property
    def scales_px(self) -> tuple[float, ...]:
        """The scales in pixels of the working size."""
        return tuple(scale / self.pixel_size_nm for scale in self.scales_nm)

    def shape(self, image: Image) -> tuple[int, int]:
        """Return height and width of what ``image`` shows, in pixels of the working size.

        Raises
        ------
        DetectorError
            If that is more pixels than an image may have.
        """
        height, width = rescaled_shape(image, as_pixel_size(f"{self.pixel_size_nm!r} nm/px"))
        if height * width > max_pixels():
            raise DetectorError(
                f"image {image.name!r}: at the {self.pixel_size_nm:g} nm/px that the model works at it has "
                f"{width} x {height} pixels, more than {max_pixels()} (the environment variable {SETTING} says so)"
            )
        return height, width

    def pixels(self, image: Image) -> NDArray[np.float32]:
        """Return the pixels, normalized and resampled."""
        return resize(self.normalization.apply(image.pixels), self.shape(image))

    def features(self, image: Image) -> Features:
        """Return the features of every pixel, shape (H, W, F), from the cache where they are in it."""
        calibration = image.required_calibration()
        key = (image.digest(), calibration.pixel_size_nm, self)
        return FEATURES.get(key, lambda: pixel_features(self.pixels(image), self.scales_px))

    def probabilities(self, image: Image, forest: Forest) -> NDArray[np.float32]:
        """Return what a forest says of every pixel, shape (H, W, C)."""
        height, width = self.shape(image)
        row_bytes = width * n_features(self.scales_nm) * np.dtype(np.float16).itemsize
        if height * row_bytes <= STRIP_BYTES:
            return _predicted(forest, self.features(image))
        rows = max(1, STRIP_BYTES // row_bytes)
        return in_strips(self.pixels(image), self.scales_px, forest, rows)


def in_strips(
    pixels: NDArray[np.float32], scales_px: Sequence[float], forest: Forest, rows: int
) -> NDArray[np.float32]:
    """Return what a forest says of every pixel, working through some rows at a time; it is the same as at once."""
    margin = margin_px(scales_px)
    height = pixels.shape[0]
    strips = []
    for top in range(0, height, rows):
        bottom = min(height, top + rows)
        first, last = max(0, top - margin), min(height, bottom + margin)
        features = pixel_features(pixels[first:last], scales_px)[top - first : bottom - first]
        strips.append(_predicted(forest, features))
    return np.concatenate(strips)


def _predicted(forest: Forest, features: Features) -> NDArray[np.float32]:
    height, width, n = features.shape
    return forest.predict(features.reshape(-1, n)).reshape(height, width, forest.n_classes)
