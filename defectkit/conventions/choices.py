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


class EdgeRule(_Choice):
    """What is done with defects at the border of what an image shows."""

    ALL = "all"
    """All are counted. Densities are too large: a field shows parts of defects whose centers lie outside."""

    EXCLUDE = "exclude"
    """Those that the border cuts are left out. Densities are too small, of large defects most."""

    HALF = "half"
    """Those that the lower or the right border cuts are left out. Densities are unbiased; sizes are of what is seen."""

    GUARD = "guard"
    """Those are counted whose center lies in the field without a margin. Unbiased; the margin is lost."""

    HORVITZ_THOMPSON = "horvitz-thompson"
    """Those that the border cuts are left out; each other one stands for those of its extent that would have been cut.
    Densities and sizes are unbiased."""

    @property
    def is_unbiased(self) -> bool:
        """Whether densities are right on average."""
        return self not in (EdgeRule.ALL, EdgeRule.EXCLUDE)
