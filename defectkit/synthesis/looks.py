"""Looks: how dark a defect is at each place in it, drawn anew for every defect."""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Look = Callable[[Floats, Floats, Floats, float, np.random.Generator], Floats]
"""Depth, 1 at the darkest, of: distance from the center in semi-axes, coordinates along and across in semi-axes,
mean radius in pixels, and randomness."""


def _edge(distance: Floats, width: float) -> Floats:
    return 0.5 * (1 - np.tanh((distance - 1 + 0.6 * width) / width))


def _line(distance: Floats, at: float, width: float) -> Floats:
    return np.exp(-0.5 * ((distance - at) / width) ** 2)


def _line_width(radius: float, rng: np.random.Generator) -> float:
    return float(max(rng.uniform(0.1, 0.28), 1.0 / radius))


def solid(d: Floats, along: Floats, across: Floats, radius: float, rng: np.random.Generator) -> Floats:
    """Return a dark solid with a sharp or soft edge."""
    return _edge(d, rng.uniform(0.08, 0.45))


def soft(d: Floats, along: Floats, across: Floats, radius: float, rng: np.random.Generator) -> Floats:
    """Return a spot that fades outwards, as a small loop or a black dot."""
    return _line(d, 0.0, rng.uniform(0.45, 0.65))


def ring(d: Floats, along: Floats, across: Floats, radius: float, rng: np.random.Generator) -> Floats:
    """Return a dark outline, the inside as bright as the background or darker."""
    width = _line_width(radius, rng)
    return np.maximum(_line(d, 1 - 1.3 * width, width), rng.uniform(0, 0.6) * _edge(d, width))


def double_ring(d: Floats, along: Floats, across: Floats, radius: float, rng: np.random.Generator) -> Floats:
    """Return two outlines, one within the other."""
    width = _line_width(radius, rng)
    inner = _line(d, rng.uniform(0.35, 0.55), width)
    return np.maximum(_line(d, 1 - 1.3 * width, width), rng.uniform(0.6, 1.0) * inner)


def coffee_bean(d: Floats, along: Floats, across: Floats, radius: float, rng: np.random.Generator) -> Floats:
    """Return two dark lobes parted by a line of no contrast."""
    return _edge(d, 0.25) * (1 - rng.uniform(0.4, 1.0) * np.exp(-0.5 * (across / rng.uniform(0.15, 0.4)) ** 2))


def bright_core(d: Floats, along: Floats, across: Floats, radius: float, rng: np.random.Generator) -> Floats:
    """Return a dark solid with a bright middle."""
    return _edge(d, 0.2) - rng.uniform(0.4, 1.0) * _line(d, 0.0, rng.uniform(0.2, 0.4))


def black_white(d: Floats, along: Floats, across: Floats, radius: float, rng: np.random.Generator) -> Floats:
    """Return a dark and a bright lobe side by side."""
    return _line(d, 0.0, 0.55) * (1.2 * np.tanh(2 * along) + 0.3)


def half_ring(d: Floats, along: Floats, across: Floats, radius: float, rng: np.random.Generator) -> Floats:
    """Return two arcs, an outline that fades where the contrast vanishes."""
    width = _line_width(radius, rng)
    side = across**2 / np.maximum(along**2 + across**2, 1e-9)
    return _line(d, 1 - 1.3 * width, width) * (rng.uniform(0, 0.3) + side) + rng.uniform(0, 0.25) * _edge(d, width)


def facet(d: Floats, along: Floats, across: Floats, radius: float, rng: np.random.Generator) -> Floats:
    """Return a solid darker on one side, as a shaded particle."""
    angle = rng.uniform(0, 2 * np.pi)
    depth: Floats = _edge(d, rng.uniform(0.05, 0.2))
    depth *= 1 - rng.uniform(0.1, 0.5) * (1 + along * np.cos(angle) + across * np.sin(angle)) / 2
    return depth


def cavity(d: Floats, along: Floats, across: Floats, radius: float, rng: np.random.Generator) -> Floats:
    """Return a dark disc with the bright fringe of a cavity out of focus; the other focus is its negative."""
    width = _line_width(radius, rng)
    return rng.uniform(0.5, 1.0) * _edge(d, 0.2) - rng.uniform(0.4, 1.1) * _line(d, 1 + width, width)


LOOKS: MappingProxyType[str, tuple[Look, float]] = MappingProxyType(
    {
        "solid": (solid, 0.9),
        "soft": (soft, 0.9),
        "ring": (ring, 0.6),
        "double ring": (double_ring, 0.25),
        "coffee bean": (coffee_bean, 0.35),
        "bright core": (bright_core, 0.25),
        "black-white": (black_white, 0.15),
        "half ring": (half_ring, 0.3),
        "faceted": (facet, 0.3),
        "cavity": (cavity, 0.2),
    }
)
"""By name, with the concentration of its part among the looks of an image, a Dirichlet distribution."""
