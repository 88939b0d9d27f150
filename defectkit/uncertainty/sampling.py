"""Sampling: which other defects and images might have been seen, and what each adds to the variance."""

from __future__ import annotations

from collections.abc import Iterator

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.statistics.drawing import drawn_images
from defectkit.uncertainty.condition import Condition
from defectkit.uncertainty.draws import Sampled

Floats = NDArray[np.float64]

FEWEST_IMAGES = 20
"""From so many images on, images are drawn; with fewer, numbers follow a negative binomial distribution."""

CHUNK = 64
"""States that are drawn at a time."""

MOST_LEFT_OUT = 400
"""Defects of a condition that are left out one by one; of more, so many are taken by chance and stand for all."""


def draws_images(condition: Condition) -> bool:
    """Return whether there are enough images to draw them with replacement."""
    return len(condition.images) >= FEWEST_IMAGES


def sampled(condition: Condition, n: int, seed: int) -> Iterator[Sampled]:
    r"""Yield ``n`` states in chunks.

    Parameters
    ----------
    condition : Condition
    n, seed : int

    Notes
    -----
    From :data:`FEWEST_IMAGES` images on, whole images are drawn with replacement, with all their defects and their
    field. With fewer, the number of each type in image *i* is a Poisson number whose mean varies between images by a
    gamma factor of mean 1 and variance :math:`\kappa^2`: a negative binomial distribution. A number *N* then stands for
    means distributed as :math:`\Gamma(N + 1/2)`, the posterior of Jeffreys's prior, and sizes are drawn with
    replacement from those of the type, one fewer than there are, so that their mean has the variance :math:`s^2 / N`.
    :class:`Between` gives :math:`\kappa^2`.
    """
    yield from (_images if draws_images(condition) else _negative_binomial)(condition, n, seed)


def _images(condition: Condition, n: int, seed: int) -> Iterator[Sampled]:
    counts = condition.counts.astype(np.float64)
    rng = np.random.default_rng([seed, 1])
    for drawn in drawn_images(len(condition.images), n, seed=seed):
        weights = drawn.image_weights
        rare = rng.gamma(0.5, 1.0, (len(weights), counts.shape[1]))
        yield Sampled(
            repeats=weights[:, condition.image_codes].astype(np.int64),
            numbers=weights @ counts + np.where(counts.sum(axis=0) == 0, rare, 0.0),
            image_weights=weights,
        )


def _negative_binomial(condition: Condition, n: int, seed: int) -> Iterator[Sampled]:
    rng = np.random.default_rng([seed, 2])
    counts = condition.counts
    totals = counts.sum(axis=0)
    between = Between.of(condition)
    share = np.divide(counts, totals, out=np.zeros(counts.shape), where=totals > 0)
    idle = condition.areas_nm2 / condition.areas_nm2.sum()
    share[:, totals == 0] = idle[:, None]
    owners = [np.flatnonzero(condition.type_codes == t) for t in range(len(totals))]
    for first in range(0, n, CHUNK):
        b = min(CHUNK, n - first)
        repeats = np.zeros((b, len(condition.sizes_nm)), np.int64)
        for own in owners:
            if len(own):
                fewer = max(len(own) - 1, 1)
                repeats[:, own] = rng.multinomial(fewer, np.full(len(own), 1 / len(own)), size=b)
        numbers = rng.gamma(totals + 0.5, 1.0, (b, len(totals)))
        yield Sampled(
            repeats=repeats,
            numbers=numbers * (between.drawn(rng, b, len(condition.images)) @ share),
            image_weights=np.ones((b, len(condition.images))),
        )


@attrs.frozen(kw_only=True)
class Between:
    r"""How much densities differ between images beyond what chance alone does.

    Parameters
    ----------
    chi_square : float
        Sum of :math:`(N_i - E_i)^2 / E_i` over images and types, with what is expected by area.
    degrees : int
        Degrees of freedom: what it is on average if chance alone is at work.
    slope : float
        What a relative variance of 1 between images adds to it.
    """

    chi_square: float
    degrees: int
    slope: float

    @classmethod
    def of(cls, condition: Condition) -> Between:
        """Return what the counts of a condition say."""
        counts = condition.counts.astype(np.float64)
        areas = condition.areas_nm2
        occurring = counts.sum(axis=0) > 0
        share = areas / areas.sum()
        expected = np.outer(share, counts.sum(axis=0)[occurring])
        return cls(
            chi_square=float(((counts[:, occurring] - expected) ** 2 / expected).sum()),
            degrees=(len(areas) - 1) * int(occurring.sum()),
            slope=float(counts.sum() * (1 - np.square(share).sum())),
        )

    @property
    def excess(self) -> float:
        r"""The relative variance between images, :math:`\kappa^2`; 0 where chance explains the counts."""
        return max(self.chi_square - self.degrees, 0.0) / self.slope if self.slope > 0 else 0.0

    def drawn(self, rng: np.random.Generator, n: int, n_images: int) -> Floats:
        """Return the factors of images in ``n`` states, shape (n, images)."""
        if self.excess == 0:
            return np.ones((n, n_images))
        return rng.gamma(1 / self.excess, self.excess, (n, n_images))


@attrs.frozen(kw_only=True, eq=False)
class LeftOut:
    """States from which one defect or one image is missing, and how their changes add up to a variance.

    Parameters
    ----------
    states : Sampled
    weights : numpy.ndarray, shape (B,)
        The variance is the weighted sum of the squared changes.
    """

    states: Sampled
    weights: Floats


def left_out(condition: Condition, seed: int) -> Iterator[LeftOut]:
    r"""Yield the states whose changes give the variance of counting to first order.

    Notes
    -----
    Where images are drawn this is the jackknife over images, :math:`\frac{I - 1}{I} \sum_i (y_{-i} - y)^2`. Where
    numbers are negative binomial, every defect adds :math:`(y_{-j} - y)^2`, for it is there or not by itself, and every
    image :math:`\kappa^2 (y_{-i} - y)^2`, where its defects are missing and its field is not.
    """
    n_images = len(condition.images)
    if draws_images(condition):
        kept = 1 - np.eye(n_images)
        yield from _chunks(
            condition, kept[:, condition.image_codes], kept, np.full(n_images, (n_images - 1) / n_images)
        )
        return
    n = len(condition.sizes_nm)
    chosen = np.arange(n)
    if n > MOST_LEFT_OUT:
        chosen = np.random.default_rng([seed, 3]).choice(n, MOST_LEFT_OUT, replace=False)
    for first in range(0, len(chosen), CHUNK):
        some = chosen[first : first + CHUNK]
        present = np.ones((len(some), n))
        present[np.arange(len(some)), some] = 0
        yield from _chunks(condition, present, np.ones((len(some), n_images)), np.full(len(some), n / len(chosen)))
    excess = Between.of(condition).excess
    if excess > 0:
        without = (condition.image_codes != np.arange(n_images)[:, None]).astype(np.float64)
        yield from _chunks(condition, without, np.ones((n_images, n_images)), np.full(n_images, excess))


def _chunks(condition: Condition, present: Floats, image_weights: Floats, weights: Floats) -> Iterator[LeftOut]:
    for first in range(0, len(present), CHUNK):
        rows = slice(first, first + CHUNK)
        states = Sampled(
            repeats=present[rows].astype(np.int64),
            numbers=present[rows] @ condition.members,
            image_weights=image_weights[rows],
        )
        yield LeftOut(states=states, weights=weights[rows])
