"""LabelledSource: crops of labelled images, scaled so that their defects are of all sizes the network works at."""

from __future__ import annotations

from collections.abc import Iterable

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.records import Instances
from defectkit.synthesis import expose
from defectkit_unet.data.crop import Crop
from defectkit_unet.data.warping import Scene, turn, warp

SIZE_RANGE_PX = (13.0, 38.0)
"""Median diameters of the defects in a crop: even in their logarithm."""
BLIND_PART, BLIND_SCALES = 0.4, (0.35, 1.5)
"""This part of the crops is at scales at which a detector looks without knowing how large defects are, in any image
alike: most that there is to be denied, such as texture within large particles, is seen at the wrong scale."""
SCALE_RANGE = (0.1, 2.0)
GENTLE = 0.5
"""Part of the crops that are not exposed again: real images have noise of their own."""


def _scenes(value: Iterable[Scene]) -> tuple[Scene, ...]:
    return tuple(value)


@attrs.frozen(kw_only=True, eq=False)
class LabelledSource:
    """Crops of scenes.

    Parameters
    ----------
    scenes : iterable of Scene
        At least one. Those without defects are grounds to find nothing in.
    """

    scenes: tuple[Scene, ...] = attrs.field(converter=_scenes)

    def crop(self, number: int, side: int, rng: np.random.Generator) -> Crop:
        """Return a crop anywhere in an image.

        Images are drawn as often as the square roots of their defects, for crops at blind scales all alike.
        """
        blind = rng.random() < BLIND_PART
        counts = np.array([len(scene.ellipses) for scene in self.scenes])
        chances = np.sqrt(np.maximum(counts, 1.0)) if not blind else np.ones(len(counts))
        scene = self.scenes[rng.choice(len(counts), p=chances / chances.sum())]
        scale = float(np.exp(rng.uniform(*np.log(BLIND_SCALES)))) if blind else fitting_scale(scene, rng)
        half = side / 2 / scale
        center = np.array(
            [rng.uniform(min(half, length / 2), max(length - half, length / 2)) for length in scene.shape]
        )
        crop = warp(scene, scale * turn(rng), center, side)
        return crop if rng.random() < GENTLE else attrs.evolve(crop, pixels=expose(crop.pixels, rng))


def fitting_scale(scene: Scene, rng: np.random.Generator) -> float:
    """Return a scale that gives the median defect of a scene a diameter within :data:`SIZE_RANGE_PX`."""
    if not len(scene.ellipses):
        return float(np.exp(rng.uniform(*np.log(BLIND_SCALES))))
    wanted = np.exp(rng.uniform(*np.log(SIZE_RANGE_PX)))
    return float(np.clip(wanted / np.median(scene.ellipses.diameters), *SCALE_RANGE))


def dark(pixels: NDArray[np.generic], mask: NDArray[np.bool_]) -> NDArray[np.generic]:
    """Return an image with its defects dark: its negative where they are brighter than what is around them."""
    from defectkit.detectors.loopnet.normalizing import normalize

    contrast = normalize(pixels)
    if not mask.any() or mask.all() or contrast[mask].mean() <= contrast[~mask].mean():
        return pixels
    turned: NDArray[np.generic] = (pixels.max() - pixels).astype(pixels.dtype)
    return turned


def covered_pixels(instances: Instances) -> NDArray[np.bool_]:
    """Return which pixels of the frame belong to any mask."""
    mask = np.zeros(instances.shape, dtype=np.bool_)
    for row, start, end in zip(instances.runs.row, instances.runs.start, instances.runs.end, strict=True):
        mask[row, start:end] = True
    return mask
