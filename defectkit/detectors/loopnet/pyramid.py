"""Pyramid: an image at all scales that a defect might need, seen dark or bright."""

from __future__ import annotations

from collections.abc import Sequence
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
WHOLE = 1 + 1e-9
"""Scales above this one enlarge."""
SMALLEST_SIDE = 24
"""Views of fewer pixels along their shorter side are not made."""
ENLARGED_PIXELS = (1.05 * 2**22, 0.6 * 2**20)
"""Images of at most so many pixels may be enlarged by one step, and by another, too."""
SMALL_PX, SMALL_SHARE = 25.0, 0.2
"""An image is enlarged where at least this share of its defects is smaller than so many pixels in its finest view,"""
UNSURE = 0.5
"""or where what was found so far has a lower expected F1."""
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
    """Return the scales at which an image may be seen, from the finest to the coarsest.

    Those above 1 are for images whose defects are small, see :func:`needs_finer`.

    Examples
    --------
    >>> [round(scale, 2) for scale in scales_of((100, 200))]
    [2.0, 1.41, 1.0, 0.71, 0.5, 0.35, 0.25]
    """
    scale = STEP ** -sum(shape[0] * shape[1] <= limit for limit in ENLARGED_PIXELS)
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

    Notes
    -----
    Enlarged views of large defects show their texture, in which there is nothing to find but mistakes; so an image is
    enlarged only if what was found in it is small, or nothing to be sure of.
    """
    scales = scales_of((pixels.shape[0], pixels.shape[1]))[::-1]
    n_judged = max(1, sum(pixels.size * scale**2 <= JUDGED_PIXELS for scale in scales))
    image = np.asarray(pixels, np.float32)
    tried = [Polarity.DARK, Polarity.BRIGHT] if polarity is Polarity.AUTO else [polarity]
    made = {way: _refined([], scales[:n_judged], image * np.float32(way.sign), network, fusion) for way in tried}
    worth = {way: expected_f1(fused_levels(levels, fusion).scores) for way, levels in made.items()}
    chosen = max(tried, key=lambda way: worth[way] - BRIGHT_MARGIN * (way is Polarity.BRIGHT))
    levels = _refined(made[chosen], scales[n_judged:], image * np.float32(chosen.sign), network, fusion)
    return Pyramid(levels=tuple(levels), polarity=chosen, found=fusion.calibrate(fused_levels(levels, fusion)))


def needs_finer(found: Candidates, scale: float) -> bool:
    """Return whether an image whose finest view is at ``scale`` should be enlarged, from what is found in it."""
    small = found.diameters * scale < SMALL_PX
    share = float(found.scores[small].sum()) / max(float(found.scores.sum()), 1e-9)
    return share >= SMALL_SHARE or expected_f1(found.scores) < UNSURE


def fused_levels(levels: Sequence[Level], fusion: Fusion) -> Candidates:
    """Return the candidates of several levels with fused probabilities, without those that a better one covers.

    Their views are the numbers of the levels.
    """
    parts = [attrs.evolve(one.found, views=np.full(len(one.found), k)) for k, one in enumerate(levels)]
    together = fusion.fuse(parts, [level.scale for level in levels])
    return suppress(together.take(together.scores >= FLOOR))


def _refined(
    levels: Sequence[Level], finer: Sequence[float], image: Floats, network: Network, fusion: Fusion
) -> list[Level]:
    """Return levels with those of finer scales, given from coarse to fine, before them, as far as they are needed."""
    refined = list(levels)
    for scale in finer:
        enlarges = scale > WHOLE and len(refined) > 0
        if enlarges and not needs_finer(fusion.calibrate(fused_levels(refined, fusion)), refined[0].scale):
            break
        view = view_of(image, scale)
        maps = network.maps(view.pixels)
        found = suppress(candidates(maps, network.facts, factors=view.factors, view=0, min_score=FLOOR))
        refined.insert(0, Level(scale=scale, factors=view.factors, foreground=sigmoid(maps[1]), found=found))
    return refined
