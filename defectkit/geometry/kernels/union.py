"""Unions of masks: sorted runs joined into one."""

from __future__ import annotations

import numpy as np

from defectkit.geometry.columns import Int32s, Int64s
from defectkit.geometry.kernels.jit import Column, kernel


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
def count_covered(start_a: Column, end_a: Column, start_b: Column, end_b: Column) -> tuple[int, int, int]:
    """Return how many positions the intervals of a, of b and of both cover; all four columns are sorted."""
    in_a = in_b = in_both = 0
    i = j = k = m = 0
    at = 0
    while j < end_a.size or m < end_b.size:
        following = end_a[j] if j < end_a.size else end_b[m]
        if i < start_a.size:
            following = min(following, start_a[i])
        if k < start_b.size:
            following = min(following, start_b[k])
        if m < end_b.size:
            following = min(following, end_b[m])
        if i > j:
            in_a += following - at
        if k > m:
            in_b += following - at
        if i > j and k > m:
            in_both += following - at
        at = following
        while i < start_a.size and start_a[i] == at:
            i += 1
        while j < end_a.size and end_a[j] == at:
            j += 1
        while k < start_b.size and start_b[k] == at:
            k += 1
        while m < end_b.size and end_b[m] == at:
            m += 1
    return in_a, in_b, in_both
