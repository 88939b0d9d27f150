"""Quantities that hold arrays, checked and stripped to floats at the border."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from defectkit.errors import UnitError
from defectkit.units import Quantity, QuantityLike, as_quantity, ureg


def as_magnitudes(value: QuantityLike, unit: str, *, what: str) -> NDArray[np.float64]:
    """Return the numbers of ``value`` in ``unit``: an array of the shape that ``value`` has, () for a scalar.

    Raises
    ------
    UnitError
        If there is no unit, it is of another dimension, or a number is negative or not finite.

    Examples
    --------
    >>> as_magnitudes("20 nm", "angstrom", what="diameter").item()
    200.0
    """
    magnitudes = np.asarray(_converted(value, unit, what), dtype=np.float64)
    wrong = ~np.isfinite(magnitudes) | (magnitudes < 0)
    if wrong.any():
        raise UnitError(f"{what}: {magnitudes[wrong].flat[0]} {unit} is negative or not finite")
    return magnitudes


def _converted(value: QuantityLike, unit: str, what: str) -> Any:
    if not np.ndim(getattr(value, "magnitude", 0)):
        return as_quantity(value, unit, what=what).magnitude
    one = as_quantity(ureg.Quantity(1.0, str(value.units)), unit, what=what)  # type: ignore[union-attr]  # has a magnitude
    return np.asarray(value.magnitude) * one.magnitude  # type: ignore[union-attr]  # as above


def as_quantity_of(magnitudes: NDArray[np.float64], unit: str) -> Quantity:
    """Return an array of floats in ``unit`` as Quantity; one of shape () holds a plain float."""
    return ureg.Quantity(magnitudes.item() if magnitudes.ndim == 0 else magnitudes, unit)
