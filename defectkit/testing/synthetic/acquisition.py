"""Acquisition: the uneven background, the noise and the scale of gray values of a synthetic micrograph."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Pixels = NDArray[Any]


@attrs.frozen(kw_only=True)
class Acquisition:
    """How a synthetic micrograph was taken.

    Parameters
    ----------
    electrons : float
        Mean number of electrons counted in a pixel of clear background: the fewer, the noisier.
    readout : float
        Standard deviation of the readout noise, in electrons.
    unevenness : float
        Relative strength of the slow variation of the background.
    fringes : float
        Relative strength of thickness fringes.
    bend_depth : float
        Optical depth of the bend contour that crosses the image; 0 for none.
    mottle : float
        Relative strength of the fine mottling of the foil's surfaces.
    line_noise : float
        Relative standard deviation of the gain from one scan line to the next.
    level : float
        Gray value of clear background, as a part of the range of the dtype.
    bits : int
        8 or 16: unsigned integers of this size.
    """

    electrons: float = attrs.field(default=220.0, validator=attrs.validators.gt(0))
    readout: float = 3.0
    unevenness: float = 0.12
    fringes: float = 0.03
    bend_depth: float = 0.25
    mottle: float = 0.02
    line_noise: float = 0.006
    level: float = 0.68
    bits: int = attrs.field(default=8, validator=attrs.validators.in_((8, 16)))

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype of the pixels."""
        return np.dtype(np.uint8) if self.bits == 8 else np.dtype(np.uint16)


def background(
    shape: tuple[int, int], pixel_size_nm: float, acquisition: Acquisition, rng: np.random.Generator
) -> Floats:
    """Return the intensity without any defect, about 1: slow variation, thickness fringes, a bend contour, mottling."""
    from scipy.ndimage import gaussian_filter

    row, col = (np.arange(side) + 0.5 for side in shape)
    slow = 1 + acquisition.unevenness * smooth_field(shape, 5, rng)
    angle, period_nm, shift = rng.uniform(0, np.pi), rng.uniform(150, 400), rng.uniform(0, 2 * np.pi)
    along_nm = pixel_size_nm * (row[:, None] * np.sin(angle) + col[None, :] * np.cos(angle))
    warp = 1.5 * smooth_field(shape, 4, rng)
    fringes = 1 + acquisition.fringes * np.sin(2 * np.pi * along_nm / period_nm + shift + warp)
    bend_angle, offset, width = rng.uniform(0, np.pi), rng.uniform(-0.35, 0.35), rng.uniform(0.05, 0.15)
    v, u = (row / shape[0] - 0.5)[:, None], (col / shape[1] - 0.5)[None, :]
    across = v * np.cos(bend_angle) - u * np.sin(bend_angle) - offset
    along = v * np.sin(bend_angle) + u * np.cos(bend_angle)
    contour = np.exp(-acquisition.bend_depth * np.exp(-(((across - rng.uniform(-1, 1) * along**2) / width) ** 2)))
    grain_px = max(1.8 / pixel_size_nm, 1.0)
    grain = gaussian_filter(rng.standard_normal(shape), grain_px, mode="wrap")
    mottle = 1 + acquisition.mottle * grain * (2 * np.sqrt(np.pi) * grain_px)
    clear: Floats = np.maximum(slow * fringes * contour * mottle, 0.05)
    return clear


def smooth_field(shape: tuple[int, int], orders: int, rng: np.random.Generator) -> Floats:
    """Return a smooth random field (height, width) of mean square about 1: ``orders`` cosines along each side."""
    row, col = (np.cos(np.pi * np.outer((np.arange(side) + 0.5) / side, np.arange(orders))) for side in shape)
    order = np.arange(orders)
    weights = rng.standard_normal((orders, orders)) / (1 + order[:, None] + order[None, :])
    weights[0, 0] = 0.0
    field: Floats = row @ weights @ col.T
    return field


def expose(intensity: Floats, acquisition: Acquisition, rng: np.random.Generator) -> Pixels:
    """Return the pixels that a detector records of ``intensity``: shot noise, readout noise, line noise, clipping."""
    gain = 1 + acquisition.line_noise * rng.standard_normal((intensity.shape[0], 1))
    expected = np.round(acquisition.electrons * intensity * gain, 3)  # so that the draws are the same on every machine
    counted = rng.poisson(np.maximum(expected, 0.0)) + acquisition.readout * rng.standard_normal(intensity.shape)
    top = float(np.iinfo(acquisition.dtype).max)
    gray = counted * (acquisition.level * top / acquisition.electrons)
    pixels: Pixels = np.clip(np.round(gray), 0, top).astype(acquisition.dtype)
    return pixels
