"""Thickness by CBED: Kossel-Möllenstedt fringes of a two-beam pattern to the thickness of the foil."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import attrs
import numpy as np
from numpy.typing import ArrayLike, NDArray

from defectkit.errors import RecordError
from defectkit.records.foil_thickness import FoilThickness
from defectkit.units import LENGTH, QuantityLike, as_quantity

Floats = NDArray[np.float64]

LARGEST_FIRST = 20
"""The largest number that is tried for the first fringe."""


@attrs.frozen(kw_only=True)
class FringeFit:
    """What fringes say.

    Parameters
    ----------
    thickness : FoilThickness
        With its standard uncertainty by the scatter of the fringes around the line.
    extinction_distance_nm : float
        Of the reflection.
    first_number : int
        The number of the first fringe.
    residual : float
        Root of the mean square of the residuals over the value at the axis, 1 / t^2: near 0 if the number is right.
    """

    thickness: FoilThickness
    extinction_distance_nm: float
    first_number: int
    residual: float


def fringe_deviations(
    positions: ArrayLike, bragg_separation: float, *, wavelength: QuantityLike, plane_spacing: QuantityLike
) -> Floats:
    r"""Return the deviations of fringes from the Bragg condition, in 1 / nm, of the shape of ``positions``.

    Parameters
    ----------
    positions : array_like
        Distances of the dark fringes from the bright middle of the diffracted disc, in any unit of the pattern.
    bragg_separation : float
        Distance of the direct and the diffracted disc in the same unit: twice the Bragg angle.
    wavelength : str or pint.Quantity
        Of the electrons.
    plane_spacing : str or pint.Quantity
        Of the reflecting planes.

    Notes
    -----
    .. math:: s_i = \frac{\lambda}{d^2} \frac{\Delta\theta_i}{2 \theta_B}

    Examples
    --------
    >>> fringe_deviations([1.0, 2.0], 10.0, wavelength="2.51 pm", plane_spacing="0.2 nm").round(5)
    array([0.00627, 0.01255])
    """
    length = float(as_quantity(wavelength, LENGTH, what="wavelength").magnitude)
    spacing = float(as_quantity(plane_spacing, LENGTH, what="plane spacing").magnitude)
    if not (bragg_separation > 0 and spacing > 0 and length > 0):
        raise RecordError("fringes: the separation of the discs, the wavelength and the plane spacing are positive")
    deviations: Floats = length / spacing**2 * np.asarray(positions, np.float64) / bragg_separation
    return deviations


def fringe_thickness(deviations_per_nm: Sequence[float] | Floats, *, first_number: int | None = None) -> FringeFit:
    r"""Return the thickness of a foil from the dark fringes of a two-beam CBED pattern.

    Parameters
    ----------
    deviations_per_nm : sequence of float, length K
        Of K successive dark fringes from the Bragg condition, in 1 / nm, from the innermost outwards; at least 3.
    first_number : int, optional
        The number of the innermost one; by default the one of 1 to 20 whose line fits best.

    Raises
    ------
    RecordError
        If there are fewer than 3, they do not rise, or no number gives a line that a foil could have.

    Notes
    -----
    .. math:: \left(\frac{s_k}{n_k}\right)^2 + \frac{1}{\xi_g^2 n_k^2} = \frac{1}{t^2}

    so that :math:`(s_k / n_k)^2` over :math:`1 / n_k^2` is a line that meets the axis at :math:`1/t^2` and falls by
    :math:`1/\xi_g^2`. P. M. Kelly, A. Jostsons, R. G. Blake and J. G. Napier, *The determination of foil thickness by
    scanning transmission electron microscopy*, Physica Status Solidi (a) 31 (1975) 771, doi 10.1002/pssa.2210310251.
    With few fringes several numbers may fit; name the first one if it is known from the extinction distance.

    Examples
    --------
    >>> n = np.arange(3, 8)
    >>> found = fringe_thickness(n * np.sqrt(1 / 120**2 - 1 / (n * 50) ** 2))
    >>> round(found.thickness.nm, 6), round(found.extinction_distance_nm, 6), found.first_number
    (120.0, 50.0, 3)
    """
    s = np.asarray(deviations_per_nm, np.float64)
    if s.ndim != 1 or s.size < 3 or not np.isfinite(s).all() or s[0] <= 0 or (np.diff(s) <= 0).any():
        raise RecordError("fringes: at least 3 deviations from the innermost fringe outwards are needed, rising from 0")
    if first_number is not None and first_number < 1:
        raise RecordError(f"fringes: the first one has a number of at least 1, not {first_number}")
    tried = range(1, LARGEST_FIRST + 1) if first_number is None else (first_number,)
    fits = [fit for n in tried if (fit := _fitted(s, n)) is not None]
    if not fits:
        raise RecordError(
            "fringes: no numbers give a falling line; look whether one was left out or they are bright ones"
        )
    return min(fits, key=lambda fit: fit.residual)


def _fitted(s: Floats, first_number: int) -> FringeFit | None:
    n = first_number + np.arange(s.size)
    x, y = 1.0 / n**2, (s / n) ** 2
    line: Any = np.polynomial.polynomial.polyfit(x, y, 1)
    at_axis, slope = (float(value) for value in line)
    if not (at_axis > 0 > slope):
        return None
    squares = float(np.sum((y - at_axis - slope * x) ** 2))
    spread = np.sum((x - x.mean()) ** 2)
    of_axis = math.sqrt(squares / (s.size - 2) * (1 / s.size + x.mean() ** 2 / spread))
    thickness = at_axis**-0.5
    uncertainty = thickness**3 / 2 * of_axis
    if uncertainty >= thickness:
        return None
    return FringeFit(
        thickness=FoilThickness(nm=thickness, uncertainty_nm=uncertainty),
        extinction_distance_nm=(-slope) ** -0.5,
        first_number=first_number,
        residual=math.sqrt(squares / s.size) / at_axis,
    )
