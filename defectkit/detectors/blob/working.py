"""The working image: the same scale in nm whatever the magnification."""

from __future__ import annotations

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.geometry.masks import crops_to_runs
from defectkit.geometry.runs import Runs

Floats = NDArray[np.float32]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]


@attrs.frozen(kw_only=True, eq=False)
class WorkingImage:
    """An image with square pixels, not much smaller than the smallest defect needs.

    Parameters
    ----------
    pixels : array of float32, shape (h, w)
    spacing_nm : float
        Edge of a working pixel.
    rows, cols : array of int, shapes (H,) and (W,)
        The working pixel that each row and column of the original image falls into; they never fall.
    """

    pixels: Floats
    spacing_nm: float
    rows: Ints
    cols: Ints

    def to_runs(self, crops: list[Bools], tops: list[int], lefts: list[int]) -> Runs:
        """Return masks, given as crops of the working image, as runs of the original image."""
        shape = (len(self.rows), len(self.cols))
        full, corners = [], []
        for crop, top, left in zip(crops, tops, lefts, strict=True):
            r0, r1 = np.searchsorted(self.rows, (top, top + crop.shape[0]))
            c0, c1 = np.searchsorted(self.cols, (left, left + crop.shape[1]))
            full.append(crop[np.ix_(self.rows[r0:r1] - top, self.cols[c0:c1] - left)])
            corners.append((int(r0), int(c0)))
        tops_full, lefts_full = (np.array([c[k] for c in corners], dtype=np.int64) for k in (0, 1))
        return crops_to_runs(full, tops_full, lefts_full, shape)


def working_image(pixels: NDArray[np.generic], pixel_size_nm: tuple[float, float], wanted_nm: float) -> WorkingImage:
    """Return ``pixels`` averaged to working pixels of at most ``wanted_nm``, or as they are where they are larger.

    Square pixels are joined in whole blocks, so that nothing is interpolated; others are resampled to squares.
    """
    image = np.ascontiguousarray(pixels, dtype=np.float32)
    size_y, size_x = pixel_size_nm
    if np.isclose(size_y, size_x, rtol=1e-6):
        factor = max(1, int(wanted_nm / size_y * (1 + 1e-9)))
        return WorkingImage(
            pixels=block_mean(image, factor),
            spacing_nm=size_y * factor,
            rows=np.arange(image.shape[0]) // factor,
            cols=np.arange(image.shape[1]) // factor,
        )
    spacing = max(size_y, size_x, wanted_nm)
    return _resampled(image, (spacing / size_y, spacing / size_x), spacing)


def block_mean(image: Floats, factor: int) -> Floats:
    """Return the means of blocks of ``factor`` x ``factor`` pixels; the last ones are filled up with the edge."""
    if factor == 1:
        return image
    height, width = image.shape
    padded = np.pad(image, ((0, -height % factor), (0, -width % factor)), mode="edge")
    blocks = padded.reshape(padded.shape[0] // factor, factor, padded.shape[1] // factor, factor)
    means: Floats = blocks.mean(axis=(1, 3), dtype=np.float32)
    return means


def _resampled(image: Floats, factors: tuple[float, float], spacing_nm: float) -> WorkingImage:
    from scipy.ndimage import gaussian_filter, map_coordinates

    blur = [0.0 if f <= 1 else 0.4 * f for f in factors]
    sides = [max(1, round(side / f)) for side, f in zip(image.shape, factors, strict=True)]
    centers = [(np.arange(n) + 0.5) * side / n - 0.5 for n, side in zip(sides, image.shape, strict=True)]
    grid = np.meshgrid(*centers, indexing="ij")
    small = map_coordinates(gaussian_filter(image, blur), grid, order=1, mode="nearest", output=np.float32)
    rows, cols = (
        np.minimum(((np.arange(side) + 0.5) * n / side).astype(np.int64), n - 1)
        for n, side in zip(sides, image.shape, strict=True)
    )
    return WorkingImage(pixels=small, spacing_nm=spacing_nm, rows=rows, cols=cols)
