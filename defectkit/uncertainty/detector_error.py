"""DetectorError: how far the numbers and sizes that a detector finds are off, from what it reached on other images."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Self

import attrs

from defectkit.detectors.card import ModelCard
from defectkit.errors import RecordError

COUNT, SIZE = "areal_density_error", "mean_size_error"
"""The metrics of a model card that say how far counts and sizes were off."""


def _share(_: object, field: attrs.Attribute[float], value: float) -> None:
    if not 0 <= value < 1:
        raise RecordError(f"detector error: {field.name.replace('_', ' ')} is {value}; it is a share from 0 to below 1")


def _spread(_: object, field: attrs.Attribute[float], value: float) -> None:
    if not (math.isfinite(value) and value >= 0):
        raise RecordError(f"detector error: {field.name.replace('_', ' ')} is {value}; 0 or more is needed")


@attrs.frozen(kw_only=True)
class DetectorError:
    r"""What a detector does to numbers and sizes.

    Parameters
    ----------
    false_fraction : float
        Share of what it finds that is no defect.
    missed_fraction : float
        Share of the defects that it does not find.
    size_bias : float
        By which share of the true size it finds too much; negative for too little.
    number_uncertainty, size_uncertainty : float
        Relative standard uncertainties of numbers and of sizes, after both are corrected.

    Notes
    -----
    Numbers are multiplied by :math:`(1 - f) / (1 - m)` and sizes divided by :math:`1 + s`. Without shares and bias
    nothing is corrected, and only the uncertainties are carried on.

    Examples
    --------
    >>> error = DetectorError(false_fraction=0.2, missed_fraction=0.2, size_bias=0.25)
    >>> error.number_factor, error.size_factor
    (1.0, 0.8)
    """

    false_fraction: float = attrs.field(default=0.0, validator=_share)
    missed_fraction: float = attrs.field(default=0.0, validator=_share)
    size_bias: float = attrs.field(default=0.0, validator=attrs.validators.gt(-1))
    number_uncertainty: float = attrs.field(default=0.0, validator=_spread)
    size_uncertainty: float = attrs.field(default=0.0, validator=_spread)

    @classmethod
    def from_card(cls, card: ModelCard) -> Self | None:
        """Return what the card of a detector says of its error on images kept from training; None if it says nothing.

        Numbers are not corrected: other images are other conditions. The root of the mean square of the relative errors
        that the card reports stands for how far off numbers, and sizes, may be.
        """
        numbers = _reported(card, COUNT)
        if numbers is None:
            return None
        return cls(number_uncertainty=numbers, size_uncertainty=_reported(card, SIZE) or 0.0)

    @property
    def number_factor(self) -> float:
        """What numbers are multiplied by."""
        return (1 - self.false_fraction) / (1 - self.missed_fraction)

    @property
    def size_factor(self) -> float:
        """What sizes are multiplied by."""
        return 1 / (1 + self.size_bias)


def _reported(card: ModelCard, name: str) -> float | None:
    return _root_mean_square(metric.value for metric in card.metrics if metric.name == name)


def _root_mean_square(values: Iterable[float]) -> float | None:
    squares = [value**2 for value in values]
    return math.sqrt(sum(squares) / len(squares)) if squares else None
