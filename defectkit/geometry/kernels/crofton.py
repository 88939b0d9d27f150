"""Counts of the entries of straight lattice lines into masks, straight from runs."""

from __future__ import annotations

import numpy as np

from defectkit.geometry.columns import Int32s, Int64s
from defectkit.geometry.kernels.jit import kernel


@kernel
def line_entries(row: Int32s, start: Int32s, end: Int32s, offsets: Int64s, steps: Int64s) -> Int64s:
    """Return how often the lattice lines along each step enter each mask, shape (N, K).

    ``steps`` (K, 2) holds (rows, columns) with 0 <= rows <= 2; a step of no row is (0, 1). A line enters a mask at a pixel
    whose predecessor, one step back, lies outside: there are as many as pixels less those whose predecessor lies inside.
    """
    n = offsets.size - 1
    n_steps = len(steps)
    entries = np.zeros((n, n_steps), np.int64)
    for i in range(n):
        begin, stop = offsets[i], offsets[i + 1]
        area = 0
        for k in range(begin, stop):
            area += np.int64(end[k]) - start[k]
        for s in range(n_steps):
            entries[i, s] = area
            if steps[s, 0] == 0:
                entries[i, s] = stop - begin
        above2_begin, above2_stop, above_begin, above_stop = begin, begin, begin, begin
        k = begin
        while k < stop:
            r = row[k]
            here_begin = k
            while k < stop and row[k] == r:
                k += 1
            for s in range(n_steps):
                rows, shift = steps[s, 0], steps[s, 1]
                if rows == 0:
                    continue
                if above_stop > above_begin and row[above_begin] == r - rows:
                    entries[i, s] -= _common(start, end, above_begin, above_stop, here_begin, k, shift)
                elif above2_stop > above2_begin and row[above2_begin] == r - rows:
                    entries[i, s] -= _common(start, end, above2_begin, above2_stop, here_begin, k, shift)
            above2_begin, above2_stop, above_begin, above_stop = above_begin, above_stop, here_begin, k
    return entries


@kernel
def _common(start: Int32s, end: Int32s, a: int, a_stop: int, b: int, b_stop: int, shift: int) -> int:
    """Return how many pixels the runs ``a:a_stop``, moved right by ``shift``, share with the runs ``b:b_stop``."""
    common = 0
    while a < a_stop and b < b_stop:
        a_end, b_end = np.int64(end[a]) + shift, np.int64(end[b])
        common += max(0, min(a_end, b_end) - max(np.int64(start[a]) + shift, np.int64(start[b])))
        if a_end < b_end:
            a += 1
        else:
            b += 1
    return common
