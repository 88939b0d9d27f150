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
