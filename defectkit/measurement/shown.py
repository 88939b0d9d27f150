"""Shown: which fraction of the defects of a type an image shows, and by what it is known."""

from __future__ import annotations

import re
from typing import Any, Self

import attrs

from defectkit.errors import RecordError
from defectkit.measurement.visibility import LoopFamily, visible_fraction, visible_on_zone
from defectkit.units import shorten

GIVEN = "given"
FORM = "a fraction, or a family and the diffraction vectors or the zone axis, for instance 'a/2<111> in bcc, g = 110'"
_INDEX = re.compile(r"-?\d")
_CONDITION = re.compile(r"(g|zone)\s*=\s*((?:-?\d\s*){3,4})")


@attrs.frozen(kw_only=True)
class Shown:
    """The fraction of the defects of a type that the imaging condition shows.

    Parameters
    ----------
    fraction : float
        Above 0, at most 1; densities are divided by it.
    by : str
        What says so: ``given``, or the family of Burgers vectors and the imaging condition.

    Raises
    ------
    RecordError
        If the fraction is not above 0 and at most 1.

    Examples
    --------
    >>> Shown.of("50 %")
    Shown(fraction=0.5, by='given')
    >>> Shown.of("a<100> in bcc, zone=001").fraction
    0.6666666666666666
    """

    fraction: float = attrs.field(converter=float)
    by: str = GIVEN

    def __attrs_post_init__(self) -> None:
        if not 0 < self.fraction <= 1:
            none = "; a condition that shows none cannot be corrected for, take another image" * (self.fraction == 0)
            raise RecordError(f"visibility: the fraction {self.fraction:g} is not above 0 and at most 1{none}")

    @classmethod
    def of(cls, value: Any) -> Self:
        """Return what a number or a text says.

        Parameters
        ----------
        value : float, str or Shown
            A fraction (``0.5``, ``"50 %"``); or the family of Burgers vectors
            (:class:`~defectkit.measurement.visibility.LoopFamily`) and after it, separated by commas, the diffraction
            vectors (``g=110``) of which each shows what it shows, or the zone axis (``zone=001``). Indices have one
            digit: ``1-10``.

        Raises
        ------
        RecordError
            If it is none of these, or the condition shows none.
        """
        if isinstance(value, cls):
            return value
        if not isinstance(value, str):
            return cls(fraction=value)
        text = value.strip()
        number = text.removesuffix("%")
        try:
            fraction = float(number) / (1 if number == text else 100)
        except ValueError:
            return cls._of_condition(text)
        return cls(fraction=fraction)

    @classmethod
    def _of_condition(cls, text: str) -> Self:
        family, *conditions = (part.strip() for part in text.split(","))
        if family not in list(LoopFamily):
            raise RecordError(
                f"visibility: {shorten(text)} is no {FORM.removeprefix('a ')}; families are {', '.join(LoopFamily)}"
            )
        found = [_CONDITION.fullmatch(condition) for condition in conditions]
        if not found or None in found or len({match[1] for match in found if match}) > 1:
            raise RecordError(f"visibility: {shorten(text)} names no imaging condition; give {FORM}")
        indices = [tuple(map(int, _INDEX.findall(match[2]))) for match in found if match]
        if found[0] is not None and found[0][1] == "zone":
            if len(indices) > 1:
                raise RecordError(f"visibility: {shorten(text)} names two zone axes; one image has one")
            return cls(fraction=float(visible_on_zone(family, indices[0])), by=text)
        return cls(fraction=float(visible_fraction(family, indices)), by=text)

    def settings(self) -> dict[str, Any]:
        """Return it as plain values, ready for JSON."""
        return {"fraction": self.fraction, "by": self.by}
