"""Drawing: which images, and which groups of defects in them, a resample holds and how often."""

from __future__ import annotations

from collections.abc import Collection, Iterator

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.errors import StudyError

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

LEVELS = ("image", "defect")
"""What can be drawn: images, and within each drawn image its groups of defects."""

CHUNK = 64
"""Resamples that are worked on at a time; results do not depend on how much memory there is."""


@attrs.frozen(kw_only=True, eq=False)
class Draws:
    """B resamples of I images with U groups of defects.

    Parameters
    ----------
    images : numpy.ndarray, shape (B, I), int64
        The image in each place of each resample.
    rows : tuple of numpy.ndarray
        For each image, which of the B * I places it fills.
    weights : tuple of numpy.ndarray, shape (places, groups of the image)
        For each image, how often each of its groups was drawn into each of these places.
    first_group : numpy.ndarray, shape (I + 1,), int64
        Where the groups of each image begin.
    """

    images: Integers
    rows: tuple[Integers, ...]
    weights: tuple[Floats, ...]
    first_group: Integers

    def by_place(self, values: Floats) -> Floats:
        """Return the sums of ``values`` (U, F) over the groups drawn into each place, shape (B, I, F)."""
        sums = np.zeros((self.images.size, values.shape[1]))
        for k, (rows, weights) in enumerate(zip(self.rows, self.weights, strict=True)):
            sums[rows] = weights @ values[self.first_group[k] : self.first_group[k + 1]]
        return sums.reshape(*self.images.shape, values.shape[1])

    def group_weights(self) -> Floats:
        """Return how often each group is in each resample, shape (B, U)."""
        n_resamples, n_images = self.images.shape
        total = np.zeros((n_resamples, int(self.first_group[-1])))
        for k, (rows, weights) in enumerate(zip(self.rows, self.weights, strict=True)):
            if rows.size and weights.shape[1]:
                resample = rows // n_images
                starts = np.flatnonzero(np.diff(resample, prepend=-1))
                columns = slice(self.first_group[k], self.first_group[k + 1])
                total[resample[starts], columns] = np.add.reduceat(weights, starts, axis=0)
        return total

    def image_weights(self) -> Floats:
        """Return how often each image is in each resample, shape (B, I)."""
        n_resamples, n_images = self.images.shape
        counts = np.zeros((n_resamples, n_images))
        np.add.at(counts, (np.arange(n_resamples)[:, None], self.images), 1)
        return counts


def draws(
    group_image: Integers, n_images: int, *, n_resamples: int, levels: Collection[str], rng: np.random.Generator
) -> Iterator[Draws]:
    """Yield resamples, some at a time.

    Parameters
    ----------
    group_image : numpy.ndarray, shape (U,), int64
        The image of each group, ascending.
    n_images : int
    n_resamples : int
    levels : collection of str
        Which of :data:`LEVELS` are drawn; what is not drawn is there once.
    rng : numpy.random.Generator

    Raises
    ------
    StudyError
        If there is nothing to draw, no level is named or one is unknown.
    """
    unknown = sorted(set(levels) - set(LEVELS))
    if unknown or not levels:
        raise StudyError(f"bootstrap: the levels {tuple(levels)!r} are not some of {', '.join(LEVELS)}")
    if n_resamples < 1 or n_images < 1:
        raise StudyError(f"bootstrap: {n_resamples} resamples of {n_images} images cannot be drawn")
    for start in range(0, n_resamples, CHUNK):
        size = min(CHUNK, n_resamples - start)
        images = (
            rng.integers(n_images, size=(size, n_images))
            if "image" in levels
            else np.tile(np.arange(n_images), (size, 1))
        )
        yield _drawn(images, group_image, rng if "defect" in levels else None)


def identity(group_image: Integers, n_images: int) -> Draws:
    """Return one resample that is the sample itself."""
    return _drawn(np.arange(n_images)[None, :], group_image, None)


def _drawn(images: Integers, group_image: Integers, rng: np.random.Generator | None) -> Draws:
    n_images = images.shape[1]
    first = np.searchsorted(group_image, np.arange(n_images + 1))
    order = np.argsort(images.ravel(), kind="stable")
    rows = np.split(order, np.searchsorted(images.ravel()[order], np.arange(1, n_images)))
    weights = []
    for k, own in enumerate(rows):
        n = int(first[k + 1] - first[k])
        if rng is None or n == 0:
            weights.append(np.ones((own.size, n)))
        else:
            weights.append(rng.multinomial(n, np.full(n, 1 / n), size=own.size).astype(np.float64))
    return Draws(images=images, rows=tuple(rows), weights=tuple(weights), first_group=first)
