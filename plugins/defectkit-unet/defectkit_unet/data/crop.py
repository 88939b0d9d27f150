"""Crop: a square of an image with what is in it, before it becomes an input."""

from __future__ import annotations

from typing import Protocol

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.synthesis import Ellipses


@attrs.frozen(kw_only=True, eq=False)
class Crop:
    """Gray values and defects.

    Parameters
    ----------
    pixels : numpy.ndarray, shape (n, n), float32
        Dark defects on a brighter ground.
    ellipses : Ellipses
    known : numpy.ndarray, shape (n, n), float32
        How sure it is that the ellipses are all there is, from 0 to 1; 0 where nothing is said.
    """

    pixels: NDArray[np.float32]
    ellipses: Ellipses
    known: NDArray[np.float32]


class Source(Protocol):
    """Whatever gives crops."""

    def crop(self, number: int, side: int, rng: np.random.Generator) -> Crop:
        """Return a crop; what costs time may be shared by neighbouring numbers.

        Parameters
        ----------
        number : int
            Of the crop.
        side : int
            Its edge in pixels.
        rng : numpy.random.Generator
        """
        ...
