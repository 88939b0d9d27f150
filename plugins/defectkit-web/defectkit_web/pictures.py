"""Pictures: an image as the screen shows it, in tiles at every power of two."""

from __future__ import annotations

import io
from collections import OrderedDict
from threading import Lock

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit import Image
from defectkit.errors import ImageReadError

Bytes = NDArray[np.uint8]

TILE = 512
DARKEST_PERCENT, BRIGHTEST_PERCENT = 0.3, 99.7
"""What is shown black and white: percentiles of the pixels, as many microscopes leave a few that are far off."""
MOST_SAMPLES = 2**20
MOST_PICTURES = 2
"""Images that are kept in memory at a time."""


@attrs.frozen(kw_only=True, eq=False)
class Picture:
    """An image as 8-bit grey levels, whole and halved again and again.

    Parameters
    ----------
    levels : tuple of uint8 arrays
        From one of at most one tile to the whole image; each has half the rows and columns of the next, rounded up.
    """

    levels: tuple[Bytes, ...]

    @classmethod
    def of(cls, image: Image) -> Picture:
        """Stretch the grey levels of an image and halve it until it fits into a tile.

        Raises
        ------
        ImageReadError
            If its pixels cannot be read.
        """
        level = grey_levels(np.asarray(image.pixels))
        levels = [level]
        while max(level.shape) > TILE:
            level = _halved(level)
            levels.append(level)
        return cls(levels=tuple(reversed(levels)))

    def tile(self, level: int, column: int, row: int) -> bytes:
        """Return a tile as PNG.

        Raises
        ------
        ImageReadError
            If there is no such tile.
        """
        from PIL import Image as Pillow

        if not 0 <= level < len(self.levels) or column < 0 or row < 0:
            raise ImageReadError(f"there is no tile {level}/{column}_{row}")
        part = self.levels[level][row * TILE : (row + 1) * TILE, column * TILE : (column + 1) * TILE]
        if part.size == 0:
            raise ImageReadError(f"there is no tile {level}/{column}_{row}")
        stream = io.BytesIO()
        Pillow.fromarray(part).save(stream, "PNG", compress_level=1)
        return stream.getvalue()


def grey_levels(pixels: NDArray[np.generic]) -> Bytes:
    """Return pixels of any type as grey levels from 0 to 255, between two percentiles; what is no number is black."""
    step = max(1, int(np.sqrt(pixels.size / MOST_SAMPLES)))
    sample = pixels[::step, ::step].astype(np.float64)
    finite = sample[np.isfinite(sample)]
    low, high = np.percentile(finite, (DARKEST_PERCENT, BRIGHTEST_PERCENT)) if finite.size else (0.0, 1.0)
    scale = 255.0 / (high - low) if high > low else 0.0
    if pixels.dtype.kind == "u" and pixels.dtype.itemsize <= 2:
        values = np.arange(2 ** (8 * pixels.dtype.itemsize), dtype=np.float32)
        shown: Bytes = np.clip((values - low) * scale, 0, 255).round().astype(np.uint8)[pixels]
        return shown
    out = np.empty(pixels.shape, np.uint8)
    for top in range(0, pixels.shape[0], 512):
        band = np.nan_to_num(pixels[top : top + 512].astype(np.float32), nan=low, posinf=high, neginf=low)
        out[top : top + 512] = np.clip((band - low) * scale, 0, 255).round()
    return out


def _halved(level: Bytes) -> Bytes:
    rows, columns = level.shape
    even = np.pad(level, ((0, rows % 2), (0, columns % 2)), mode="edge").astype(np.uint16)
    total = even[::2, ::2] + even[1::2, ::2] + even[::2, 1::2] + even[1::2, 1::2]
    return ((total + 2) // 4).astype(np.uint8)


@attrs.define(kw_only=True, eq=False)
class Gallery:
    """The pictures that were looked at last."""

    _kept: OrderedDict[str, Picture] = attrs.field(factory=OrderedDict, init=False)
    _lock: Lock = attrs.field(factory=Lock, init=False)

    def picture(self, image: Image) -> Picture:
        """Return the picture of an image, made where it is not kept."""
        with self._lock:
            found = self._kept.pop(image.name, None) or Picture.of(image)
            self._kept[image.name] = found
            while len(self._kept) > MOST_PICTURES:
                self._kept.popitem(last=False)
            return found
