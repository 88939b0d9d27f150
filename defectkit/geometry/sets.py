"""Sets: unions, crops and shifts of masks."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from defectkit.errors import GeometryError
from defectkit.geometry.columns import Int64s, offsets_of
from defectkit.geometry.frames import check_frames
from defectkit.geometry.runs import Runs


def union(runs: Runs, groups: ArrayLike, n_groups: int | None = None) -> Runs:
    """Return the union of the masks of each group.

    Parameters
    ----------
    runs : Runs
        N masks.
    groups : array_like, shape (N,), int
        The group of each mask, from 0.
    n_groups : int, optional
        The number of groups, where it is not the largest one and 1.

    Returns
    -------
    Runs
        One mask for each group; a group without a pixel has an empty one.

    Raises
    ------
    GeometryError
        If ``groups`` is not one integer from 0 to ``n_groups - 1`` a mask.

    Examples
    --------
    >>> from defectkit.geometry.masks import masks_to_runs
    >>> masks = np.zeros((3, 1, 6), bool)
    >>> masks[0, 0, :3], masks[1, 0, 2:5], masks[2, 0, 5] = True, True, True
    >>> union(masks_to_runs(masks), [0, 0, 1]).areas().tolist()
    [5, 1]
    """
    from defectkit.geometry.kernels.union import join_sorted

    group = np.asarray(groups)
    if group.shape != (len(runs),) or (group.size and group.dtype.kind not in "iu"):
        raise GeometryError(
            f"groups has shape {group.shape} and dtype {group.dtype}, but {len(runs)} integers are needed, one a mask"
        )
    group = group.astype(np.int64)
    count = int(group.max(initial=-1)) + 1 if n_groups is None else n_groups
    if group.size and not (group.min() >= 0 and group.max() < count):
        raise GeometryError(f"groups runs from {group.min()} to {group.max()}, but must lie between 0 and {count - 1}")
    of_run = np.repeat(group, np.diff(runs.offsets))
    order = np.lexsort((runs.start, runs.row, of_run))
    row, start, end, offsets = join_sorted(
        runs.row[order], runs.start[order], runs.end[order], offsets_of(np.bincount(of_run, minlength=count))
    )
    return Runs(row=row, start=start, end=end, offsets=offsets)


def union_area(runs: Runs) -> int:
    """Return how many pixels at least one of the masks covers; 0 for no mask."""
    return covered_areas(runs, Runs.empty())[0]


def covered_areas(a: Runs, b: Runs) -> tuple[int, int, int]:
    """Return how many pixels the masks of two sets cover, those under several masks of a set counted once.

    Parameters
    ----------
    a, b : Runs
        N and M masks of one frame.

    Returns
    -------
    in_a, in_b, in_both : int
        Pixels under any mask of ``a``, under any of ``b``, and under both.

    Examples
    --------
    >>> from defectkit.geometry.masks import masks_to_runs
    >>> masks = np.zeros((3, 1, 6), bool)
    >>> masks[0, 0, :3], masks[1, 0, 2:4], masks[2, 0, 3:] = True, True, True
    >>> covered_areas(masks_to_runs(masks[:2]), masks_to_runs(masks[2:]))
    (4, 3, 1)
    """
    ((in_a, in_b, in_both),) = covered_areas_by_frame(a, _one_frame(a), b, _one_frame(b)).tolist()
    return in_a, in_b, in_both


def covered_areas_by_frame(a: Runs, a_frames: Int64s, b: Runs, b_frames: Int64s) -> Int64s:
    """Return the same for masks of several frames, one frame after the other.

    Parameters
    ----------
    a, b : Runs
        N and M masks, each in coordinates of its frame.
    a_frames, b_frames : numpy.ndarray, shape (F + 1,), int64
        The masks of frame ``f`` are ``a_frames[f]:a_frames[f + 1]`` of ``a``, and so for ``b``.

    Returns
    -------
    numpy.ndarray, shape (F, 3), int64
        For each frame the pixels under any mask of ``a``, under any of ``b``, and under both.

    Raises
    ------
    GeometryError
        If the frames do not cut the masks of a side into consecutive slices, or the sides differ in their number.
    """
    from defectkit.geometry.kernels.union import covered_by_frame

    check_frames(a_frames, len(a), b_frames, len(b))
    return covered_by_frame(a.row, a.start, a.end, a.offsets[a_frames], b.row, b.start, b.end, b.offsets[b_frames])


def _one_frame(runs: Runs) -> Int64s:
    return np.array([0, len(runs)], np.int64)


def crop(runs: Runs, top: int, left: int, bottom: int, right: int) -> tuple[Runs, Int64s]:
    """Return the parts of the masks that lie in a window, in coordinates of the window.

    Parameters
    ----------
    runs : Runs
        N masks.
    top, left, bottom, right : int
        The window, half-open; its pixel (``top``, ``left``) becomes (0, 0).

    Returns
    -------
    cropped : Runs
        K masks, those with a pixel in the window; empty ones are left out.
    kept : numpy.ndarray, shape (K,), int64
        Their indices in ``runs``, ascending.

    Raises
    ------
    GeometryError
        If the window ends before it begins.

    Examples
    --------
    >>> from defectkit.geometry.masks import masks_to_runs
    >>> cropped, kept = crop(masks_to_runs(np.eye(3, dtype=bool)[:, None]), 0, 1, 1, 3)
    >>> kept.tolist(), cropped.boxes().tolist()
    ([1, 2], [[0, 0, 1, 1], [0, 1, 1, 2]])
    """
    if bottom < top or right < left:
        raise GeometryError(
            f"the window ({top}, {left}, {bottom}, {right}) is reversed; give top <= bottom and left <= right"
        )
    start = np.maximum(runs.start, left)
    end = np.minimum(runs.end, right)
    inside = (runs.row >= top) & (runs.row < bottom) & (start < end)
    of_run = np.repeat(np.arange(len(runs)), np.diff(runs.offsets))[inside]
    lengths = np.bincount(of_run, minlength=len(runs))
    kept = np.flatnonzero(lengths)
    clipped = Runs(
        row=runs.row[inside],
        start=start[inside].astype(np.int32),
        end=end[inside].astype(np.int32),
        offsets=offsets_of(lengths[kept]),
    )
    return shift(clipped, -top, -left), kept


def shift(runs: Runs, rows: int, columns: int) -> Runs:
    """Return the masks moved down by ``rows`` and to the right by ``columns``; both may be negative.

    Raises
    ------
    GeometryError
        If a coordinate would no longer fit into int32.
    """
    limits = np.iinfo(np.int32)
    moved = [
        values.astype(np.int64) + by for values, by in ((runs.row, rows), (runs.start, columns), (runs.end, columns))
    ]
    if any(values.size and (values.min() < limits.min or values.max() > limits.max) for values in moved):
        raise GeometryError(f"a shift by ({rows}, {columns}) leaves the range of int32 coordinates")
    row, start, end = (values.astype(np.int32) for values in moved)
    return Runs(row=row, start=start, end=end, offsets=runs.offsets)
