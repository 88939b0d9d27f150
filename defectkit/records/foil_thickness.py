"""FoilThickness: how thick a foil is, and how well that is known."""

from __future__ import annotations

import math
import re
from typing import Self

import attrs

from defectkit.errors import RecordError
from defectkit.units import LENGTH, MeasuredLike, as_measured, as_quantity

_NUMBER = r"(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_RANGE = re.compile(rf"\s*({_NUMBER})\s*(?:-|\N{{EN DASH}}|to)\s*({_NUMBER})(\s*[^\d\s].*)", re.DOTALL)

WHAT = "foil thickness"


@attrs.frozen(kw_only=True)
class FoilThickness:
    r"""Thickness of a foil with its uncertainty.

    Parameters
    ----------
    nm : float
        In nm; the middle of a range.
    uncertainty_nm : float
        Standard uncertainty of a measured value.
    half_range_nm : float
        Of a range in which all values are equally likely; its standard uncertainty is :math:`1/\sqrt{3}` of it.

    Raises
    ------
    RecordError
        If it is not positive, the uncertainty is not less than it.

    Examples
    --------
    >>> FoilThickness.of("100 +/- 20 nm")
    FoilThickness(nm=100.0, uncertainty_nm=20.0, half_range_nm=0.0)
    >>> FoilThickness.of("80-120 nm")
    FoilThickness(nm=100.0, uncertainty_nm=0.0, half_range_nm=20.0)
    """

    nm: float
    uncertainty_nm: float = 0.0
    half_range_nm: float = 0.0

    def __attrs_post_init__(self) -> None:
        if not (0 <= max(self.uncertainty_nm, self.half_range_nm) < self.nm < math.inf):
            raise RecordError(f"{WHAT}: {self} is not positive, or its uncertainty is not less than it")

    @classmethod
    def of(cls, value: MeasuredLike | Self) -> Self:
        """Return what a text, a Quantity or a Measurement says.

        Parameters
        ----------
        value : str, pint.Quantity or pint.Measurement
            A number with a unit, perhaps with its standard uncertainty (``"100 +/- 20 nm"``), or the ends of a range
            (``"80-120 nm"``).

        Raises
        ------
        UnitError
            If it is no length.
        RecordError
            If a range does not rise, or as above.
        """
        if isinstance(value, cls):
            return value
        ends = _RANGE.fullmatch(value) if isinstance(value, str) else None
        if ends is None:
            best, error = as_measured(value, LENGTH, what=WHAT)
            return cls(nm=float(best.magnitude), uncertainty_nm=float(error.magnitude))
        low, high = (float(as_quantity(f"{end}{ends[3]}", LENGTH, what=WHAT).magnitude) for end in ends.groups()[:2])
        if not low < high:
            raise RecordError(f"{WHAT}: the range {value!r} does not rise")
        return cls(nm=(low + high) / 2, half_range_nm=(high - low) / 2)

    def __str__(self) -> str:
        if self.half_range_nm:
            return f"{self.nm - self.half_range_nm!r}-{self.nm + self.half_range_nm!r} nm"
        return f"{self.nm!r} +/- {self.uncertainty_nm!r} nm" if self.uncertainty_nm else f"{self.nm!r} nm"

    @property
    def relative_uncertainty(self) -> float:
        """The standard uncertainty over the thickness."""
        return math.hypot(self.uncertainty_nm, self.half_range_nm / math.sqrt(3)) / self.nm
