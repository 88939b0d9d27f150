"""Warping: a turned, mirrored, stretched and scaled square of an image, without aliasing."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.synthesis import Ellipses
from defectkit_unet.data.crop import Crop

Floats = NDArray[np.float64]

N_LEVELS = 4
SMALLEST_PX, LARGEST_PX = 9.0, 55.0
"""Defects of sizes from the first to the second are learned."""
TOO_SMALL_PX, TOO_LARGE_PX = 6.0, 72.0
"""Defects smaller than the first or larger than the second are for another scale, and there is nothing to be found in
them at this one; those between these sizes and the ones that are learned are neither learned nor denied."""
MARGIN_PX = 5.0


@attrs.frozen(kw_only=True, eq=False)
class Scene:
    """An image at several resolutions, with its defects.

    Parameters
    ----------
    levels : tuple of numpy.ndarray
        The image, and means of 2 x 2 pixels of the one before.
    ellipses : Ellipses
        In pixels of the image.
    completeness : float
        How sure it is that there is nothing where no ellipse is, from 0 to 1.
    """

    levels: tuple[NDArray[Any], ...]
    ellipses: Ellipses
    completeness: float = 1.0

    @classmethod
    def of(cls, pixels: NDArray[Any], ellipses: Ellipses, *, completeness: float = 1.0) -> Scene:
        """Return a scene of an image; its levels keep the type of the pixels."""
        levels = [pixels]
        while len(levels) < N_LEVELS and min(levels[-1].shape) >= 64:
            height, width = (side // 2 * 2 for side in levels[-1].shape)
            blocks = levels[-1][:height, :width].reshape(height // 2, 2, width // 2, 2)
            levels.append(blocks.mean(axis=(1, 3), dtype=np.float32).astype(pixels.dtype))
        return cls(levels=tuple(levels), ellipses=ellipses, completeness=completeness)

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width of the image."""
        height, width = self.levels[0].shape
        return height, width


def turn(rng: np.random.Generator) -> Floats:
    """Return a matrix (2, 2) that turns, mirrors and slightly stretches; half of them turn by right angles only."""
    angle = rng.uniform(0, 2 * np.pi) if rng.random() < 0.5 else int(rng.integers(4)) * np.pi / 2
    stretch = np.exp(rng.normal(0, 0.08))
    cosine, sine = np.cos(angle), np.sin(angle)
    matrix: Floats = np.array([[cosine, -sine], [sine, cosine]]) @ np.diag([rng.choice([-1, 1]) * stretch, 1 / stretch])
    return matrix


def warp(scene: Scene, matrix: Floats, center: Floats, side: int) -> Crop:
    """Return the square of ``side`` pixels whose middle shows ``center`` after ``matrix`` was applied to the image."""
    from scipy.ndimage import affine_transform

    scale = float(np.sqrt(abs(np.linalg.det(matrix))))
    level = int(np.clip(np.floor(np.log2(max(1 / scale, 1))), 0, len(scene.levels) - 1))
    pixels, shrink = scene.levels[level], 2.0**level
    inverse = np.linalg.inv(matrix)
    start = center - inverse @ np.full(2, side / 2)  # where the corner of the crop lies in the image
    corners = start + np.array([[0, 0], [0, side], [side, 0], [side, side]]) @ inverse.T
    low = np.clip(np.floor(corners.min(axis=0) / shrink).astype(int) - 2, 0, np.array(pixels.shape) - 1)
    high = np.clip(np.ceil(corners.max(axis=0) / shrink).astype(int) + 2, low + 1, pixels.shape)
    window = pixels[low[0] : high[0], low[1] : high[1]].astype(np.float32)
    # pixel centers lie at +0.5 in both frames
    step = inverse / shrink
    offset = (start + inverse @ np.full(2, 0.5)) / shrink - 0.5 - low
    shown = affine_transform(window, step, offset, (side, side), order=1, mode="mirror")
    return Crop(
        pixels=shown,
        ellipses=visible(scene.ellipses.moved(matrix, -matrix @ start), side),
        known=_inside(scene.shape, inverse, start, side) * np.float32(scene.completeness),
    )


def visible(ellipses: Ellipses, side: int) -> Ellipses:
    """Return the ellipses of a crop, without those for another scale, and with no trust in those that may be."""
    inside = ellipses.within((side, side), MARGIN_PX)
    inside = inside.take((inside.diameters >= TOO_SMALL_PX) & (inside.diameters <= TOO_LARGE_PX))
    learned = (inside.diameters >= SMALLEST_PX) & (inside.diameters <= LARGEST_PX)
    return attrs.evolve(inside, trust=np.where(learned, inside.trust, 0.0))


def _inside(
    shape: tuple[int, int], inverse: NDArray[np.floating[Any]], start: NDArray[np.floating[Any]], side: int
) -> NDArray[np.bool_]:
    at = np.arange(side) + 0.5
    inside = np.ones((side, side), bool)
    for axis in (0, 1):
        place = start[axis] + inverse[axis, 0] * at[:, None] + inverse[axis, 1] * at[None]
        inside &= (place >= 0) & (place < shape[axis])
    return inside
