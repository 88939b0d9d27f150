"""Overlaps: which masks of two sets share pixels, and how many."""

from __future__ import annotations

import attrs

from defectkit.geometry.columns import Float64s, Int64s
from defectkit.geometry.frames import check_frames
from defectkit.geometry.runs import Runs
from defectkit.short_repr import short_repr


@attrs.frozen(kw_only=True, eq=False)
class Pairs:
    """The P pairs of masks that share at least one pixel, sorted by ``first``, then ``second``.

    Parameters
    ----------
    first, second : numpy.ndarray, shape (P,), int64
        Index of each mask in the one and in the other set.
    intersection : numpy.ndarray, shape (P,), int64
        Number of pixels they share.
    """

    first: Int64s
    second: Int64s
    intersection: Int64s

    __repr__ = short_repr

    def __len__(self) -> int:
        return self.first.size


@attrs.frozen(kw_only=True, eq=False)
class IouPairs(Pairs):
    """Pairs with their intersection over union.

    Parameters
    ----------
    iou : numpy.ndarray, shape (P,), float64
        In (0, 1].
    """

    iou: Float64s

    __repr__ = short_repr


def intersections(a: Runs, b: Runs) -> Pairs:
    """Return the pairs of masks, one of ``a`` and one of ``b``, that share pixels.

    Parameters
    ----------
    a, b : Runs
        N and M masks of one frame.

    Returns
    -------
    Pairs
        Only pairs that overlap; empty masks are in none.

    Notes
    -----
    No array of N x M is made. The masks of ``b`` are binned by their top row and their boxes compared before any
    run is. One mask as tall as the frame in ``b`` makes every box be compared, so put the set with such masks
    first.

    Examples
    --------
    >>> import numpy as np
    >>> from defectkit.geometry.masks import masks_to_runs
    >>> tall, wide = np.zeros((2, 4, 4), bool)
    >>> tall[:, 1], wide[2] = True, True
    >>> pairs = intersections(masks_to_runs([tall, wide]), masks_to_runs([wide]))
    >>> list(zip(pairs.first.tolist(), pairs.second.tolist(), pairs.intersection.tolist()))
    [(0, 0, 1), (1, 0, 4)]
    """
    first, second, intersection, _ = _overlapping_pairs(a, b)
    return Pairs(first=first, second=second, intersection=intersection)


def iou_pairs(a: Runs, b: Runs) -> IouPairs:
    """Return the pairs of masks that share pixels, with their intersection over union.

    Parameters
    ----------
    a, b : Runs
        N and M masks of one frame.

    Returns
    -------
    IouPairs
        Every pair of an IoU above 0, sorted by ``first``, then ``second``.

    Notes
    -----
    ``I / (A + B - I)`` of pixel counts, one division in double precision: the same bits as pycocotools.
    """
    first, second, intersection, iou = _overlapping_pairs(a, b)
    return IouPairs(first=first, second=second, intersection=intersection, iou=iou)


def iou_pairs_by_frame(a: Runs, a_frames: Int64s, b: Runs, b_frames: Int64s) -> IouPairs:
    """Return the same for masks of several frames, one frame after the other: only those of one frame make pairs.

    Parameters
    ----------
    a, b : Runs
        N and M masks, each in coordinates of its frame.
    a_frames, b_frames : numpy.ndarray, shape (F + 1,), int64
        The masks of frame ``f`` are ``a_frames[f]:a_frames[f + 1]`` of ``a``, and so for ``b``.

    Returns
    -------
    IouPairs
        Those that :func:`iou_pairs` gives of each frame, with the indices that the masks have here.

    Raises
    ------
    GeometryError
        If the frames do not cut the masks of a side into consecutive slices, or the sides differ in their number.

    Examples
    --------
    >>> import numpy as np
    >>> from defectkit.geometry.masks import masks_to_runs
    >>> three = masks_to_runs(np.ones((3, 2, 2), bool))
    >>> pairs = iou_pairs_by_frame(three, np.array([0, 1, 3]), three, np.array([0, 2, 3]))
    >>> list(zip(pairs.first.tolist(), pairs.second.tolist()))
    [(0, 0), (0, 1), (1, 2), (2, 2)]
    """
    from defectkit.geometry.kernels.overlap import overlapping_pairs_by_frame

    check_frames(a_frames, len(a), b_frames, len(b))
    first, second, intersection, iou = overlapping_pairs_by_frame(
        a.row, a.start, a.end, a.offsets, a_frames, b.row, b.start, b.end, b.offsets, b_frames
    )
    return IouPairs(first=first, second=second, intersection=intersection, iou=iou)


def mask_iou(a: Runs, b: Runs) -> Float64s:
    """Return the intersection over union of every mask of ``a`` with every mask of ``b``.

    Parameters
    ----------
    a, b : Runs
        N and M masks of one frame.

    Returns
    -------
    numpy.ndarray, shape (N, M), float64
        0 where they do not overlap or are empty.

    Examples
    --------
    >>> import numpy as np
    >>> from defectkit.geometry.masks import masks_to_runs
    >>> square = masks_to_runs([np.ones((2, 2), bool)])
    >>> mask_iou(square, masks_to_runs([np.ones((2, 4), bool), np.zeros((2, 4), bool)])).tolist()
    [[0.5, 0.0]]
    """
    from defectkit.geometry.kernels.overlap import dense_ious

    return dense_ious(a.row, a.start, a.end, a.offsets, b.row, b.start, b.end, b.offsets)


def _overlapping_pairs(a: Runs, b: Runs) -> tuple[Int64s, Int64s, Int64s, Float64s]:
    from defectkit.geometry.kernels.overlap import overlapping_pairs

    return overlapping_pairs(a.row, a.start, a.end, a.offsets, b.row, b.start, b.end, b.offsets)
