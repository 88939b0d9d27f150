"""Choices: what a convention chooses among."""

from __future__ import annotations

import enum
from typing import NoReturn

from defectkit.errors import ConventionError


class _Choice(enum.StrEnum):
    @classmethod
    def _missing_(cls, value: object) -> NoReturn:
        raise ConventionError(f"convention: {value!r} is no {cls.__name__}; allowed are {', '.join(cls)}")


class IoUKind(_Choice):
    """Of what the intersection over union is taken."""

    MASK = "mask"
    BOX = "box"
    POLYGON = "polygon"


class BoxRule(_Choice):
    """Which box of a defect is compared, where boxes are."""

    MASK = "mask"
    """The box of the mask, on both sides."""

    DRAWN = "drawn"
    """Truth: the box of the drawn polygon with its vertices cut to integers. Prediction: the box the detector gave."""


class ShapeRule(_Choice):
    """Whose Heywood circularity ``P / (2 sqrt(pi A))`` is taken; the perimeter goes with it."""

    MASK = "mask"
    """Of the mask, its perimeter by Crofton's formula in four directions."""

    HULL = "hull"
    """Of the convex hull, its perimeter the length of its outline."""


class Combination(_Choice):
    """How hardening contributions add up."""

    LINEAR = "linear"
    QUADRATURE = "quadrature"


class BinRepresentative(_Choice):
    """Which size stands for all defects of a size bin."""

    CENTER = "center"
    MEAN = "mean"
