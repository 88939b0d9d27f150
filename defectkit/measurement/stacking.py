"""Stacking: the defects of several images, one image after the other, for work that is better done on many at once."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from functools import cached_property
from typing import Protocol, TypeVar

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.geometry.polygons import Polygons
from defectkit.geometry.runs import Runs
from defectkit.records.instances import Instances

Floats = NDArray[np.float64]
T = TypeVar("T", bound=np.generic)


class Measurable(Protocol):
    """What sizes and shapes look at: the columns that :class:`Instances` and :class:`Stack` share."""

    @property
    def types(self) -> tuple[str, ...]:
        """The names that ``type_codes`` index."""

    @property
    def type_codes(self) -> NDArray[np.int16]:
        """Shape (N,)."""

    @property
    def runs(self) -> Runs:
        """The N masks."""

    @property
    def polygons(self) -> Polygons:
        """The polygons as drawn, empty ones where there is none."""

    @property
    def areas(self) -> NDArray[np.int64]:
        """Pixels of each mask, shape (N,)."""

    @property
    def is_labels(self) -> bool:
        """Whether no defect has a score."""


def _tuple(parts: Iterable[Instances]) -> tuple[Instances, ...]:
    return tuple(parts)


@attrs.frozen(kw_only=True, eq=False)
class Stack:
    """The defects of several images as columns, one image after the other, each defect where it lies in its own image.

    What is measured of a defect by itself is the same here. Columns are joined when they are first asked for.

    Parameters
    ----------
    parts : iterable of Instances
        The defects of each image; none at all has no defect.

    Examples
    --------
    >>> dot = Instances.from_masks([np.ones((4, 4), bool)], types=["bdot"], shape=(4, 4))
    >>> both = Stack(parts=(dot, dot))
    >>> both.areas.tolist(), both.frames.tolist()
    ([16, 16], [0, 1, 2])
    """

    parts: tuple[Instances, ...] = attrs.field(converter=_tuple)

    @cached_property
    def frames(self) -> NDArray[np.int64]:
        """The defects of image ``k`` are ``frames[k]:frames[k + 1]``, shape (images + 1,)."""
        return np.cumsum([0, *map(len, self.parts)], dtype=np.int64)

    @cached_property
    def image(self) -> NDArray[np.int64]:
        """The position of the image of each defect."""
        return np.repeat(np.arange(len(self.parts)), np.diff(self.frames))

    @cached_property
    def runs(self) -> Runs:
        """The masks, in coordinates of their images."""
        return self.parts[0].runs if len(self.parts) == 1 else Runs.concatenate(part.runs for part in self.parts)

    @cached_property
    def polygons(self) -> Polygons:
        """The polygons as drawn, in coordinates of their images."""
        return Polygons.concatenate([part.polygons for part in self.parts])

    @cached_property
    def areas(self) -> NDArray[np.int64]:
        """Pixels of each mask."""
        return self.runs.areas()

    @cached_property
    def scores(self) -> Floats:
        """The scores, NaN for labels."""
        return np.concatenate([np.zeros(0), *(part.scores for part in self.parts)])

    @cached_property
    def types(self) -> tuple[str, ...]:
        """The types of all parts."""
        tables = dict.fromkeys(part.types for part in self.parts)
        return tuple(dict.fromkeys(itertools.chain.from_iterable(tables)))

    @cached_property
    def type_codes(self) -> NDArray[np.int16]:
        """The position of the type of each defect among ``types``."""
        tables = {part.types for part in self.parts}
        places = {table: np.array([self.types.index(name) for name in table], np.int16) for table in tables}
        return np.concatenate([np.zeros(0, np.int16), *(places[part.types][part.type_codes] for part in self.parts)])

    @property
    def is_labels(self) -> bool:
        """Whether no defect has a score."""
        return bool(np.isnan(self.scores).all())


def unstack(values: NDArray[T], frames: NDArray[np.int64]) -> list[NDArray[T]]:
    """Return the values of each image, given those of all defects of a :class:`Stack` and its ``frames``."""
    return [values[begin:stop] for begin, stop in itertools.pairwise(frames.tolist())]
