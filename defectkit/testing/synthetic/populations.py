"""Populations: what kinds of defect a synthetic micrograph holds, how large they are and how they look."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from types import MappingProxyType

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.errors import RecordError

Floats = NDArray[np.float64]


class Look(enum.StrEnum):
    """How a defect is drawn."""

    SOLID = "solid"
    SINGLE_EDGE = "single edge"
    DOUBLE_EDGE = "double edge"


@attrs.frozen(kw_only=True)
class Population:
    """Defects of one type and look.

    Parameters
    ----------
    type : str
        The defect type that their labels name.
    look : Look
        A dark solid, a dark outline, or two outlines one inside the other.
    median_nm, spread : float
        Median of the outer major diameter in nm, and standard deviation of its natural logarithm.
    range_nm : tuple of two float
        Smallest and largest outer major diameter in nm; a diameter beyond is moved to the end.
    aspect : tuple of two float
        Smallest and largest ratio of minor to major axis; uniform between.
    depth : tuple of two float
        Smallest and largest optical depth of its darkest part: ``exp(-depth)`` of the light passes.
    """

    type: str
    look: Look
    median_nm: float
    spread: float
    range_nm: tuple[float, float]
    aspect: tuple[float, float]
    depth: tuple[float, float]

    def __attrs_post_init__(self) -> None:
        low, high = self.range_nm
        if not 0 < low <= self.median_nm <= high:
            raise RecordError(
                f"population {self.type!r}: the median {self.median_nm} nm lies outside {low} to {high} nm"
            )
        if not 0 < self.aspect[0] <= self.aspect[1] <= 1:
            raise RecordError(f"population {self.type!r}: the aspect {self.aspect} must rise within (0, 1]")

    def resized(self, factor: float) -> Population:
        """Return the population with its median ``factor`` times as large, kept within its range."""
        low, high = self.range_nm
        return attrs.evolve(self, median_nm=min(max(self.median_nm * factor, low), high))

    def draw_major_nm(self, n: int, rng: np.random.Generator) -> Floats:
        """Return ``n`` outer major diameters in nm, rounded to 0.001 nm so that they are the same on every machine."""
        drawn: Floats = self.median_nm * np.exp(self.spread * rng.standard_normal(n))
        return drawn.clip(*self.range_nm).round(3)


POPULATIONS: Mapping[str, Population] = MappingProxyType(
    {
        p.type: p
        for p in (
            Population(
                type="bdot",
                look=Look.SOLID,
                median_nm=7.0,
                spread=0.28,
                range_nm=(3.0, 17.0),
                aspect=(0.75, 1.0),
                depth=(0.5, 1.1),
            ),
            Population(
                type="loop_111",
                look=Look.SINGLE_EDGE,
                median_nm=30.0,
                spread=0.4,
                range_nm=(13.0, 90.0),
                aspect=(0.5, 0.95),
                depth=(0.4, 0.9),
            ),
            Population(
                type="loop_100_open",
                look=Look.DOUBLE_EDGE,
                median_nm=38.0,
                spread=0.35,
                range_nm=(22.0, 95.0),
                aspect=(0.45, 0.75),
                depth=(0.4, 0.9),
            ),
            Population(
                type="loop_100_solid",
                look=Look.SOLID,
                median_nm=26.0,
                spread=0.35,
                range_nm=(12.0, 70.0),
                aspect=(0.14, 0.26),
                depth=(0.5, 1.1),
            ),
        )
    }
)
"""The defects of on-zone bright-field images of irradiated FeCrAl, in the range of published sizes."""

OPEN_PART = 0.6
"""Part of the <100> loops that are open double edges where a number is given for ``loop_100`` alone."""


def split_loop_100(counts: Mapping[str, int]) -> dict[str, int]:
    """Return ``counts`` with ``loop_100`` parted into its two looks, :data:`OPEN_PART` of them open.

    Examples
    --------
    >>> split_loop_100({"bdot": 3, "loop_100": 5})
    {'bdot': 3, 'loop_100_open': 3, 'loop_100_solid': 2}
    """
    parted = dict(counts)
    whole = parted.pop("loop_100", 0)
    if whole:
        n_open = round(OPEN_PART * whole)
        parted["loop_100_open"] = parted.get("loop_100_open", 0) + n_open
        parted["loop_100_solid"] = parted.get("loop_100_solid", 0) + whole - n_open
    return parted
