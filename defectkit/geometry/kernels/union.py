"""Unions of masks: sorted runs joined into one."""

from __future__ import annotations

import numpy as np

from defectkit.geometry.columns import Int32s, Int64s
from defectkit.geometry.kernels.jit import Column, kernel
from defectkit.geometry.kernels.overlap import SMALL_FRAME, common_pixels
from defectkit.geometry.kernels.scan import group_order


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
    order = _by_row_and_start(row, start)
    offsets = np.array([0, row.size], np.int64)
    own_row, own_start, own_end, _ = join_sorted(row[order], start[order], end[order], offsets)
    return own_row, own_start, own_end


@kernel
def _by_row_and_start(row: Column, start: Column) -> Int64s:
    """Return the order of runs by row and start: by stretches of rows first, of few runs each, then within each.

    A stretch is a row, unless there are far more rows than runs: memory goes with the runs, not with the frame.
    """
    if row.size == 0:
        return np.empty(0, np.int64)
    lowest, highest = np.int64(row[0]), np.int64(row[0])
    for k in range(row.size):
        lowest = min(lowest, np.int64(row[k]))
        highest = max(highest, np.int64(row[k]))
    height = (highest - lowest + 1) // (4 * row.size + SMALL_FRAME) + 1
    stretch = np.empty(row.size, np.int64)
    for k in range(row.size):
        stretch[k] = (row[k] - lowest) // height
    order, offsets = group_order(stretch, int((highest - lowest) // height) + 1)
    for s in range(offsets.size - 1):
        _shell_sort(order, offsets[s], offsets[s + 1], row, start)
    return order


@kernel
def _shell_sort(order: Column, begin: int, stop: int, row: Column, start: Column) -> None:
    """Sort ``order[begin:stop]`` by row and start; a few are sorted by insertion, and many not much slower each."""
    gap = 1
    while 3 * gap + 1 < stop - begin:
        gap = 3 * gap + 1
    while gap > 0:
        for p in range(begin + gap, stop):
            k = order[p]
            q = p
            while q >= begin + gap and (
                row[order[q - gap]] > row[k] or (row[order[q - gap]] == row[k] and start[order[q - gap]] > start[k])
            ):
                order[q] = order[q - gap]
                q -= gap
            order[q] = k
        gap //= 3
