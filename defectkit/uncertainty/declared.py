"""Uncertainties: what is declared of the inputs, beside what the defects themselves say."""

from __future__ import annotations

import math

import attrs

from defectkit.errors import RecordError
from defectkit.uncertainty.detector_error import DetectorError
from defectkit.units import LENGTH, Quantity, QuantityLike, as_quantity

ASSUMED_THICKNESS = 0.35
"""Relative standard uncertainty of a foil thickness that is assumed: half or twice as much at 95 %."""

ASSUMED_PIXEL_SIZE = 0.05
"""Relative standard uncertainty of a pixel size that is assumed."""


def _relative(_: object, field: attrs.Attribute[float | None], value: float | None) -> None:
    if value is not None and not (math.isfinite(value) and 0 <= value < 1):
        raise RecordError(
            f"the relative uncertainty of {field.name.replace('_', ' ')} is {value}; it is a share from 0 to below 1"
        )


def _spread(_: object, field: attrs.Attribute[float], value: float) -> None:
    if not (math.isfinite(value) and value >= 0):
        raise RecordError(f"the uncertainty of {field.name.replace('_', ' ')} is {value}; 0 or more is needed")


def _length(value: QuantityLike) -> Quantity:
    length = as_quantity(value, LENGTH, what="uncertainty of sizes")
    if length.magnitude < 0:
        raise RecordError(f"the uncertainty of sizes is {value!s}; 0 or more is needed")
    return length


def _share_or_none() -> float | None:
    field: float | None = attrs.field(default=None, validator=_relative)
    return field


@attrs.frozen(kw_only=True)
class Uncertainties:
    """Standard uncertainties of the inputs.

    Parameters
    ----------
    pixel_size, foil_thickness : float, optional
        Relative. Where they are not given, a value that is assumed has :data:`ASSUMED_PIXEL_SIZE` or
        :data:`ASSUMED_THICKNESS`, and any other has none.
    size : str or pint.Quantity
        By how much all sizes may be too large or too small together, a length: where an edge is drawn.
    barrier_strength, burgers_vector, shear_modulus, taylor_factor : float, optional
        Relative; by default what the material says of each constant, and none where it says nothing.
    exponent : float
        Of the exponent of the superposition, absolute; exponents below 1 count as 1.
    detector : DetectorError, optional
        What a detector adds; nothing where people drew the defects.

    Raises
    ------
    RecordError
        If a value is negative, not finite, or a share of 1 or more.
    """

    pixel_size: float | None = _share_or_none()
    foil_thickness: float | None = _share_or_none()
    size: Quantity = attrs.field(default="0 nm", converter=_length)
    barrier_strength: float | None = _share_or_none()
    burgers_vector: float | None = _share_or_none()
    shear_modulus: float | None = _share_or_none()
    taylor_factor: float | None = _share_or_none()
    exponent: float = attrs.field(default=0.0, validator=_spread)
    detector: DetectorError | None = None
