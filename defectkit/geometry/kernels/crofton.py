"""Perimeters from the entries of straight lattice lines into masks, straight from runs."""

from __future__ import annotations

import numpy as np

from defectkit.geometry.columns import Float64s
from defectkit.geometry.kernels.jit import Column, kernel


@kernel
def crofton_lengths(
    row: Column, start: Column, end: Column, offsets: Column, steps: Column, weights: Column
) -> Float64s:
    """Return for each mask (N,) the sum over steps (K) of the entries of the lattice lines along it times its weight.

    ``steps`` (K, 2) holds (rows, columns) with rows >= 0; a step of no row is (0, 1). A line enters a mask at a
    pixel whose predecessor, one step back, lies outside: there are as many as pixels less those whose predecessor
    lies inside.
    """
    n = offsets.size - 1
    n_steps = len(steps)
    lengths = np.zeros(n, np.float64)
    for i in range(n):
        begin, stop = offsets[i], offsets[i + 1]
        rows_i, start_i, end_i = row[begin:stop], start[begin:stop], end[begin:stop]
        area = 0
        gaps = np.int32(0)
        for k in range(stop - begin):
            area += end_i[k] - start_i[k]
            gaps |= rows_i[k] - rows_i[0] - np.int32(k)
        for s in range(n_steps):
            rows, shift = steps[s, 0], steps[s, 1]
            if rows == 0:
                entries = stop - begin
            elif gaps == 0:
                entries = area - _inside_plain(start_i, end_i, rows, shift)
            else:
                entries = area - _inside(rows_i, start_i, end_i, rows, shift)
            lengths[i] += entries * weights[s]
    return lengths


@kernel
def _inside_plain(start: Column, end: Column, rows: int, shift: int) -> int:
    """Return how many pixels have their predecessor inside, of a mask of one run per row; a loop without a branch."""
    inside = 0
    moved = np.int32(shift)
    here_start, here_end = start[rows:], end[rows:]
    for k in range(here_start.size):
        inside += max(min(end[k] + moved, here_end[k]) - max(start[k] + moved, here_start[k]), np.int32(0))
    return inside


@kernel
def _inside(row: Column, start: Column, end: Column, rows: int, shift: int) -> int:
    """Return how many pixels have their predecessor inside: the mask moved by the step, met with itself in one pass."""
    inside = 0
    moved, here = 0, 0
    while moved < row.size and here < row.size:
        moved_row = int(row[moved]) + rows
        if moved_row < row[here]:
            moved += 1
        elif moved_row > row[here]:
            here += 1
        else:
            moved_end, here_end = int(end[moved]) + shift, int(end[here])
            inside += max(0, min(moved_end, here_end) - max(int(start[moved]) + shift, int(start[here])))
            if moved_end < here_end:
                moved += 1
            else:
                here += 1
    return inside
