"""Targets: the maps that a network is to give for known ellipses."""

from __future__ import annotations

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.synthesis import Ellipses

Floats = NDArray[np.float32]

STRIDE = 2
"""Pixels of the image along each side of a cell of the maps."""
OFFSET_PX = 16.0
"""Offsets to centers are in units of so many pixels."""
BEYOND = 1.1
"""Around a defect that should neither be learned nor denied, cells count for nothing up to so many semi-axes."""


@attrs.frozen(kw_only=True, eq=False)
class Targets:
    """What the maps of one image should be, and how much each cell counts.

    Parameters
    ----------
    object : numpy.ndarray, shape (h, w), float32
        1 at the center of a defect, 0 at its outline.
    foreground : numpy.ndarray, shape (h, w), float32
        1 where there is a defect, else 0.
    shape : numpy.ndarray, shape (5, h, w), float32
        Offset and logarithm of the shape of the nearest defect.
    types : numpy.ndarray, shape (h, w), int64
        -1 where no type is known.
    weight : numpy.ndarray, shape (h, w), float32
        How much is known: the trust of a defect within it, elsewhere how sure it is that there is none.
    """

    object: Floats
    foreground: Floats
    shape: Floats
    types: NDArray[np.int64]
    weight: Floats


def targets(ellipses: Ellipses, shape: tuple[int, int], known: Floats | None = None) -> Targets:
    """Return the targets of an image.

    Parameters
    ----------
    ellipses : Ellipses
    shape : tuple of int
        Of the image, multiples of 2.
    known : numpy.ndarray, shape ``shape``, float32, optional
        How sure it is that the ellipses are all there is, from 0 to 1; 0 where the labels say nothing at all.

    Examples
    --------
    >>> made = targets(Ellipses.circles([(9.0, 9.0)], [4.0]), (16, 16))
    >>> made.object[4, 4].item(), made.foreground.sum().item(), made.shape[0, 3, 4].item()
    (1.0, 13.0, 0.125)
    """
    height, width = (side // STRIDE for side in shape)
    peak, foreground = np.zeros((2, height, width), np.float32)
    maps, types = np.zeros((5, height, width), np.float32), np.full((height, width), -1, np.int64)
    nearest = np.full((height, width), np.inf, np.float32)
    weight = np.ones((height, width), np.float32)
    if known is not None:
        weight *= known.reshape(height, STRIDE, width, STRIDE).min(axis=(1, 3))
    labelled = weight > 0
    inverse = np.linalg.inv(ellipses.shapes + 1e-3 * np.eye(2)) if len(ellipses) else np.zeros((0, 2, 2))
    logs, reach = ellipses.log_shapes(), np.sqrt(ellipses.shapes[:, [0, 1], [0, 1]]) * BEYOND
    low = np.maximum(np.floor((ellipses.centers - reach) / STRIDE).astype(int) - 1, 0)
    high = np.minimum(np.ceil((ellipses.centers + reach) / STRIDE).astype(int) + 1, (height, width))
    for i in np.argsort(ellipses.trust, kind="stable"):
        if (high[i] <= low[i]).any():
            continue
        window = (slice(low[i, 0], high[i, 0]), slice(low[i, 1], high[i, 1]))
        down = ellipses.centers[i, 0] - (np.arange(low[i, 0], high[i, 0])[:, None] + 0.5) * STRIDE
        over = ellipses.centers[i, 1] - (np.arange(low[i, 1], high[i, 1])[None] + 0.5) * STRIDE
        form = inverse[i]
        distance = np.sqrt(form[0, 0] * down**2 + 2 * form[0, 1] * down * over + form[1, 1] * over**2)
        trust = float(ellipses.trust[i])
        if trust == 0:
            weight[window][distance <= BEYOND] = 0
            continue
        height_here = np.maximum(1 - distance, 0)
        top = float(height_here.max())
        if top <= 0:
            continue
        if _well_inside(ellipses.centers[i], shape):
            height_here = height_here / top
        closest = (distance < nearest[window]) & (distance <= 1.05)
        nearest[window][closest] = distance[closest]
        peak[window][closest] = height_here[closest]
        covered = distance <= 1
        foreground[window][covered] = 1
        weight[window][covered] = trust * labelled[window][covered]
        values = (down / OFFSET_PX + 0 * over, over / OFFSET_PX + 0 * down, *logs[i])
        for plane, value in zip(maps, values, strict=True):
            plane[window][closest] = np.broadcast_to(value, distance.shape)[closest]
        types[window][closest] = ellipses.types[i]
    return Targets(object=peak, foreground=foreground, shape=maps, types=types, weight=weight)


def _well_inside(center: NDArray[np.float64], shape: tuple[int, int]) -> bool:
    return bool((center >= STRIDE).all() and (center < np.array(shape) - STRIDE).all())
