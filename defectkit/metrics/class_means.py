"""Class means: how many defects of a type an image has, and their mean size and shape, on each side."""

from __future__ import annotations

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.statistics.cached import cached
from defectkit.statistics.comparison import Comparison, Defects
from defectkit.statistics.variables import SUBSETS

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]

SIDES = ("true", "predicted")
MEASURES = ("size", "shape")
QUANTITIES = (*MEASURES, "density")


@attrs.frozen(kw_only=True, eq=False)
class ClassMeans:
    """Counts, sums and means by image, subset and type of one side; the arrays are not writable.

    Parameters
    ----------
    counts : numpy.ndarray, shape (images, subsets, types + 1), int64
        Defects of each type, then of all types.
    sums : dict of str to numpy.ndarray, shape (images, subsets, types + 1), float64
        By measure: the sum over the defects that have a value.
    undefined : dict of str to numpy.ndarray, shape (images, subsets, types + 1), int64
        By measure: how many defects have none (an empty mask has no size, a straight hull no shape).
    field_areas : numpy.ndarray, shape (images,), float64
    """

    counts: Counts
    sums: dict[str, Floats]
    undefined: dict[str, Counts]
    field_areas: Floats

    def per_image(self, quantity: str) -> Floats:
        """Return the mean size or shape, or the density, of each image, shape (images, subsets, types + 1).

        A mean over no defect is NaN; the density of no defect is 0.
        """
        if quantity == "density":
            return self.counts / self.field_areas[:, None, None]
        return _ratio(self.sums[quantity], self.counts - self.undefined[quantity])

    def pooled(self, quantity: str) -> Floats:
        """Return the same over the defects (or the areas) of all images together, shape (subsets, types + 1)."""
        if quantity == "density":
            return _ratio(self.counts.sum(axis=0), self.field_areas.sum())
        return _ratio(self.sums[quantity].sum(axis=0), (self.counts - self.undefined[quantity]).sum(axis=0))


@cached
def class_means(comparison: Comparison) -> dict[str, ClassMeans]:
    """Return the class means of both sides, under ``true`` and ``predicted``.

    Parameters
    ----------
    comparison : Comparison
        "Found" is meant at its ``iou_threshold``.
    """
    return {side: _side(comparison, side) for side in SIDES}


def indices_of(comparison: Comparison, side: str, subset: str) -> Counts:
    """Return the indices of the defects of one side, among those of all images, that a subset holds."""
    defects: Defects = getattr(comparison, side)
    if subset == SUBSETS[0]:
        return np.arange(defects.n)
    return comparison.found.truth if side == "true" else comparison.found.predicted


def _side(comparison: Comparison, side: str) -> ClassMeans:
    shape = (len(comparison.images), len(SUBSETS), len(comparison.types) + 1)
    counts = np.zeros(shape, np.int64)
    sums = {measure: np.zeros(shape) for measure in MEASURES}
    undefined = {measure: np.zeros(shape, np.int64) for measure in MEASURES}
    defects: Defects = getattr(comparison, side)
    cells = comparison.image_of(getattr(comparison, f"{side}_frames")) * shape[-1] + defects.codes
    n_cells = shape[0] * shape[-1]

    def counted(cell: Counts, weights: Floats | None = None) -> NDArray[np.generic]:
        return np.bincount(cell, weights, minlength=n_cells).reshape(shape[0], shape[-1])

    for s, subset in enumerate(SUBSETS):
        picked = indices_of(comparison, side, subset)
        cell = cells[picked]
        counts[:, s] = counted(cell)
        for measure, values in (("size", defects.sizes[picked]), ("shape", defects.shapes[picked])):
            without = np.isnan(values)
            sums[measure][:, s] = counted(cell[~without], values[~without])
            undefined[measure][:, s] = counted(cell[without])
    for array in (counts, *sums.values(), *undefined.values()):
        array[..., -1] = array[..., :-1].sum(axis=-1)
        array.flags.writeable = False
    return ClassMeans(counts=counts, sums=sums, undefined=undefined, field_areas=comparison.field_areas)


def _ratio(above: NDArray[np.generic], below: NDArray[np.generic] | np.float64) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):  # a mean over nothing is NaN
        return np.asarray(np.where(below == 0, np.nan, np.true_divide(above, below)))
