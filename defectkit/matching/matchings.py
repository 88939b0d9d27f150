"""Matchings: those of one image at several IoU thresholds, kept as columns until one is asked for."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from functools import cached_property
from typing import overload

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.matching.matching import Matching
from defectkit.matching.overlaps import Overlaps
from defectkit.short_repr import short_repr

Indices = NDArray[np.int64]


@attrs.frozen(kw_only=True, eq=False)
class Matchings(Sequence[Matching]):
    """The matching of one image, or of several side by side, at each of T thresholds: a sequence of :class:`Matching`.

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

    __repr__ = short_repr

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

    @classmethod
    def side_by_side(cls, parts: Sequence[Matchings], iou_thresholds: tuple[float, ...]) -> Matchings:
        """Join those of several images, all at the given thresholds, whose defects are counted through.

        Examples
        --------
        >>> from defectkit.matching.greedy import greedy
        >>> one = greedy(Overlaps.from_dense([[0.50, 0.45], [0.48, 0.10]]), (0.3, 0.05))
        >>> both = Matchings.side_by_side([one, one], (0.3, 0.05))
        >>> both.n_found.tolist(), both[1].truth.tolist()
        ([2, 4], [0, 1, 2, 3])
        """
        from defectkit.matching.kernels import pairs_side_by_side

        own = np.concatenate([np.zeros(0, np.int64), *(part.pairs for part in parts)])
        own_offsets = np.array([part.offsets for part in parts], np.int64).reshape(len(parts), len(iou_thresholds) + 1)
        begin = np.cumsum([0, *(len(part.overlaps) for part in parts)], dtype=np.int64)
        pairs, offsets = pairs_side_by_side(own, own_offsets, begin)
        overlaps = Overlaps.side_by_side(part.overlaps for part in parts)
        return cls(overlaps=overlaps, pairs=pairs, offsets=offsets, iou_thresholds=iou_thresholds)


@attrs.frozen(kw_only=True, eq=False)
class FramedMatchings:
    """The matchings of several images side by side, with the places where one image ends and the next begins.

    Parameters
    ----------
    matchings : Matchings
        Of all the images; defects are counted through.
    true_frames, predicted_frames : numpy.ndarray, shape (images + 1,), int64
        The true defects of image ``k`` are ``true_frames[k]:true_frames[k + 1]``, and so for the predicted ones.
    """

    matchings: Matchings
    true_frames: Indices
    predicted_frames: Indices

    def __len__(self) -> int:
        return len(self.true_frames) - 1

    @cached_property
    def n_found(self) -> Indices:
        """The number of pairs of each image at each threshold, shape (images, T)."""
        from defectkit.matching.kernels import found_by_frame

        return found_by_frame(self.matchings.pairs, self.matchings.offsets, self._begin)

    @cached_property
    def by_frame(self) -> tuple[Matchings, ...]:
        """The matchings of each image by itself."""
        from defectkit.matching.kernels import pairs_by_frame

        given, overlaps, begin = self.matchings, self.matchings.overlaps, self._begin
        pairs, first, offsets = pairs_by_frame(given.pairs, given.offsets, begin, self.n_found)
        image = np.repeat(np.arange(len(self)), np.diff(begin))
        truth = overlaps.truth - self.true_frames[image]
        predicted = overlaps.predicted - self.predicted_frames[image]
        bounds = zip(*(f.tolist() for f in (begin, self.true_frames, self.predicted_frames, first)), strict=True)
        return tuple(
            Matchings(
                overlaps=Overlaps(
                    truth=truth[pair:next_pair],
                    predicted=predicted[pair:next_pair],
                    iou=overlaps.iou[pair:next_pair],
                    n_true=next_true - true,
                    n_predicted=next_predicted - found,
                ),
                pairs=pairs[taken:next_taken],
                offsets=own_offsets,
                iou_thresholds=given.iou_thresholds,
            )
            for own_offsets, ((pair, true, found, taken), (next_pair, next_true, next_predicted, next_taken)) in zip(
                offsets, itertools.pairwise(bounds), strict=True
            )
        )

    @cached_property
    def _begin(self) -> Indices:
        """The pairs of image ``k`` are ``_begin[k]:_begin[k + 1]`` of the overlaps."""
        return np.searchsorted(self.matchings.overlaps.truth, self.true_frames)
