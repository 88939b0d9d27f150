"""Population: how the defects of one image look, how large they are and how they lie, drawn anew for every image."""

from __future__ import annotations

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.synthesis.looks import LOOKS

Floats = NDArray[np.float64]

SIZE_RANGE_PX = (8.0, 44.0)
"""Typical diameters are drawn from here, even in their logarithm."""
LARGEST_PX = 100.0
SMALLEST_PX = 5.0
MOST = 110
"""Defects in an image at most."""
CLOSEST = 0.85
"""Centers are at least so many mean radii apart, in nine of ten cases."""
TRIES = 8


@attrs.frozen(kw_only=True, eq=False)
class Population:
    """What the defects of one image have in common.

    Parameters
    ----------
    size_px, spread : float
        Median diameter, and standard deviation of its logarithm.
    least_aspect : float
        Ratios of minor to major axis are even from here to 1.
    looks : numpy.ndarray of float64
        Probability of each look of :data:`defectkit.synthesis.looks.LOOKS`.
    direction : float or None
        Angle in radians that they keep to, or one at right angles; None where they lie anyhow.
    irregularity : float
        Amplitude of the outlines' departures from ellipses, in radii.
    strength_spread : float
        Standard deviation of the logarithm of their depth.
    number : int
    """

    size_px: float
    spread: float
    least_aspect: float
    looks: Floats
    direction: float | None
    irregularity: float
    strength_spread: float
    number: int

    @classmethod
    def draw(cls, shape: tuple[int, int], rng: np.random.Generator) -> Population:
        """Return a population for a frame: from none to a fifth of it covered."""
        size = float(np.exp(rng.uniform(*np.log(SIZE_RANGE_PX))))
        cover = float(np.exp(rng.uniform(np.log(0.008), np.log(0.2)))) * (rng.random() >= 0.05)
        return cls(
            size_px=size,
            spread=rng.uniform(0.12, 0.5),
            least_aspect=rng.uniform(0.2, 0.9),
            looks=rng.dirichlet([part for _, part in LOOKS.values()]),
            direction=rng.uniform(0, np.pi) if rng.random() < 0.25 else None,
            irregularity=rng.uniform(0, 0.18) if rng.random() < 0.7 else 0.0,
            strength_spread=rng.uniform(0.1, 0.45),
            number=int(min(MOST, cover * shape[0] * shape[1] / (np.pi / 4 * size**2 * 0.8))),
        )

    def semi_axes(self, rng: np.random.Generator) -> Floats:
        """Return the semi-axes of one defect in pixels, major first."""
        diameter = np.clip(self.size_px * np.exp(self.spread * rng.standard_normal()), SMALLEST_PX, LARGEST_PX)
        aspect = rng.uniform(self.least_aspect, 1)
        return np.array([diameter / 2 / np.sqrt(aspect), diameter / 2 * np.sqrt(aspect)])

    def angle(self, rng: np.random.Generator) -> float:
        """Return the direction of one defect's major axis, in radians."""
        if self.direction is None:
            return float(rng.uniform(0, np.pi))
        return self.direction + float(rng.normal(0, 0.25)) + np.pi / 2 * int(rng.integers(2))


def scatter(shape: tuple[int, int], radii: Floats, rng: np.random.Generator) -> tuple[Floats, NDArray[np.bool_]]:
    """Return centers (N, 2) up to 4 px beyond the frame, and which found room."""
    centers, placed = np.zeros((len(radii), 2)), np.zeros(len(radii), bool)
    for i, radius in enumerate(radii):
        before = np.flatnonzero(placed)
        tries = rng.uniform(-4, np.array(shape) + 4.0, (TRIES, 2))
        gaps = np.linalg.norm(tries[:, None] - centers[before][None], axis=2) - CLOSEST * (radius + radii[before])
        clear = np.flatnonzero((gaps > 0).all(axis=1))
        overlapping = rng.random() < 0.1
        if overlapping or len(clear):
            centers[i], placed[i] = tries[0 if overlapping else clear[0]], True
    return centers, placed
