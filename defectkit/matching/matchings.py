"""Matchings: those of one image at several IoU thresholds, kept as columns until one is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import overload

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.matching.matching import Matching
from defectkit.matching.overlaps import Overlaps

Indices = NDArray[np.int64]


@attrs.frozen(kw_only=True, eq=False)
class Matchings(Sequence[Matching]):
    """The matching of one image at each of T thresholds: a sequence of :class:`Matching`.

    Parameters
    ----------
    overlaps : Overlaps
        All pairs there are to choose from.
    pairs : numpy.ndarray, shape (K,), int64
        Which of them each threshold takes, ascending, one threshold after the other.
    offsets : numpy.ndarray, shape (T + 1,), int64
        Those of threshold ``t`` are ``pairs[offsets[t]:offsets[t + 1]]``.
    iou_thresholds : tuple of float

    Examples
    --------
    >>> from defectkit.matching.greedy import greedy
    >>> matchings = greedy(Overlaps.from_dense([[0.50, 0.45], [0.48, 0.10]]), [0.3, 0.05])
    >>> matchings.n_found.tolist(), matchings[1].truth.tolist()
    ([1, 2], [0, 1])
    """

    overlaps: Overlaps
    pairs: Indices
    offsets: Indices
    iou_thresholds: tuple[float, ...]

    def __len__(self) -> int:
        return len(self.iou_thresholds)

    @overload
    def __getitem__(self, index: int) -> Matching: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[Matching, ...]: ...

    def __getitem__(self, index: int | slice) -> Matching | tuple[Matching, ...]:
        if isinstance(index, slice):
            return tuple(self[k] for k in range(*index.indices(len(self))))
        if not -len(self) <= index < len(self):
            raise IndexError(f"matching {index} of {len(self)}")
        k = index % len(self)
        taken = self.pairs[self.offsets[k] : self.offsets[k + 1]]
        return Matching(
            truth=self.overlaps.truth[taken],
            predicted=self.overlaps.predicted[taken],
            iou=self.overlaps.iou[taken],
            n_true=self.overlaps.n_true,
            n_predicted=self.overlaps.n_predicted,
            iou_threshold=self.iou_thresholds[k],
        )

    @property
    def n_found(self) -> Indices:
        """The number of pairs at each threshold, shape (T,)."""
        return np.diff(self.offsets)

    @property
    def thresholds_of_pairs(self) -> Indices:
        """The position of the threshold that takes each of ``pairs``, shape (K,)."""
        return np.repeat(np.arange(len(self)), self.n_found)
