"""Dark blobs: seeds over scales, and around each the region darker than halfway to its surroundings."""

from __future__ import annotations

import math
from collections.abc import Iterator

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.detectors.blob.candidates import Candidate, inside_frame
from defectkit.detectors.blob.ellipses import ellipse_of
from defectkit.detectors.blob.flatten import noise_level
from defectkit.detectors.blob.splitting import pieces
from defectkit.detectors.blob.working import block_mean

Floats = NDArray[np.float32]
Bools = NDArray[np.bool_]

SCALES_PER_OCTAVE = 2
FINEST_SIGMA = 1.4
"""An octave is worked on at half the size once its Gaussian is twice as wide as this, in pixels."""
MIN_ELLIPTICITY = 0.9
SMALLEST_AREA = 0.6
"""A blob has at least this part of the area of the smallest disc asked for: its edge is uncertain by a pixel."""
FAINTEST = 0.4
"""The mean darkness of a blob is at least this part of what its seed has to reach."""
SMOOTHING = 0.5
"""A blob's outline is drawn on the image smoothed with this part of the scale of its seed, and at most with the size of
the smallest blob."""


@attrs.frozen(kw_only=True)
class Seed:
    """A maximum of the scale-normalized Laplacian.

    Parameters
    ----------
    significance : float
        In standard deviations of the noise at this scale.
    row, col : int
        In the working image.
    sigma_px : float
        Standard deviation of the Gaussian; a disc of radius sqrt(2) times as much answers most.
    """

    significance: float
    row: int
    col: int
    sigma_px: float


def find_seeds(dark: Floats, *, min_px: float, max_px: float, window_px: float, threshold: float) -> list[Seed]:
    """Return the seeds of blobs between two diameters, the most significant first.

    Notes
    -----
    ``-s^2 laplace(G_s * dark)`` over a pyramid of scales s from ``min_px / (2 sqrt 2)`` on (T. Lindeberg, Int. J.
    Comput. Vision 30 (1998) 79, doi 10.1023/A:1008045108935); each octave works on an image of half the size.
    """
    seeds: list[Seed] = []
    level, factor = dark, 1
    base = min_px / (2 * math.sqrt(2))
    for step in range(64):
        sigma = base * 2 ** (step / SCALES_PER_OCTAVE)
        if sigma * 2 * math.sqrt(2) > max(max_px, min_px) or min(level.shape) < 3:
            break
        while sigma / factor >= 2 * FINEST_SIGMA and min(level.shape) >= 8:
            level, factor = block_mean(level, 2), factor * 2
        seeds.extend(_seeds_of_scale(level, factor, max(sigma, 0.7), window_px, threshold, dark.shape))
    return sorted(seeds, key=lambda s: (-s.significance, s.row, s.col, s.sigma_px))


def _seeds_of_scale(
    level: Floats, factor: int, sigma: float, window_px: float, threshold: float, shape: tuple[int, int]
) -> Iterator[Seed]:
    from scipy.ndimage import gaussian_filter, laplace, maximum_filter

    answer = -((sigma / factor) ** 2) * laplace(gaussian_filter(level, sigma / factor, truncate=3.0))
    noise = noise_level(answer, window_px / factor)
    rows, cols = np.nonzero((answer == maximum_filter(answer, size=3)) & (answer > threshold * noise) & (noise > 0))
    for row, col in zip(rows, cols, strict=True):
        yield Seed(
            significance=float(answer[row, col] / noise[row, col]),
            row=min(int((row + 0.5) * factor), shape[0] - 1),
            col=min(int((col + 0.5) * factor), shape[1] - 1),
            sigma_px=sigma,
        )


@attrs.frozen(kw_only=True)
class Limits:
    """What a blob may be, in pixels of the working image.

    Parameters
    ----------
    min_px, max_px : float
        Smallest and largest diameter.
    max_width_px : float
        Largest width.
    max_elongation : float
    edge_level : float
        How far from its surroundings to its darkest part the outline of a blob runs.
    min_contrast : float
        Smallest contrast-to-noise ratio.
    """

    min_px: float
    max_px: float
    max_width_px: float
    max_elongation: float
    edge_level: float
    min_contrast: float


