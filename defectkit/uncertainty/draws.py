"""Draws: B states that the inputs may have been in, as columns."""

from __future__ import annotations

from typing import Self

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.uncertainty.condition import Condition

Floats = NDArray[np.float64]


@attrs.frozen(kw_only=True, eq=False)
class Sampled:
    """B states of which defects and images there are.

    Parameters
    ----------
    repeats : numpy.ndarray of int64, shape (B, N)
        How often each defect is there: the mixture of sizes.
    numbers : numpy.ndarray, shape (B, T)
        Defects of each type in the fields; not always the sum of ``repeats``, whose mixture then stands for more or
        fewer defects.
    image_weights : numpy.ndarray, shape (B, I)
        How often each field counts.
    """

    repeats: NDArray[np.int64]
    numbers: Floats
    image_weights: Floats

    def __len__(self) -> int:
        return len(self.repeats)

    @classmethod
    def as_counted(cls, condition: Condition, n: int = 1) -> Self:
        """Return ``n`` times the defects and images as they are."""
        return cls(
            repeats=np.ones((n, len(condition.sizes_nm)), np.int64),
            numbers=np.tile(condition.counts.sum(axis=0).astype(np.float64), (n, 1)),
            image_weights=np.ones((n, len(condition.images))),
        )


@attrs.frozen(kw_only=True, eq=False)
class Factors:
    """B states of what the inputs are multiplied by; 1 is as declared.

    Parameters
    ----------
    pixel_size, foil_thickness : numpy.ndarray, shape (B, I)
        Of each image; images that share an input share its factor.
    number, size : numpy.ndarray, shape (B,)
        Of all numbers and sizes: what a detector adds.
    size_shift_nm : numpy.ndarray, shape (B,)
        By how much all sizes are larger.
    barrier_strength : numpy.ndarray, shape (B, O)
        Of each obstacle.
    burgers_vector, stress : numpy.ndarray, shape (B,)
        Of all Burgers vectors, and of the product of Taylor factor and shear modulus.
    exponent : numpy.ndarray, shape (B,)
        The exponent of the superposition itself.
    """

    pixel_size: Floats
    foil_thickness: Floats
    number: Floats
    size: Floats
    size_shift_nm: Floats
    barrier_strength: Floats
    burgers_vector: Floats
    stress: Floats
    exponent: Floats

    def __len__(self) -> int:
        return len(self.exponent)

    def take(self, rows: slice) -> Self:
        """Return some of the states."""
        return type(self)(**{f.name: getattr(self, f.name)[rows] for f in attrs.fields(type(self))})
