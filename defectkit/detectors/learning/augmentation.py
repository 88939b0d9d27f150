"""Augmentation: what may change in a micrograph without changing what is in it."""

from __future__ import annotations

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.detectors.learning.crops import crop_example
from defectkit.detectors.learning.example import Example, rescale, resize
from defectkit.detectors.learning.symmetries import flip, rotate
from defectkit.errors import RecordError


@attrs.frozen(kw_only=True)
class Augmentation:
    """Random changes of an example; all of them seeded by the generator that is handed in.

    Parameters
    ----------
    flips, rotations : bool
        Whether mirror images and rotations by right angles are drawn, all eight with equal chance when both are.
    contrast : float
        Gain is drawn from ``1 +- contrast``, about the mean gray value.
    brightness : float
        Offset is drawn from ``+- brightness``.
    gamma : float
        The exponent is drawn from ``[1 / (1 + gamma), 1 + gamma]``.
    noise : float
        Standard deviation of added Gaussian noise is drawn from ``[0, noise]``.
    scale : float
        Magnification is drawn from ``[1 / (1 + scale), 1 + scale]``; the shape stays.

    Examples
    --------
    No change at all:

    >>> still = Augmentation(flips=False, rotations=False, contrast=0, brightness=0, gamma=0, noise=0, scale=0)
    """

    flips: bool = True
    rotations: bool = True
    contrast: float = 0.2
    brightness: float = 0.1
    gamma: float = 0.2
    noise: float = 0.03
    scale: float = 0.15

    def __attrs_post_init__(self) -> None:
        for name in ("contrast", "brightness", "gamma", "noise", "scale"):
            if not 0 <= getattr(self, name) < 1:
                raise RecordError(f"augmentation: {name} is {getattr(self, name)}, not in [0, 1)")

    def apply(self, given: Example, rng: np.random.Generator) -> Example:
        """Return a changed copy of ``given``, of the same shape (turned by 90 degrees only where it is square)."""
        changed = self._zoomed(given, rng)
        if self.flips and rng.random() < 0.5:
            changed = flip(changed)
        if self.rotations:
            quarters = int(rng.integers(4))
            square = changed.pixels.shape[0] == changed.pixels.shape[1]
            changed = rotate(changed, quarters if square else 2 * (quarters % 2))
        return attrs.evolve(changed, pixels=self._gray(changed.pixels, rng))

    def _zoomed(self, given: Example, rng: np.random.Generator) -> Example:
        if self.scale == 0:
            return given
        factor = float(np.exp(rng.uniform(-1, 1) * np.log1p(self.scale)))
        height, width = given.pixels.shape
        shape = (max(1, round(height * factor)), max(1, round(width * factor)))
        zoomed = Example(pixels=resize(given.pixels, shape), instances=rescale(given.instances, shape))
        top, left = (int(rng.integers(0, max(0, big - n) + 1)) for big, n in zip(shape, (height, width), strict=True))
        return crop_example(zoomed, top, left, (height, width))

    def _gray(self, pixels: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
        gain = 1 + rng.uniform(-1, 1) * self.contrast
        offset = rng.uniform(-1, 1) * self.brightness
        exponent = np.exp(rng.uniform(-1, 1) * np.log1p(self.gamma))
        mean = pixels.mean()
        gray = ((pixels - mean) * gain + mean + offset).clip(0, 1) ** exponent
        noise = rng.normal(0, 1, pixels.shape) * rng.uniform(0, 1) * self.noise
        return np.asarray((gray + noise).clip(0, 1), dtype=np.float32)
