"""Densities: how many defects there are in an area and in a volume, two things that are never confused."""

from __future__ import annotations

from defectkit.errors import UnitError
from defectkit.units import AREAL_DENSITY, LENGTH, NUMBER_DENSITY, Quantity, QuantityLike, as_quantity

AREA = "nanometer ** 2"


def areal_density(count: float, field_area: QuantityLike) -> Quantity:
    """Return the number of defects in an area of the image.

    Parameters
    ----------
    count : float
        How many defects; not negative.
    field_area : str or pint.Quantity
        The area that they were counted in, length squared; :meth:`defectkit.Calibration.field_area` gives that of an
        image.

    Returns
    -------
    pint.Quantity
        In 1 / nanometer ** 2.

    Raises
    ------
    UnitError
        If ``field_area`` is no area or not positive, or ``count`` is negative or not finite.

    Examples
    --------
    Fifty defects in an image of 1024 x 1024 pixels of 0.478516 nm:

    >>> edge = "490.000384 nm"
    >>> area = as_quantity(edge, LENGTH, what="edge") ** 2
    >>> print(f"{areal_density(50, area):.4g}")
    0.0002082 / nanometer ** 2
    """
    area = as_quantity(field_area, AREA, what="field area")
    if not area.magnitude > 0:
        raise UnitError(f"field area: {field_area!s} is not positive")
    density: Quantity = (_checked(count) / area).to(AREAL_DENSITY)
    return density


def number_density(areal_density: QuantityLike, foil_thickness: QuantityLike) -> Quantity:
    """Return the number of defects in a volume: an areal density over the thickness of the foil.

    Parameters
    ----------
    areal_density : str or pint.Quantity
        1 / length squared.
    foil_thickness : str or pint.Quantity
        Length.

    Returns
    -------
    pint.Quantity
        In 1 / meter ** 3.

    Raises
    ------
    UnitError
        If either is of another dimension (a number density, say, given as areal density), the density is
        negative or the thickness is not positive.

    Notes
    -----
    Every defect of the foil is taken to be seen once: none is hidden behind another one, lost to the surface or
    invisible under the diffraction condition.

    Examples
    --------
    >>> print(f"{number_density('2.082e-4 1/nm^2', '100 nm'):.4g}")
    2.082e+21 / meter ** 3
    """
    density = as_quantity(areal_density, AREAL_DENSITY, what="areal density")
    thickness = as_quantity(foil_thickness, LENGTH, what="foil thickness")
    if density.magnitude < 0:
        raise UnitError(f"areal density: {areal_density!s} is negative")
    if not thickness.magnitude > 0:
        raise UnitError(f"foil thickness: {foil_thickness!s} is not positive")
    volumic: Quantity = (density / thickness).to(NUMBER_DENSITY)
    return volumic


def _checked(count: float) -> float:
    value = float(count)
    if not 0 <= value < float("inf"):
        raise UnitError(f"count: {count!r} is not a number of defects")
    return value
