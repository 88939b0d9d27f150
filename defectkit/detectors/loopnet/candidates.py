"""Candidates: ellipses that may be defects, as columns."""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@attrs.frozen(kw_only=True, eq=False)
class Candidates:
    """N ellipses in pixels of the image, with pixel edges at whole numbers.

    Parameters
    ----------
    centers : numpy.ndarray, shape (N, 2), float64
    shapes : numpy.ndarray, shape (N, 2, 2), float64
        S, where the outline is the points x with (x - c)ᵀ S⁻¹ (x - c) = 1.
    scores : numpy.ndarray, shape (N,), float64
        Probabilities.
    types : numpy.ndarray, shape (N, K), float64
        Probabilities of types, given that it is a defect.
    views : numpy.ndarray, shape (N,), int64
        Which view of the image each was found in.
    """

    centers: Floats
    shapes: Floats
    scores: Floats
    types: Floats
    views: Ints

    def __len__(self) -> int:
        return len(self.scores)

    @classmethod
    def empty(cls, n_types: int) -> Candidates:
        """Return no candidates."""
        return cls(
            centers=np.zeros((0, 2)),
            shapes=np.zeros((0, 2, 2)),
            scores=np.zeros(0),
            types=np.zeros((0, n_types)),
            views=np.zeros(0, np.int64),
        )

    @property
    def diameters(self) -> Floats:
        """Equivalent diameters in pixels of the image, shape (N,)."""
        diameters: Floats = 2 * np.sqrt(np.sqrt(np.maximum(np.linalg.det(self.shapes), 0)))
        return diameters

    def take(self, picked: NDArray[np.bool_] | Ints) -> Candidates:
        """Return some of them, in the order of ``picked``."""
        columns = attrs.asdict(self, recurse=False)
        return Candidates(**{name: column[picked] for name, column in columns.items()})

    @classmethod
    def concatenate(cls, parts: Sequence[Candidates]) -> Candidates:
        """Return several together; at least one has to be given."""
        columns = [attrs.asdict(part, recurse=False) for part in parts]
        return cls(**{name: np.concatenate([column[name] for column in columns]) for name in columns[0]})