def find_solids(
    dark: Floats, smooth: Floats, noise: Floats, outline: Bools, seeds: list[Seed], limits: Limits
) -> list[Candidate]:
    """Return the blobs around ``seeds``, lines left out and touching ones parted.

    Parameters
    ----------
    dark, smooth, noise : array of float32
        The darkness, the same a little smoothed, and the noise of the latter.
    outline : array of bool
        Where the lines of loops are; no blob reaches into them.
    seeds : list of Seed
        The most significant first; one that lies in a region already grown is passed over.
    limits : Limits
    """
    from scipy.ndimage import binary_fill_holes

    done = outline.copy()
    smoothed = _Smoothed(dark, smooth)
    solids: list[Candidate] = []
    for seed in seeds:
        if done[seed.row, seed.col]:
            continue
        image = smoothed.at(min(SMOOTHING * seed.sigma_px, 0.5 * limits.min_px))
        grown = _grow(image, outline, seed, limits)
        if grown is None:
            continue
        region, top, left, around = grown
        done[top : top + region.shape[0], left : left + region.shape[1]] |= region
        filled = binary_fill_holes(region)
        for piece, d_row, d_col in pieces(filled, longest_px=limits.max_px, max_elongation=limits.max_elongation):
            mask, row, col = inside_frame(piece, top + d_row, left + d_col, dark.shape)
            solid = _solid(mask, row, col, image, noise, around, limits)
            if solid is not None:
                solids.append(solid)
    return solids


class _Smoothed:
    """The darkness at half-octave steps of smoothing, each computed once."""

    def __init__(self, dark: Floats, least: Floats) -> None:
        self._dark, self._least = dark, least
        self._levels: dict[int, Floats] = {}

    def at(self, sigma_px: float) -> Floats:
        from scipy.ndimage import gaussian_filter

        step = round(2 * math.log2(max(sigma_px, 1e-3)))
        if step <= 0:
            return self._least
        if step not in self._levels:
            self._levels[step] = gaussian_filter(self._dark, 2 ** (step / 2), truncate=3.0)
        return self._levels[step]


def _grow(image: Floats, outline: Bools, seed: Seed, limits: Limits) -> tuple[Bools, int, int, float] | None:
    """Return the region around a seed (a crop, its row and column), and the darkness of its surroundings."""
    from scipy.ndimage import label

    radius = math.sqrt(2) * seed.sigma_px
    reach = math.ceil(3 * radius) + 2
    around, threshold = _levels(image, seed, radius, reach, limits.edge_level)
    while True:
        top, left = max(seed.row - reach, 0), max(seed.col - reach, 0)
        place = np.s_[top : seed.row + reach + 1, left : seed.col + reach + 1]
        labels = label((image[place] > threshold) & ~outline[place])[0]
        mine = labels[seed.row - top, seed.col - left]
        if mine == 0:
            return None
        region: Bools = labels == mine
        bottom, right = top + region.shape[0], left + region.shape[1]
        cut = (
            (top > 0 and region[0].any())
            or (left > 0 and region[:, 0].any())
            or (bottom < image.shape[0] and region[-1].any())
            or (right < image.shape[1] and region[:, -1].any())
        )
        if not cut or reach > limits.max_px:
            return region, top, left, around
        reach *= 2


def _levels(image: Floats, seed: Seed, radius: float, reach: int, edge_level: float) -> tuple[float, float]:
    """Return the darkness around a seed, and the one at which the outline of its blob runs."""
    top, left = max(seed.row - reach, 0), max(seed.col - reach, 0)
    near = image[top : seed.row + reach + 1, left : seed.col + reach + 1]
    row, col = np.ogrid[: near.shape[0], : near.shape[1]]
    row, col = row + (top - seed.row), col + (left - seed.col)
    squared = row * row + col * col
    peak = float(near[squared <= max(1.0, (radius / 2) ** 2)].max())
    ring = near[(squared >= (1.6 * radius) ** 2) & (squared <= (2.6 * radius) ** 2)]
    around = min(float(np.median(ring)), 0.5 * peak) if ring.size else 0.0
    return around, around + edge_level * (peak - around)


def _solid(
    mask: Bools, top: int, left: int, image: Floats, noise: Floats, around: float, limits: Limits
) -> Candidate | None:
    if mask.sum() < max(SMALLEST_AREA * math.pi / 4 * limits.min_px**2, 1.0):
        return None
    major, minor, ellipticity = ellipse_of(mask)
    too_large = major > limits.max_px or minor > limits.max_width_px
    if ellipticity < MIN_ELLIPTICITY or too_large or major > limits.max_elongation * minor:
        return None
    place = np.s_[top : top + mask.shape[0], left : left + mask.shape[1]]
    ratio = float((image[place][mask].mean() - around) / max(float(noise[place][mask].mean()), 1e-12))
    if ratio < FAINTEST * limits.min_contrast:
        return None
    return Candidate(
        mask=mask, dark=mask, top=top, left=left, contrast_to_noise=ratio, ellipticity=ellipticity, is_loop=False
    )
