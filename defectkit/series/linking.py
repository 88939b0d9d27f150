"""Linking: which defect of a frame is which of the next, by the least sum of squared distances."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.errors import RecordError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

ALTERNATIVE = 1.05
"""What it costs to link nothing, per squared largest distance: a link within that distance is always better."""


@attrs.frozen(kw_only=True)
class LinkRule:
    """When defects of two frames may be one.

    Parameters
    ----------
    max_distance : float
        The largest distance of their centers, in the unit of the positions.
    max_gap : int
        How many frames in a row a defect may be missing from; 0 for none.
    max_size_ratio : float
        The larger size over the smaller one at most.

    Raises
    ------
    RecordError
        If one of them is out of bounds.
    """

    max_distance: float
    max_gap: int = 1
    max_size_ratio: float = 3.0

    def __attrs_post_init__(self) -> None:
        if not self.max_distance > 0:
            raise RecordError(f"max_distance is {self.max_distance:g}; give a length above 0")
        if self.max_gap < 0:
            raise RecordError(f"max_gap is {self.max_gap}; give a number of frames, 0 or more")
        if not self.max_size_ratio >= 1:
            raise RecordError(f"max_size_ratio is {self.max_size_ratio:g}; give a number of at least 1")


def link(positions: Sequence[Floats], sizes: Sequence[Floats], rule: LinkRule) -> list[Ints]:
    r"""Return the number of the track of each defect of each frame.

    Parameters
    ----------
    positions : sequence of numpy.ndarray, shape (N_t, 2)
        Centers in each frame, free of drift.
    sizes : sequence of numpy.ndarray, shape (N_t,)
        NaN where a size is not known: it is compared with none.
    rule : LinkRule

    Returns
    -------
    list of numpy.ndarray, shape (N_t,)
        Tracks are numbered from 0 in the order of their first frame and, within it, of the defects. A defect of which
        nothing was linked is a track of one frame.

    Notes
    -----
    The two steps of Jaqaman and others [1]_, each a linear assignment. Defects of neighboring frames are linked so that
    the sum of :math:`d^2` over links and of :math:`1.05\,d_\text{max}^2` over what is not linked is least. Then ends
    of tracks are linked with beginnings of others up to ``max_gap`` frames later in the same way. Merging and splitting
    are not linked: a track ends where its defect merges with another.

    References
    ----------
    .. [1] Jaqaman, K. et al., Nature Methods 5, 695 (2008). https://doi.org/10.1038/nmeth.1237

    Examples
    --------
    >>> there, moved = np.array([[0.0, 0.0], [9.0, 9.0]]), np.array([[9.5, 9.0], [0.0, 1.0], [50.0, 50.0]])
    >>> [t.tolist() for t in link([there, moved], [np.ones(2), np.ones(3)], LinkRule(max_distance=2))]
    [[0, 1], [1, 0, 2]]
    """
    segments = _segments(positions, sizes, rule)
    if rule.max_gap:
        segments = _closed(segments, positions, sizes, rule)
    segments.sort(key=lambda segment: segment[0])
    tracks = [np.zeros(len(here), np.int64) for here in positions]
    for number, segment in enumerate(segments):
        for frame, defect in segment:
            tracks[frame][defect] = number
    return tracks


Segment = list[tuple[int, int]]


def _segments(positions: Sequence[Floats], sizes: Sequence[Floats], rule: LinkRule) -> list[Segment]:
    segments: list[Segment] = []
    ends: dict[int, Segment] = {}
    for frame, here in enumerate(positions):
        linked: dict[int, int] = {}
        if frame:
            before = positions[frame - 1]
            first, second, cost = _candidates(before, here, sizes[frame - 1], sizes[frame], rule)
            linked = {int(b): int(a) for a, b in _assigned(first, second, cost, rule)}
        now: dict[int, Segment] = {}
        for defect in range(len(here)):
            segment = ends[linked[defect]] if defect in linked else []
            if not segment:
                segments.append(segment)
            segment.append((frame, defect))
            now[defect] = segment
        ends = now
    return segments


def _closed(
    segments: list[Segment], positions: Sequence[Floats], sizes: Sequence[Floats], rule: LinkRule
) -> list[Segment]:
    """Link ends of segments with later beginnings."""

    def places(which: int) -> tuple[Floats, Floats, Ints]:
        at = [segment[which] for segment in segments]
        where = np.array([positions[t][k] for t, k in at], np.float64).reshape(len(at), 2)
        return where, np.array([sizes[t][k] for t, k in at], np.float64), np.array([t for t, _ in at], np.int64)

    (end, end_size, end_frame), (start, start_size, start_frame) = places(-1), places(0)
    first, second, cost = _candidates(end, start, end_size, start_size, rule)
    gap = start_frame[second] - end_frame[first] - 1
    fits = (gap >= 1) & (gap <= rule.max_gap)
    following = dict(_assigned(first[fits], second[fits], cost[fits], rule))
    begun = set(following.values())
    joined = []
    for k in range(len(segments)):
        if k in begun:
            continue
        whole, at = list(segments[k]), k
        while at in following:
            at = following[at]
            whole += segments[at]
        joined.append(whole)
    return joined


def _candidates(
    one: Floats, other: Floats, one_size: Floats, other_size: Floats, rule: LinkRule
) -> tuple[Ints, Ints, Floats]:
    """Return the pairs that may be one defect, with their squared distances."""
    from scipy.spatial import KDTree

    if not len(one) or not len(other):
        return np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0)
    near = KDTree(one).sparse_distance_matrix(KDTree(other), rule.max_distance, output_type="ndarray")
    first, second = near["i"].astype(np.int64), near["j"].astype(np.int64)
    ratio = one_size[first] / other_size[second]
    fits = np.isnan(ratio) | (np.maximum(ratio, 1 / ratio) <= rule.max_size_ratio)
    order = np.lexsort((second[fits], first[fits]))
    return first[fits][order], second[fits][order], near["v"][fits][order] ** 2


def _assigned(first: Ints, second: Ints, cost: Floats, rule: LinkRule) -> list[tuple[int, int]]:
    """Return the best pairs; groups of defects that no candidate connects are solved one by one."""
    from scipy.optimize import linear_sum_assignment
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    if not len(cost):
        return []
    n, m = int(first.max()) + 1, int(second.max()) + 1
    ones = np.ones(len(cost), bool)
    graph: Any = coo_array((ones, (first, second + n)), shape=(n + m, n + m))
    _, group = connected_components(graph, directed=False)
    links = []
    none = ALTERNATIVE * rule.max_distance**2
    by_group = np.argsort(group[first], kind="stable")
    for pairs in np.split(by_group, np.flatnonzero(np.diff(group[first][by_group])) + 1):
        rows, row = np.unique(first[pairs], return_inverse=True)
        columns, column = np.unique(second[pairs], return_inverse=True)
        size = len(rows) + len(columns)
        matrix = np.full((size, size), np.inf)
        matrix[row, column] = cost[pairs]
        matrix[np.arange(len(rows)), len(columns) + np.arange(len(rows))] = none
        matrix[len(rows) + np.arange(len(columns)), np.arange(len(columns))] = none
        matrix[len(rows) :, len(columns) :] = np.where(np.inf > matrix[: len(rows), : len(columns)].T, 0.0, np.inf)
        for i, j in zip(*linear_sum_assignment(matrix), strict=True):
            if i < len(rows) and j < len(columns):
                links.append((int(rows[i]), int(columns[j])))
    return links
