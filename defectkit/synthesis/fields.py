"""Fields: random backgrounds by their spectra, bend contours, fringes, and blotches."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


def power_law_field(
    shape: tuple[int, int],
    exponent: float,
    rng: np.random.Generator,
    *,
    longest_px: float = np.inf,
    shortest_px: float = 0.0,
    direction: float = 0.0,
    stretch: float = 1.0,
) -> Floats:
    """Return a random field whose power falls with the frequency to ``-exponent``; mean 0, standard deviation 1.

    Parameters
    ----------
    shape : tuple of int
    exponent : float
        0 is white noise, 2 to 4 are clouds.
    rng : numpy.random.Generator
    longest_px, shortest_px : float
        Waves longer or shorter than these are weak.
    direction, stretch : float
        Angle in radians along which the field is ``stretch`` times as long as across, squared.
    """
    from scipy.fft import irfft2, next_fast_len

    rows, columns = (next_fast_len(side, real=True) for side in shape)
    v, u = np.fft.fftfreq(rows)[:, None].astype(np.float32), np.fft.rfftfreq(columns)[None].astype(np.float32)
    along = u * np.cos(direction) + v * np.sin(direction)
    across = v * np.cos(direction) - u * np.sin(direction)
    squared = np.maximum(along**2 * stretch + across**2 / stretch, np.float32(1 / max(shape) ** 2))
    amplitude = squared ** np.float32(-exponent / 4)
    if np.isfinite(longest_px):
        amplitude *= 1 - np.exp(-squared * longest_px**2)
    if shortest_px > 0:
        amplitude *= np.exp(-squared * shortest_px**2)
    waves = np.empty(amplitude.shape, np.complex64)
    waves.real = rng.standard_normal(amplitude.shape, dtype=np.float32)
    waves.imag = rng.standard_normal(amplitude.shape, dtype=np.float32)
    field: Floats = irfft2(waves * amplitude, s=(rows, columns))[: shape[0], : shape[1]]
    field -= field.mean()
    return (field / max(float(field.std()), 1e-9)).astype(np.float32)


def bend_contour(shape: tuple[int, int], rng: np.random.Generator) -> Floats:
    """Return a dark, bent band across the frame, 1 in its middle."""
    v, u = (np.linspace(-0.5, 0.5, side, dtype=np.float32) for side in shape)
    angle = rng.uniform(0, np.pi)
    across = v[:, None] * np.cos(angle) - u[None] * np.sin(angle) - rng.uniform(-0.5, 0.5)
    along = v[:, None] * np.sin(angle) + u[None] * np.cos(angle)
    band = np.exp(-(((across - rng.uniform(-1, 1) * along**2) / rng.uniform(0.04, 0.3)) ** 2))
    return np.asarray(band, np.float32)


def fringes(shape: tuple[int, int], period_px: float, rng: np.random.Generator) -> Floats:
    """Return a wave of the given period, bent by a slow field."""
    angle = rng.uniform(0, np.pi)
    row, column = (np.arange(side, dtype=np.float32) for side in shape)
    phase = 2 * np.pi * (row[:, None] * np.sin(angle) + column[None] * np.cos(angle)) / period_px
    wave: Floats = np.sin(phase + power_law_field(shape, 3.0, rng)).astype(np.float32)
    return wave


def blotches(shape: tuple[int, int], size_px: float, rng: np.random.Generator) -> Floats:
    """Return dark patches without a definite outline, which are no defects; 0 to about 2."""
    field = power_law_field(shape, rng.uniform(2.0, 3.5), rng, longest_px=size_px * 3, shortest_px=size_px * 0.4)
    patches: Floats = np.maximum(field - np.float32(rng.uniform(0.8, 1.8)), 0)
    return patches
