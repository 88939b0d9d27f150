"""Randomised micrographs: any background, any looks of the defects, any contrast."""

from __future__ import annotations

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.records.calibration import Calibration
from defectkit.records.image import Image
from defectkit.records.instances import Instances
from defectkit.short_repr import short_repr
from defectkit.synthesis.ellipses import UNTYPED, Ellipses
from defectkit.synthesis.exposure import expose
from defectkit.synthesis.fields import bend_contour, blotches, fringes, power_law_field
from defectkit.synthesis.lines import dislocation_lines
from defectkit.synthesis.looks import LOOKS
from defectkit.synthesis.population import Population, scatter
from defectkit.units import as_pixel_size

Floats = NDArray[np.float32]

TYPES = ("bdot", "loop_111", "loop_100", "loop", "cavity", "particle")
"""What codes of types mean here and in the network that ships."""
FAINTEST = 0.4
"""Defects less deep than this part of the usual are neither to be found nor to be missed."""
SIZE_RANGE_NM = (3.0, 60.0)
"""Typical diameters of defects."""
_LOOKS = tuple(LOOKS)


@attrs.frozen(kw_only=True, eq=False)
class Drawn:
    """Gray values and what is in them.

    Parameters
    ----------
    pixels : numpy.ndarray, shape (H, W), float32
        Dark defects on a brighter ground, in no particular unit.
    ellipses : Ellipses
        Types by :data:`TYPES`; trust 0 for those too faint to ask for.
    """

    pixels: Floats
    ellipses: Ellipses

    __repr__ = short_repr


def randomised_micrograph(
    seed: int | np.random.SeedSequence, *, name: str = "randomised", shape: tuple[int, int] = (320, 320)
) -> tuple[Image, Instances]:
    """Return a micrograph whose ground, defects, contrast and noise are drawn from wide ranges, and its truth.

    Unlike :func:`defectkit.testing.synthetic.synthetic_micrograph`, which imitates one alloy, no two of these are
    alike: they are for training networks that are to work on images nobody has seen.

    Parameters
    ----------
    seed : int or numpy.random.SeedSequence
    name : str
        Of the image.
    shape : tuple of int
        Height and width in pixels.

    Returns
    -------
    image : Image
        8 bits, with a pixel size that makes its defects 3 to 60 nm across.
    truth : Instances
        Ellipses, without the defects that are too faint to be asked for.

    Notes
    -----
    Domain randomisation [1]_.

    References
    ----------
    .. [1] J. Tobin and others, Domain randomization for transferring deep neural networks from simulation to the real
       world, IROS (2017) 23, https://doi.org/10.1109/IROS.2017.8202133

    Examples
    --------
    >>> image, truth = randomised_micrograph(3, shape=(128, 128))
    >>> image.shape, image.dtype, len(truth) > 0
    ((128, 128), dtype('uint8'), True)
    """
    rng = np.random.default_rng(seed)
    population = Population.draw(shape, rng)
    scene = drawn(shape, rng, population=population)
    pixels = expose(scene.pixels, rng)
    low, high = np.percentile(pixels, [0.1, 99.9])
    gray = np.clip((pixels - low) * (255 / max(high - low, 1e-6)), 0, 255).astype(np.uint8)
    size_nm = np.exp(rng.uniform(*np.log(SIZE_RANGE_NM)))
    calibration = Calibration.square(as_pixel_size(f"{size_nm / population.size_px:.4g} nm/px"))
    sure = scene.ellipses.take(scene.ellipses.trust > 0)
    return Image.from_array(name, gray, calibration=calibration), sure.instances(shape, TYPES)


def drawn(
    shape: tuple[int, int],
    rng: np.random.Generator,
    *,
    population: Population | None = None,
    backdrop: Floats | None = None,
) -> Drawn:
    """Return an image before it is exposed.

    Parameters
    ----------
    shape : tuple of int
    rng : numpy.random.Generator
    population : Population, optional
        Drawn unless given.
    backdrop : numpy.ndarray, shape ``shape``, float32, optional
        A real ground without defects, of mean 0 and standard deviation 1, that the defects are put on.
    """
    population = population or Population.draw(shape, rng)
    ground = _ground(shape, population.size_px, backdrop, rng)
    depth, ellipses = _defects(shape, population, rng)
    if rng.random() < 0.5:
        uneven = power_law_field(shape, 1.5, rng, shortest_px=population.size_px / 4)
        depth = depth * (1 + np.float32(rng.uniform(0, 0.35)) * uneven)
    if rng.random() < 0.45:
        depth = depth + np.float32(rng.uniform(0.3, 1.0)) * dislocation_lines(shape, population.size_px, rng)
    contrast = np.exp(rng.uniform(np.log(0.9), np.log(4.0)))  # in standard deviations of the ground
    strength = rng.uniform(0.04, 0.35) / max(1.0, contrast / 2)
    exponent = (ground - np.float32(contrast) * depth) * np.float32(strength)
    return Drawn(pixels=np.exp(np.clip(exponent, -2.5, 2.5)), ellipses=ellipses)


