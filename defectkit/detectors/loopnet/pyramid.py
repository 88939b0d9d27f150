"""Pyramid: an image at all scales that a defect might need, seen dark or bright."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.detectors.loopnet.candidates import Candidates
from defectkit.detectors.loopnet.decoding import candidates, sigmoid
from defectkit.detectors.loopnet.fusing import Fusion
from defectkit.detectors.loopnet.operating_point import expected_f1
from defectkit.detectors.loopnet.polarity import Polarity
from defectkit.detectors.loopnet.session import Network
from defectkit.detectors.loopnet.suppression import suppress
from defectkit.detectors.loopnet.views import view_of

Floats = NDArray[np.float32]

STEP = 2**-0.5
"""Ratio of neighboring scales."""
SMALLEST_SIDE = 24
"""Views of fewer pixels along their shorter side are not made."""
ENLARGED_PIXELS = 1.05 * 2**22
"""Images of at most so many pixels are enlarged by one step, too."""
JUDGED_PIXELS = 1.2 * 2**20
"""Views of at most so many pixels decide whether defects are dark or bright."""
BRIGHT_MARGIN = 0.05
"""How much higher the expected F1 of bright defects has to be, since most defects are dark."""
FLOOR = 0.05
"""Peaks and candidates of a lower probability are dropped."""


@attrs.frozen(kw_only=True, eq=False)
class Level:
    """What the network says of an image at one scale.

    Parameters
    ----------
    scale : float
    factors : tuple of float
        Pixels of the view in a pixel of the image, along rows and along columns.
    foreground : numpy.ndarray, shape (h, w), float32
        Probabilities, at half the resolution of the view.
    found : Candidates
    """

    scale: float
    factors: tuple[float, float]
    foreground: Floats
    found: Candidates


@attrs.frozen(kw_only=True, eq=False)
class Pyramid:
    """What the network says of an image at all scales.

    Parameters
    ----------
    levels : tuple of Level
        From the finest to the coarsest.
    polarity : Polarity
        Dark or bright.
    found : Candidates
        Of all levels, with fused probabilities, without those that a better one covers; from the best to the worst.
    """

    levels: tuple[Level, ...]
    polarity: Polarity
    found: Candidates


def scales_of(shape: tuple[int, int]) -> list[float]:
    """Return the scales at which an image is seen, from the finest to the coarsest.

    Examples
    --------
    >>> [round(scale, 2) for scale in scales_of((100, 200))]
    [1.41, 1.0, 0.71, 0.5, 0.35, 0.25]
    """
    scale = 1 / STEP if shape[0] * shape[1] <= ENLARGED_PIXELS else 1.0
    scales = [scale]
    while min(shape) * (scale := scale * STEP) >= SMALLEST_SIDE:
        scales.append(scale)
    return scales


def pyramid(pixels: NDArray[Any], network: Network, fusion: Fusion, polarity: Polarity) -> Pyramid:
    """Return what the network says of an image.

    Parameters
    ----------
    pixels : numpy.ndarray, shape (H, W)
    network : Network
    fusion : Fusion
    polarity : Polarity
        With ``auto``, the coarser levels are made both ways, and the way stands whose expected F1 is higher.
    """
    scales = scales_of((pixels.shape[0], pixels.shape[1]))
    image = np.asarray(pixels, np.float32)
    judged = [scale for scale in scales if pixels.size * scale**2 <= JUDGED_PIXELS] or scales[-1:]
    tried = [Polarity.DARK, Polarity.BRIGHT] if polarity is Polarity.AUTO else [polarity]
    made = {way: _levels(image, network, judged, way, first_view=len(scales) - len(judged)) for way in tried}
    fused = {way: fused_levels(levels, fusion) for way, levels in made.items()}
    chosen = max(tried, key=lambda way: expected_f1(fused[way].scores) - BRIGHT_MARGIN * (way is Polarity.BRIGHT))
    levels = _levels(image, network, scales[: len(scales) - len(judged)], chosen, first_view=0) + made[chosen]
    found = fused[chosen] if len(levels) == len(judged) else fused_levels(levels, fusion)
    return Pyramid(levels=tuple(levels), polarity=chosen, found=fusion.calibrate(found))


def fused_levels(levels: list[Level], fusion: Fusion) -> Candidates:
    """Return the candidates of several levels with fused probabilities, without those that a better one covers."""
    together = fusion.fuse([level.found for level in levels], [level.scale for level in levels])
    return suppress(together.take(together.scores >= FLOOR))


def _levels(
    image: Floats, network: Network, scales: list[float], polarity: Polarity, *, first_view: int
) -> list[Level]:
    levels = []
    for number, scale in enumerate(scales, start=first_view):
        view = view_of(image * np.float32(polarity.sign), scale)
        maps = network.maps(view.pixels)
        found = candidates(maps, network.facts, factors=view.factors, view=number, min_score=FLOOR)
        levels.append(Level(scale=scale, factors=view.factors, foreground=sigmoid(maps[1]), found=suppress(found)))
    return levels
