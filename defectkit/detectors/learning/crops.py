"""Crops: windows of labelled images, as many as a training needs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.detectors.learning.example import Example
from defectkit.errors import EmptyInputError, RecordError
from defectkit.geometry.polygons import Polygons
from defectkit.geometry.sets import crop

if TYPE_CHECKING:
    from defectkit.detectors.learning.augmentation import Augmentation


def crop_example(given: Example, top: int, left: int, size: tuple[int, int], *, min_visible: float = 0.3) -> Example:
    """Return the window of ``size`` whose first pixel is (``top``, ``left``); beyond the image it is mirrored.

    A defect of which less than the fraction ``min_visible`` of its pixels lies in the window is left out, since nobody
    could name it from what is left. Polygons do not survive a cut, so masks are all that the window's labels have.
    """
    height, width = size
    bottom, right = min(top + height, given.pixels.shape[0]), min(left + width, given.pixels.shape[1])
    pixels = given.pixels[top:bottom, left:right]
    missing = (height - pixels.shape[0], width - pixels.shape[1])
    if any(missing):
        pixels = np.pad(pixels, ((0, missing[0]), (0, missing[1])), mode="symmetric")
    runs, kept = crop(given.instances.runs, top, left, bottom, right)
    whole = given.instances.areas[kept]
    visible = runs.areas() >= min_visible * whole
    inside = given.instances.take(kept[visible])
    return Example(
        pixels=np.ascontiguousarray(pixels),
        instances=attrs.evolve(
            inside,
            shape=size,
            runs=runs.take(np.flatnonzero(visible)),
            polygons=Polygons.empty(int(visible.sum())),
            given_boxes=np.full((int(visible.sum()), 4), np.nan),
        ),
    )


@attrs.frozen(kw_only=True, eq=False)
class CropSampler:
    """Draws windows without end; the same seed draws the same ones.

    Parameters
    ----------
    examples : sequence of Example
    size : tuple of int
        Height and width of a window in pixels.
    defect_fraction : float
        How many of the windows are placed so that a defect, drawn at random, lies in them; the others lie anywhere.
    seed : int
    augmentation : Augmentation, optional
        What may change in a window; None leaves windows as they are.

    Raises
    ------
    EmptyInputError
        If there is no example.
    RecordError
        If the size or fraction is out of range.
    """

    examples: Sequence[Example]
    size: tuple[int, int]
    defect_fraction: float = 0.7
    seed: int = 0
    augmentation: Augmentation | None = None

    def __attrs_post_init__(self) -> None:
        if not self.examples:
            raise EmptyInputError("crops: there is no example to draw from")
        if min(self.size) < 1 or not 0 <= self.defect_fraction <= 1:
            raise RecordError(f"crops: size {self.size} and defect fraction {self.defect_fraction} cannot be drawn")

    def __iter__(self) -> Iterator[Example]:
        return self.starting_at(0)

    def starting_at(self, index: int) -> Iterator[Example]:
        """Yield the windows from number ``index`` on: what a resumed training would have seen."""
        while True:
            yield self.numbered(index)
            index += 1

    def numbered(self, index: int) -> Example:
        """Return the window of this number."""
        rng = np.random.default_rng([self.seed, index])
        drawn = self.draw(rng)
        return drawn if self.augmentation is None else self.augmentation.apply(drawn, rng)

    def draw(self, rng: np.random.Generator) -> Example:
        """Return one window; images are drawn by their number of pixels, so that large ones are seen more."""
        weights = np.array([e.pixels.size for e in self.examples], dtype=np.float64)
        chosen = self.examples[int(rng.choice(len(self.examples), p=weights / weights.sum()))]
        top, left = (self._corner(chosen, axis, rng) for axis in (0, 1))
        if len(chosen.instances) and rng.random() < self.defect_fraction:
            center = _center(chosen, int(rng.integers(len(chosen.instances))))
            top, left = (self._around(chosen, axis, center[axis], rng) for axis in (0, 1))
        return crop_example(chosen, top, left, self.size)

    def _corner(self, chosen: Example, axis: int, rng: np.random.Generator) -> int:
        return int(rng.integers(0, max(0, chosen.pixels.shape[axis] - self.size[axis]) + 1))

    def _around(self, chosen: Example, axis: int, center: float, rng: np.random.Generator) -> int:
        lowest = int(center) - self.size[axis] + 1
        corner = int(rng.integers(lowest, int(center) + 1))
        return int(np.clip(corner, 0, max(0, chosen.pixels.shape[axis] - self.size[axis])))


def _center(chosen: Example, index: int) -> NDArray[np.float64]:
    top, left, bottom, right = chosen.instances.boxes[index]
    return np.array([(top + bottom) / 2, (left + right) / 2])
