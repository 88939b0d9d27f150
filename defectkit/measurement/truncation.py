"""Truncation: defects that the surfaces of the foil cut, and in which depth their centers lie."""

from __future__ import annotations

import enum
import math
from typing import NoReturn

import numpy as np
from numpy.typing import ArrayLike, NDArray

from defectkit.errors import RecordError

Floats = NDArray[np.float64]


class Truncation(enum.StrEnum):
    r"""By what a number in a volume is corrected for defects that the surfaces of the foil cut.

    Notes
    -----
    A defect is seen, whole or in part, if it reaches into the foil: its center then lies in a depth of
    :math:`t + h`, where *t* is the thickness of the foil and *h* the mean height of the defect along the beam. So

    .. math:: N_V = \sum_i \frac{w_i}{A (t + h_i)}

    which for defects of one size is :math:`N_V = N_A / (t + h)`: J. E. Hilliard, *The counting and sizing of particles
    in transmission microscopy*, Transactions of the Metallurgical Society of AIME 224 (1962) 906. What is left of a
    defect is taken with the size that it shows, so that sizes near the thickness stay too small. Loops that the surface
    drew out of the foil are another matter, which this correction makes worse.
    """

    NONE = "none"
    """Defects are taken to lie within the foil: *h* is 0."""

    SPHERES = "spheres"
    """*h* is the diameter *d*: cavities and particles."""

    DISCS = "discs"
    r"""*h* is :math:`\pi d / 4`, the mean height of thin discs that are turned at random: loops."""

    @classmethod
    def _missing_(cls, value: object) -> NoReturn:
        raise RecordError(f"truncation: {value!r} is none of {', '.join(cls)}")

    @property
    def height_factor(self) -> float:
        """The mean height of a defect along the beam over its size."""
        return {Truncation.NONE: 0.0, Truncation.SPHERES: 1.0, Truncation.DISCS: math.pi / 4}[self]

    def share(self, sizes_nm: ArrayLike, thicknesses_nm: ArrayLike) -> Floats:
        """Return for how many defects in the volume one that is seen stands: the thickness over its depth.

        Parameters
        ----------
        sizes_nm, thicknesses_nm : array_like
            That broadcast with each other; a size that is NaN counts as 0.

        Examples
        --------
        >>> Truncation.SPHERES.share([0.0, 25.0, 100.0], 100.0)
        array([1. , 0.8, 0.5])
        """
        thickness = np.asarray(thicknesses_nm, np.float64)
        found: Floats = thickness / (thickness + self.height_factor * np.nan_to_num(np.asarray(sizes_nm, np.float64)))
        return found
