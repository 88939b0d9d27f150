"""OperatingPoint: how many of the candidates are called defects."""

from __future__ import annotations

import enum

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.errors import DetectorError

Floats = NDArray[np.float64]

LEAST = 0.2
"""Nothing less probable is called a defect to raise F1."""


class Aim(enum.StrEnum):
    """What the number of defects that are called is chosen for."""

    F1 = "f1"
    COUNT = "count"
    PRECISION = "precision"


@attrs.frozen
class OperatingPoint:
    """How many of the candidates are called defects, from calibrated probabilities and no labels.

    Parameters
    ----------
    aim : Aim
        ``f1``: as many as give the highest expected F1 [1]_. ``count``: as many as are to be expected, so that counts
        are right on average. ``precision``: as many as keep the expected precision at ``precision``.
    precision : float, optional
        For that aim, above 0 and below 1.

    References
    ----------
    .. [1] Z. C. Lipton, C. Elkan, B. Naryanaswamy, Optimal thresholding of classifiers to maximize F1 measure, ECML
       PKDD (2014) 225, https://doi.org/10.1007/978-3-662-44851-9_15

    Examples
    --------
    >>> probabilities = np.array([0.9, 0.8, 0.6, 0.4, 0.2, 0.1])
    >>> [OperatingPoint.of(text).calls(probabilities) for text in ("f1", "count", "precision=0.8")]
    [4, 3, 2]
    """

    aim: Aim
    precision: float | None = None

    def __attrs_post_init__(self) -> None:
        if (self.aim is Aim.PRECISION) != (self.precision is not None):
            raise DetectorError("operating point: a number is given for precision, and for precision alone")
        if self.precision is not None and not 0 < self.precision < 1:
            raise DetectorError(f"operating point: a precision of {self.precision} is not above 0 and below 1")

    @classmethod
    def of(cls, value: OperatingPoint | str) -> OperatingPoint:
        """Return the operating point that a text names: ``f1``, ``count`` or ``precision=0.9``.

        Raises
        ------
        DetectorError
            If it names none.
        """
        if isinstance(value, OperatingPoint):
            return value
        name, equals, number = str(value).partition("=")
        try:
            return cls(Aim(name.strip()), float(number) if equals else None)
        except ValueError as error:
            if isinstance(error, DetectorError):
                raise
            raise DetectorError(
                f"operating point: {value!r} is none; give 'f1', 'count' or 'precision=0.9' (above 0 and below 1)"
            ) from None

    def __str__(self) -> str:
        return self.aim.value if self.precision is None else f"{self.aim.value}={self.precision:g}"

    def calls(self, probabilities: Floats) -> int:
        """Return how many of the candidates to call defects, the most probable first.

        Parameters
        ----------
        probabilities : numpy.ndarray, shape (N,)
            From the highest to the lowest.
        """
        if not len(probabilities):
            return 0
        true = np.cumsum(probabilities)
        called = np.arange(1, len(probabilities) + 1)
        if self.aim is Aim.COUNT:
            return min(len(probabilities), round(float(true[-1])))
        if self.precision is not None:
            return int((true / called >= self.precision).sum())
        best = int(np.argmax(2 * true / (called + true[-1]))) + 1
        return min(best, int((probabilities >= LEAST).sum()))


def expected_f1(probabilities: Floats) -> float:
    """Return the highest expected F1 that calling the most probable candidates can have; 0 without candidates."""
    if not len(probabilities):
        return 0.0
    ranked = np.sort(probabilities)[::-1]
    true = np.cumsum(ranked)
    return float((2 * true / (np.arange(1, len(ranked) + 1) + true[-1])).max())