def _ground(shape: tuple[int, int], size_px: float, backdrop: Floats | None, rng: np.random.Generator) -> Floats:
    clouds = rng.choice([0.0, 0.3, 1.0, 1.6], p=[0.15, 0.3, 0.35, 0.2])
    grain = rng.choice([0.0, 0.3, 0.6, 1.0], p=[0.3, 0.3, 0.25, 0.15])
    ground = np.zeros(shape, np.float32)
    if clouds:
        ground += np.float32(clouds) * power_law_field(shape, rng.uniform(1.5, 4), rng)
    if grain:
        ground += np.float32(grain) * power_law_field(
            shape,
            rng.uniform(0, 2.5),
            rng,
            longest_px=size_px / 0.3 / rng.uniform(0.5, 2),
            shortest_px=size_px / rng.uniform(1, 5),
            direction=rng.uniform(0, np.pi),
            stretch=np.exp(rng.uniform(0, 1.2)),
        )
    if backdrop is not None:
        ground = ground * np.float32(rng.uniform(0.1, 0.6)) + backdrop * np.float32(rng.uniform(0.6, 1.5))
    if rng.random() < 0.25:
        ground -= np.float32(rng.uniform(1, 4)) * bend_contour(shape, rng)
    if rng.random() < 0.2:
        ground += np.float32(rng.uniform(0.2, 1)) * fringes(shape, size_px * rng.uniform(3, 20), rng)
    if rng.random() < 0.3:
        ground -= np.float32(rng.uniform(0.3, 1.2)) * blotches(shape, size_px * rng.uniform(0.8, 3), rng)
    return ground


def _defects(shape: tuple[int, int], population: Population, rng: np.random.Generator) -> tuple[Floats, Ellipses]:
    axes = np.array([population.semi_axes(rng) for _ in range(population.number)]).reshape(-1, 2)
    centers, placed = scatter(shape, np.sqrt(axes.prod(axis=1)), rng)
    axes, centers = axes[placed], centers[placed]
    angles = np.array([population.angle(rng) for _ in axes])
    kinds = rng.choice(len(_LOOKS), size=len(axes), p=population.looks)
    strengths = np.exp(rng.normal(0, population.strength_spread, len(axes)))
    faint = rng.random(len(axes)) < 0.12
    strengths[faint] *= rng.uniform(0.1, 0.35, int(faint.sum()))
    depth = np.zeros(shape, np.float32)
    for center, semi, angle, kind, strength in zip(centers, axes, angles, kinds, strengths, strict=True):
        _draw(depth, center, semi, angle, _LOOKS[kind], strength, population.irregularity, rng)
    cosines, sines = np.cos(angles), np.sin(angles)
    directions = np.stack([np.stack([sines, cosines], 1), np.stack([cosines, -sines], 1)], axis=2).reshape(-1, 2, 2)
    shapes = np.einsum("nij,nj,nkj->nik", directions, axes**2, directions)
    types = np.where(kinds == _LOOKS.index("cavity"), TYPES.index("cavity"), UNTYPED)
    trust = np.where(strengths > FAINTEST, 1.0, 0.0)
    return np.minimum(depth, 2.2), Ellipses(centers=centers, shapes=shapes, types=types, trust=trust)


def _draw(
    depth: Floats,
    center: NDArray[np.float64],
    semi_axes: NDArray[np.float64],
    angle: float,
    look: str,
    strength: float,
    irregularity: float,
    rng: np.random.Generator,
) -> None:
    """Add one defect to ``depth``."""
    margin = semi_axes[0] * 1.6 + 4
    top, left = np.maximum(np.floor(center - margin).astype(int), 0)
    bottom, right = np.minimum(np.ceil(center + margin).astype(int), depth.shape)
    if bottom <= top or right <= left:
        return
    down = np.arange(top, bottom)[:, None] + 0.5 - center[0]
    over = np.arange(left, right)[None] + 0.5 - center[1]
    along = (over * np.cos(angle) + down * np.sin(angle)) / semi_axes[0]
    across = (down * np.cos(angle) - over * np.sin(angle)) / semi_axes[1]
    distance = np.sqrt(along**2 + across**2)
    azimuth = np.arctan2(across, along)
    if irregularity > 0.02:
        orders = np.arange(1, 5)
        amplitudes, phases = irregularity / orders * rng.standard_normal(4), rng.uniform(0, 2 * np.pi, 4)
        outline = sum(a * np.cos(k * azimuth + p) for k, a, p in zip(orders, amplitudes, phases, strict=True))
        distance = distance / np.clip(1 + outline, 0.7, 1.4)
    profile = LOOKS[look][0](distance, along, across, float(np.sqrt(semi_axes.prod())), rng)
    if rng.random() < 0.4:
        profile = profile * (1 - rng.uniform(0, 0.5) * np.cos(azimuth - rng.uniform(0, 2 * np.pi)) ** 2)
    depth[top:bottom, left:right] += (strength * profile).astype(np.float32)
