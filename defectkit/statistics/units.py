"""Units: what a bootstrap draws again, and what each of them adds to the sums that statistics are made of."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import attrs
import numpy as np
from numpy.typing import ArrayLike, NDArray

from defectkit.errors import PairingError
from defectkit.short_repr import short_repr
from defectkit.statistics.comparison import Comparison

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]


@attrs.frozen(kw_only=True, eq=False, slots=False)
class Sum:
    """What each unit adds to a sum.

    Parameters
    ----------
    values : numpy.ndarray, shape (U, ...)
    """

    values: NDArray[Any]

    __repr__ = short_repr

    @cached_property
    def flat(self) -> Floats:
        """The same as a matrix of floats, shape (U, F)."""
        return self.values.reshape(len(self.values), math.prod(self.values.shape[1:])).astype(np.float64)


class ImageSum(Sum):
    """What each image adds, whichever of its defects are drawn: its area, its pixels."""


@attrs.frozen(kw_only=True, eq=False)
class Units:
    """The defects of a comparison, sorted into the U units that are drawn.

    Parameters
    ----------
    comparison : Comparison
    image : numpy.ndarray, shape (U,), int64
        The image of each unit, ascending.
    of_true, of_predicted : numpy.ndarray, shape (N,) and (M,), int64
        The unit of each true and each predicted defect.

    Examples
    --------
    The mean IoU of pairs needs the sum of their IoU and their number; here of each image:

    >>> from defectkit.testing.compared import comparison_of, example_pairs
    >>> units = Units.images(comparison_of(example_pairs()))
    >>> units.over_found(units.comparison.found.iou).values.round(2).tolist(), units.over_found().values.tolist()
    ([0.0, 0.6, 0.0], [0, 1, 0])
    """

    comparison: Comparison
    image: Indices
    of_true: Indices
    of_predicted: Indices

    __repr__ = short_repr

    @classmethod
    def images(cls, comparison: Comparison) -> Units:
        """Return each image as a unit."""
        return cls(
            comparison=comparison,
            image=np.arange(len(comparison.images)),
            of_true=comparison.image_of(comparison.true_frames),
            of_predicted=comparison.image_of(comparison.predicted_frames),
        )

    def __len__(self) -> int:
        return len(self.image)

    def over_true(self, values: ArrayLike | None = None) -> Sum:
        """Return the sum over true defects of ``values``, shape (N, ...), or their number."""
        return self._over(self.of_true, values)

    def over_predicted(self, values: ArrayLike | None = None) -> Sum:
        """Return the sum over predicted defects of ``values``, shape (M, ...), or their number."""
        return self._over(self.of_predicted, values)

    def over_found(self, values: ArrayLike | None = None) -> Sum:
        """Return the sum over the pairs of ``comparison.found`` of ``values``, shape (pairs, ...), or their number."""
        return self._over(self.of_predicted[self.comparison.found.predicted], values)

    def over_images(self, values: ArrayLike) -> ImageSum:
        """Return the sum of ``values``, shape (images, ...), over images: what does not depend on their defects."""
        return ImageSum(values=np.asarray(values))

    def counted(self, unit: Indices, cell: Indices, shape: tuple[int, ...], weights: Floats | None = None) -> Sum:
        """Return how often each cell of a table occurs in each unit, or the sums of ``weights`` there.

        Parameters
        ----------
        unit, cell : numpy.ndarray, shape (E,), int64
            Of each entry; cells are counted through the table.
        shape : tuple of int
            Of the table.
        weights : numpy.ndarray, shape (E,), optional

        Returns
        -------
        Sum
            Of the shape of the table, with one dimension before it for the units.
        """
        n_cells = int(np.prod(shape))
        counts = np.bincount(unit * n_cells + cell, weights, minlength=len(self) * n_cells)
        return Sum(values=counts.reshape(len(self), *shape))

    def _over(self, unit: Indices, values: ArrayLike | None) -> Sum:
        if values is None:
            return Sum(values=np.bincount(unit, minlength=len(self)))
        array = np.asarray(values)
        if array.ndim == 1 and array.dtype.kind == "f":
            return Sum(values=np.bincount(unit, array, minlength=len(self)))
        summed = np.zeros((len(self), *array.shape[1:]), np.float64 if array.dtype.kind == "f" else np.int64)
        np.add.at(summed, unit, array)
        return Sum(values=summed)


def linked_units(comparisons: Sequence[Comparison]) -> tuple[Units, ...]:
    """Return the units of several comparisons of one truth, within images: defects that belong together are one unit.

    Parameters
    ----------
    comparisons : sequence of Comparison
        Of the same images and the same true defects.

    Returns
    -------
    tuple of Units
        One for each comparison. They have the same units, so what is drawn of one is drawn of all.

    Raises
    ------
    PairingError
        If images or true defects differ.

    Notes
    -----
    A pair at any of the IoU thresholds is linked, in any of the comparisons. Most units are then a pair, a missed
    defect or a false find, and whatever is drawn, pairs stay pairs: nothing is matched again. Predicted defects
    of two comparisons that agree in image, type, size, shape and score are one object, for instance those of one model
    with two lowest scores; other false finds at one place are units of their own.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    first = comparisons[0]
    for other in comparisons[1:]:
        check_same_truth(first, other)
    starts = np.cumsum([first.true.n, *(c.predicted.n for c in comparisons)])
    edges = []
    for start, comparison in zip(starts[:-1], comparisons, strict=True):
        matchings = comparison.matchings
        taken = np.unique(matchings.pairs)
        edges.append((matchings.overlaps.truth[taken], start + matchings.overlaps.predicted[taken]))
    edges.append(_same_objects(comparisons, starts))
    ends = np.concatenate([e[0] for e in edges]), np.concatenate([e[1] for e in edges])
    n = int(starts[-1])
    _, label = connected_components(coo_array((np.ones(len(ends[0]), bool), ends), shape=(n, n)), directed=False)
    image_of_node = np.concatenate(
        [first.image_of(first.true_frames), *(c.image_of(c.predicted_frames) for c in comparisons)]
    )
    image = np.zeros(int(label.max(initial=-1)) + 1, np.int64)
    image[label] = image_of_node
    order = np.argsort(image, kind="stable")
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    of_true, *of_predicted = np.split(rank[label], starts[:-1])
    return tuple(
        Units(comparison=comparison, image=image[order], of_true=of_true, of_predicted=own)
        for comparison, own in zip(comparisons, of_predicted, strict=True)
    )


