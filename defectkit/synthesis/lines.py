"""Lines: dislocations that wander through the frame and are no defects to be found."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
STEP_PX = 0.7


def dislocation_lines(shape: tuple[int, int], size_px: float, rng: np.random.Generator) -> Floats:
    """Return the depth of one to six lines, as wide as suits defects of ``size_px``; 1 at the darkest."""
    from scipy.ndimage import gaussian_filter

    ink = np.zeros(shape, np.float32)
    for _ in range(int(rng.integers(1, 7))):
        n = int(max(shape) * rng.uniform(0.15, 1.6) / STEP_PX)
        heading = rng.uniform(0, 2 * np.pi) + np.cumsum(_smooth(n, rng) * 0.04)
        start = rng.uniform(0, 1, 2) * shape
        steps = STEP_PX * np.stack([np.sin(heading), np.cos(heading)], axis=1)
        points = (start + np.cumsum(steps, axis=0)).astype(np.int64)
        weight = rng.uniform(0.4, 1.0) * np.ones(n)
        if rng.random() < 0.4:  # a line that crosses the foil at an angle is dotted
            weight *= (
                1
                - rng.uniform(0.3, 1.0)
                * np.cos(np.arange(n) * STEP_PX * np.pi / (size_px * rng.uniform(0.4, 1.5))) ** 2
            )
        inside = ((points >= 0) & (points < shape)).all(axis=1)
        np.maximum.at(ink, tuple(points[inside].T), weight[inside].astype(np.float32))
    width = max(0.7, rng.uniform(0.04, 0.14) * size_px)
    lines: Floats = gaussian_filter(ink, width, truncate=3.0)
    return lines / max(float(lines.max()), 1e-6)


def _smooth(n: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Return ``n`` random numbers of standard deviation about 1 that change within some 20 of them."""
    nodes = rng.standard_normal(n // 20 + 3)
    return np.interp(np.arange(n) / 20, np.arange(len(nodes)), nodes)
