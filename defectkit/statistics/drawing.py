"""Drawing: how often each image, and each unit of defects, is in each resample."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from functools import cached_property
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.short_repr import short_repr
from defectkit.statistics.units import ImageSum, Sum, Units

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]
Values = NDArray[Any]

CHUNK = 64
"""Resamples that are drawn at a time, so that memory does not grow with their number."""


class Drawn(ABC):
    """B resamples of the units of P images."""

    @property
    @abstractmethod
    def unit_weights(self) -> Floats:
        """How often each unit is in each resample, shape (B, U)."""

    @property
    @abstractmethod
    def image_weights(self) -> Floats:
        """How often each of the places for images counts in each resample, shape (B, P)."""

    @abstractmethod
    def total(self, added: Sum) -> Values:
        """Return a sum in each resample, shape (B, ...)."""

    @abstractmethod
    def of_images(self, added: Sum) -> Values:
        """Return a sum in each place for an image, shape (B, P, ...), or (1, P, ...) where resamples share them."""

    @abstractmethod
    def over_images(self, values: Values) -> Values:
        """Return the sum over places of ``values``, shape (B or 1, P, ...), each as often as it is drawn."""


@attrs.frozen(kw_only=True, eq=False)
class Sample(Drawn):
    """The images as they are, each once: a statistic of it is its value.

    Parameters
    ----------
    n_images : int
    """

    n_images: int

    @property
    def unit_weights(self) -> Floats:
        """Ones, shape (1, images)."""
        return np.ones((1, self.n_images))

    @property
    def image_weights(self) -> Floats:
        """Ones, shape (1, images)."""
        return np.ones((1, self.n_images))

    def total(self, added: Sum) -> Values:
        """Return the sum over images, shape (1, ...); counts stay integers."""
        return np.asarray(added.values.sum(axis=0))[None]

    def of_images(self, added: Sum) -> Values:
        """Return what each image adds, shape (1, images, ...)."""
        return added.values[None]

    def over_images(self, values: Values) -> Values:
        """Return the sum over images, shape (1, ...)."""
        return np.asarray(values.sum(axis=1))


@attrs.frozen(kw_only=True, eq=False)
class DrawnImages(Drawn):
    """Whole images drawn with replacement.

    Parameters
    ----------
    image_weights : numpy.ndarray, shape (B, images)
        How often each image is in each resample.
    """

    image_weights: Floats

    __repr__ = short_repr

    @property
    def unit_weights(self) -> Floats:
        """The same: an image is a unit."""
        return self.image_weights

    def total(self, added: Sum) -> Values:
        """Return the weighted sum over images, shape (B, ...)."""
        return (self.image_weights @ added.flat).reshape(len(self.image_weights), *added.values.shape[1:])

    def of_images(self, added: Sum) -> Values:
        """Return what each image adds, shape (1, images, ...): it is the same in every resample."""
        return added.values[None]

    def over_images(self, values: Values) -> Values:
        """Return the weighted sum over images, shape (B, ...)."""
        if len(values) == 1:
            return (self.image_weights @ Sum(values=values[0]).flat).reshape(len(self.image_weights), *values.shape[2:])
        return np.asarray(np.einsum("bp,bp...->b...", self.image_weights, values))


@attrs.frozen(kw_only=True, eq=False, slots=False)
class DrawnDefects(Drawn):
    """Images drawn with replacement, then as many units in each of them as it has, with replacement.

    Parameters
    ----------
    images : numpy.ndarray, shape (B, P), int64
        The image in each place.
    rows : tuple of numpy.ndarray
        For each image, which of the B * P places it fills.
    weights : tuple of numpy.ndarray, shape (places, units of the image)
        For each image, how often each of its units was drawn into each of these places.
    first_unit : numpy.ndarray, shape (images + 1,), int64
        Where the units of each image begin.
    """

    images: Indices
    rows: tuple[Indices, ...]
    weights: tuple[Floats, ...]
    first_unit: Indices
    _totals: dict[Sum, Values] = attrs.field(factory=dict, init=False, repr=False)

    __repr__ = short_repr

    @property
    def image_weights(self) -> Floats:
        """Ones, shape (B, P): an image that is drawn twice fills two places."""
        return np.ones(self.images.shape)

    @cached_property
    def unit_weights(self) -> Floats:
        """How often each unit is in each resample, shape (B, U)."""
        n_resamples, n_images = self.images.shape
        total = np.zeros((n_resamples, int(self.first_unit[-1])))
        for k, (rows, weights) in enumerate(zip(self.rows, self.weights, strict=True)):
            if rows.size and weights.shape[1]:
                resample = rows // n_images
                starts = np.flatnonzero(np.diff(resample, prepend=-1))
                columns = slice(self.first_unit[k], self.first_unit[k + 1])
                total[resample[starts], columns] = np.add.reduceat(weights, starts, axis=0)
        return total

    def total(self, added: Sum) -> Values:
        """Return the weighted sum over units, shape (B, ...), computed once however many statistics ask for it."""
        if added not in self._totals:
            summed = (
                added.flat[self.images].sum(axis=1) if isinstance(added, ImageSum) else self.unit_weights @ added.flat
            )
            self._totals[added] = summed.reshape(len(self.images), *added.values.shape[1:])
        return self._totals[added]

    def of_images(self, added: Sum) -> Values:
        """Return the weighted sum over the units in each place, shape (B, P, ...)."""
        if isinstance(added, ImageSum):
            return np.asarray(added.values[self.images])
        sums = np.zeros((self.images.size, added.flat.shape[1]))
        for k, (rows, weights) in enumerate(zip(self.rows, self.weights, strict=True)):
            sums[rows] = weights @ added.flat[self.first_unit[k] : self.first_unit[k + 1]]
        return sums.reshape(*self.images.shape, *added.values.shape[1:])

    def over_images(self, values: Values) -> Values:
        """Return the sum over places, shape (B, ...)."""
        summed = np.asarray(values.sum(axis=1))
        return np.broadcast_to(summed, (len(self.images), *summed.shape[1:]))


def image_weights(n_images: int, n_resamples: int, *, seed: int) -> Floats:
    """Return how often each image is drawn, shape (n_resamples, n_images); each row sums to ``n_images``.

    Examples
    --------
    >>> image_weights(3, 2, seed=0).sum(axis=1).tolist()
    [3.0, 3.0]
    """
    rng = np.random.default_rng(seed)
    return rng.multinomial(n_images, np.full(n_images, 1 / n_images), size=n_resamples).astype(np.float64)


def drawn_images(n_images: int, n_resamples: int, *, seed: int) -> Iterator[DrawnImages]:
    """Yield resamples of whole images, some at a time."""
    weights = image_weights(n_images, n_resamples, seed=seed)
    for start in range(0, n_resamples, CHUNK):
        yield DrawnImages(image_weights=weights[start : start + CHUNK])


def drawn_defects(units: Units, n_resamples: int, *, seed: int) -> Iterator[DrawnDefects]:
    """Yield resamples of images and of the units in them, some at a time."""
    rng = np.random.default_rng(seed)
    n_images = len(units.comparison.images)
    first = np.searchsorted(units.image, np.arange(n_images + 1))
    for start in range(0, n_resamples, CHUNK):
        images = rng.integers(n_images, size=(min(CHUNK, n_resamples - start), n_images))
        order = np.argsort(images.ravel(), kind="stable")
        rows = np.split(order, np.searchsorted(images.ravel()[order], np.arange(1, n_images)))
        weights = tuple(_counts(rng, len(r), n) for r, n in zip(rows, np.diff(first).tolist(), strict=True))
        yield DrawnDefects(images=images, rows=tuple(rows), weights=weights, first_unit=first)


def _counts(rng: np.random.Generator, n_places: int, n: int) -> Floats:
    """Return how often each of ``n`` units is among ``n`` drawn ones, for each of some places."""
    drawn = rng.integers(n, size=(n_places, n)) if n else np.zeros((n_places, 0), np.int64)
    cells = (np.arange(n_places)[:, None] * n + drawn).ravel()
    return np.bincount(cells, minlength=n_places * n).reshape(n_places, n).astype(np.float64)