def _same_objects(comparisons: Sequence[Comparison], starts: Indices) -> tuple[Indices, Indices]:
    """Return pairs of predicted defects of different comparisons that agree in all that is known of them."""
    first: dict[tuple[object, ...], int] = {}
    edges = []
    for start, comparison in zip(starts[:-1].tolist(), comparisons, strict=True):
        known = comparison.predicted
        columns = [comparison.image_of(comparison.predicted_frames), known.scores]
        if known.measures is not None:
            columns += [known.sizes, known.shapes]
        rows = np.nan_to_num(np.stack(columns, axis=1), nan=-1.0).tolist()
        keys = [(name, *row) for name, row in zip(known.types, rows, strict=True)]
        counts = Counter(keys)
        for k, key in enumerate(keys):
            if counts[key] == 1 and (node := start + k) != first.setdefault(key, node):
                edges.append((first[key], node))
    pairs = np.array(edges, np.int64).reshape(-1, 2)
    return pairs[:, 0], pairs[:, 1]


def check_same_truth(first: Comparison, second: Comparison) -> None:
    """Raise unless two comparisons are of the same images and the same true defects.

    Raises
    ------
    PairingError
    """
    for what, own, other in (
        ("image", first.names, second.names),
        ("true defects", first.true_frames, second.true_frames),
        ("true defects", first.true.ids, second.true.ids),
        ("types of true defects", first.true.types, second.true.types),
    ):
        if not np.array_equal(own, other):
            raise PairingError(
                f"two predictions are compared in pairs, but the two evaluations differ in {what!r}: evaluate both on "
                "the same images against the same labels"
            )
