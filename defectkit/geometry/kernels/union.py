"""Unions of masks: sorted runs joined into one."""

from __future__ import annotations

import numpy as np

from defectkit.geometry.columns import Int32s, Int64s
from defectkit.geometry.kernels.jit import Column, kernel
from defectkit.geometry.kernels.overlap import SMALL_FRAME, common_pixels

FEW = 32
"""Runs of a stretch that are sorted among neighbors at once."""


@kernel
def join_sorted(row: Column, start: Column, end: Column, offsets: Column) -> tuple[Int32s, Int32s, Int32s, Int64s]:
    """Return the runs of each slice, sorted by row and start, with those that overlap or touch joined."""
    out_row = np.empty(row.size, np.int32)
    out_start = np.empty(row.size, np.int32)
    out_end = np.empty(row.size, np.int32)
    out_offsets = np.zeros(offsets.size, np.int64)
    n = 0
    for i in range(offsets.size - 1):
        first = n
        for k in range(offsets[i], offsets[i + 1]):
            if n > first and out_row[n - 1] == row[k] and start[k] <= out_end[n - 1]:
                out_end[n - 1] = max(out_end[n - 1], end[k])
            else:
                out_row[n] = row[k]
                out_start[n] = start[k]
                out_end[n] = end[k]
                n += 1
        out_offsets[i + 1] = n
    return out_row[:n].copy(), out_start[:n].copy(), out_end[:n].copy(), out_offsets


@kernel
def covered_by_frame(
    row_a: Column,
    start_a: Column,
    end_a: Column,
    frames_a: Column,
    row_b: Column,
    start_b: Column,
    end_b: Column,
    frames_b: Column,
) -> Int64s:
    """Return how many pixels the runs of a, of b and of both cover in each frame, shape (F, 3).

    The runs of frame f are ``frames_a[f]:frames_a[f + 1]`` of a, in any order, and so for b.
    """
    covered = np.zeros((frames_a.size - 1, 3), np.int64)
    for f in range(frames_a.size - 1):
        in_a, in_b = slice(frames_a[f], frames_a[f + 1]), slice(frames_b[f], frames_b[f + 1])
        joined_row_a, joined_start_a, joined_end_a = _joined(row_a[in_a], start_a[in_a], end_a[in_a])
        joined_row_b, joined_start_b, joined_end_b = _joined(row_b[in_b], start_b[in_b], end_b[in_b])
        for k in range(joined_row_a.size):
            covered[f, 0] += np.int64(joined_end_a[k]) - joined_start_a[k]
        for k in range(joined_row_b.size):
            covered[f, 1] += np.int64(joined_end_b[k]) - joined_start_b[k]
        if joined_row_a.size and joined_row_b.size:
            covered[f, 2] = common_pixels(
                joined_row_a, joined_start_a, joined_end_a, 0, joined_row_a.size,
                joined_row_b, joined_start_b, joined_end_b, 0, joined_row_b.size,
                joined_row_a[0], int(joined_row_a[-1]) + 1,
            )  # fmt: skip
    return covered


@kernel
def _joined(row: Column, start: Column, end: Column) -> tuple[Int32s, Int32s, Int32s]:
    """Return the runs of a frame sorted by row and start, with those that overlap or touch joined."""
    own_row, own_start, own_end = _by_row_and_start(row, start, end)
    offsets = np.array([0, row.size], np.int64)
    joined_row, joined_start, joined_end, _ = join_sorted(own_row, own_start, own_end, offsets)
    return joined_row, joined_start, joined_end


@kernel
def _by_row_and_start(row: Column, start: Column, end: Column) -> tuple[Int32s, Int32s, Int32s]:
    """Sort runs by row and start: by stretches of rows first, of few runs each, then among neighbors.

    A stretch is a row, unless there are far more rows than runs: memory goes with the runs, not with the frame. The
    rows of a stretch are a power of two, since a division would take as long as all the rest.
    """
    own_row, own_start, own_end = np.empty_like(row), np.empty_like(start), np.empty_like(end)
    if row.size == 0:
        return own_row, own_start, own_end
    lowest, highest = row[0], row[0]
    for k in range(row.size):
        lowest = min(lowest, row[k])
        highest = max(highest, row[k])
    shift = 0
    while (np.int64(highest) - lowest) >> shift > 4 * row.size + SMALL_FRAME:
        shift += 1
    places = np.zeros(((np.int64(highest) - lowest) >> shift) + 2, np.int64)
    for k in range(row.size):
        places[((np.int64(row[k]) - lowest) >> shift) + 1] += 1
    for s in range(places.size - 1):
        places[s + 1] += places[s]
    for k in range(row.size):
        s = (np.int64(row[k]) - lowest) >> shift
        own_row[places[s]], own_start[places[s]], own_end[places[s]] = row[k], start[k], end[k]
        places[s] += 1
    begin = 0
    for s in range(places.size - 1):
        if places[s] - begin > FEW:
            _sort_at_distances(own_row, own_start, own_end, begin, places[s])
        begin = places[s]
    _sort_at_distance(own_row, own_start, own_end, 0, row.size, 1)
    return own_row, own_start, own_end


@kernel
def _sort_at_distances(row: Column, start: Column, end: Column, begin: int, stop: int) -> None:
    """Let no run of many be far from its place: Shell's sort but for its last pass."""
    distance = 1
    while 3 * distance + 1 < stop - begin:
        distance = 3 * distance + 1
    while distance > 1:
        _sort_at_distance(row, start, end, begin, stop, distance)
        distance //= 3


@kernel
def _sort_at_distance(row: Column, start: Column, end: Column, begin: int, stop: int, distance: int) -> None:
    """Sort every so manieth run by insertion."""
    for p in range(begin + distance, stop):
        q = p - distance
        if row[q] < row[p] or (row[q] == row[p] and start[q] <= start[p]):
            continue
        own_row, own_start, own_end = row[p], start[p], end[p]
        while q >= begin and (row[q] > own_row or (row[q] == own_row and start[q] > own_start)):
            row[q + distance], start[q + distance], end[q + distance] = row[q], start[q], end[q]
            q -= distance
        row[q + distance], start[q + distance], end[q + distance] = own_row, own_start, own_end
