"""Rings to runs: an even-odd scanline fill that samples pixel centers."""

from __future__ import annotations

import numpy as np

from defectkit.geometry.columns import Int32s, Int64s
from defectkit.geometry.kernels.jit import Column, kernel


@kernel
def fill_rings(
    vertices: Column, ring_offsets: Column, defect_offsets: Column, rows: int, columns: int
) -> tuple[Int32s, Int32s, Int32s, Int64s]:
    """Return row, start, end and offsets of the even-odd fill of the rings of each defect, clipped to the frame."""
    n_defects = defect_offsets.size - 1
    first, last = _edge_rows(vertices, ring_offsets, rows)
    most_crossings, all_crossings, deepest = 0, 0, 0
    for d in range(n_defects):
        crossings = 0
        for v in range(ring_offsets[defect_offsets[d]], ring_offsets[defect_offsets[d + 1]]):
            crossings += last[v] - first[v]
            deepest = max(deepest, last[v])
        most_crossings = max(most_crossings, crossings)
        all_crossings += crossings

    row = np.empty(all_crossings // 2, np.int32)
    start = np.empty(all_crossings // 2, np.int32)
    end = np.empty(all_crossings // 2, np.int32)
    offsets = np.zeros(n_defects + 1, np.int64)
    crossing = np.empty(max(most_crossings, 2 * deepest), np.float64)
    marks = np.zeros(deepest + 1, np.int64)
    n_runs = 0
    for d in range(n_defects):
        ring0, ring1 = defect_offsets[d], defect_offsets[d + 1]
        top, bottom = _row_span(first, last, ring_offsets[ring0], ring_offsets[ring1])
        if top < bottom:
            if _cross_twice(vertices, ring_offsets, ring0, ring1, first, last, top, bottom, marks, crossing):
                n_runs = _emit_pairs(crossing, marks, top, bottom, columns, row, start, end, n_runs)
            else:
                _cross_often(vertices, ring_offsets, ring0, ring1, first, last, top, bottom, marks, crossing)
                n_runs = _emit_sorted(crossing, marks, top, bottom, columns, row, start, end, n_runs)
        offsets[d + 1] = n_runs
    return row[:n_runs].copy(), start[:n_runs].copy(), end[:n_runs].copy(), offsets


@kernel
def _edge_rows(vertices: Column, ring_offsets: Column, rows: int) -> tuple[Int32s, Int32s]:
    """Return the half-open range of rows of the frame whose center line each edge (v to its successor) crosses."""
    first = np.zeros(len(vertices), np.int32)
    last = np.zeros(len(vertices), np.int32)
    deepest = np.float64(rows)
    for ring in range(ring_offsets.size - 1):
        begin, stop = ring_offsets[ring], ring_offsets[ring + 1]
        if begin == stop:
            continue
        previous = stop - 1
        row0 = np.int32(min(max(np.ceil(vertices[previous, 0] - 0.5), 0.0), deepest))
        for v in range(begin, stop):
            row1 = np.int32(min(max(np.ceil(vertices[v, 0] - 0.5), 0.0), deepest))
            first[previous] = min(row0, row1)
            last[previous] = max(row0, row1)
            row0 = row1
            previous = v
    return first, last


@kernel
def _row_span(first: Column, last: Column, begin: int, stop: int) -> tuple[int, int]:
    """Return the half-open range of rows that the edges ``begin:stop`` cross; (0, 0) if they cross none."""
    top, bottom = 0, 0
    for v in range(begin, stop):
        if first[v] < last[v]:
            top = min(top, first[v]) if bottom > 0 else first[v]
            bottom = max(bottom, last[v])
    return top, bottom


@kernel
def _downward(vertices: Column, v: int, begin: int, stop: int) -> tuple[float, float, float, float]:
    """Return row and column of the upper, then of the lower end of an edge, so that both ways of drawing it are one."""
    w = v + 1 if v + 1 < stop else begin
    if vertices[v, 0] < vertices[w, 0]:
        return vertices[v, 0], vertices[v, 1], vertices[w, 0], vertices[w, 1]
    return vertices[w, 0], vertices[w, 1], vertices[v, 0], vertices[v, 1]


@kernel
def _cross_twice(
    vertices: Column,
    ring_offsets: Column,
    ring0: int,
    ring1: int,
    first: Column,
    last: Column,
    top: int,
    bottom: int,
    count: Column,
    crossing: Column,
) -> bool:
    """Write the columns of the two crossings of each row, or return False at a third; ``count`` ends as 0 or 2."""
    count[top:bottom] = 0
    for ring in range(ring0, ring1):
        begin, stop = ring_offsets[ring], ring_offsets[ring + 1]
        for v in range(begin, stop):
            if first[v] == last[v]:
                continue
            y0, x0, y1, x1 = _downward(vertices, v, begin, stop)
            for r in range(first[v], last[v]):
                seen = count[r]
                if seen == 2:
                    return False
                crossing[2 * (r - top) + seen] = (r + 0.5 - y0) * (x1 - x0) / (y1 - y0) + x0
                count[r] = seen + 1
    return True


@kernel
def _emit_pairs(
    crossing: Column,
    count: Column,
    top: int,
    bottom: int,
    columns: int,
    row: Column,
    start: Column,
    end: Column,
    n_runs: int,
) -> int:
    """Write the run of each row between its two crossings; return the new number of runs."""
    for r in range(top, bottom):
        if count[r] == 0:
            continue
        x0, x1 = crossing[2 * (r - top)], crossing[2 * (r - top) + 1]
        c0 = max(0, int(np.floor(min(x0, x1) + 0.5)))
        c1 = min(columns, int(np.floor(max(x0, x1) + 0.5)))
        if c0 < c1:
            row[n_runs] = r
            start[n_runs] = c0
            end[n_runs] = c1
            n_runs += 1
    return n_runs


@kernel
def _cross_often(
    vertices: Column,
    ring_offsets: Column,
    ring0: int,
    ring1: int,
    first: Column,
    last: Column,
    top: int,
    bottom: int,
    stops: Column,
    crossing: Column,
) -> None:
    """Write the columns of all crossings, row after row and sorted; those of row ``r`` end at ``stops[r]``."""
    stops[top : bottom + 1] = 0
    for v in range(ring_offsets[ring0], ring_offsets[ring1]):
        for r in range(first[v], last[v]):
            stops[r + 1] += 1
    for r in range(top, bottom):
        stops[r + 1] += stops[r]
    for ring in range(ring0, ring1):
        begin, stop = ring_offsets[ring], ring_offsets[ring + 1]
        for v in range(begin, stop):
            if first[v] == last[v]:
                continue
            y0, x0, y1, x1 = _downward(vertices, v, begin, stop)
            for r in range(first[v], last[v]):
                crossing[stops[r]] = (r + 0.5 - y0) * (x1 - x0) / (y1 - y0) + x0
                stops[r] += 1
    begin = 0
    for r in range(top, bottom):
        _sort(crossing, begin, stops[r])
        begin = stops[r]


@kernel
def _sort(values: Column, begin: int, stop: int) -> None:
    """Sort in place by Shell's method: an insertion sort for the usual few, and never quadratic for the odd many."""
    gap = 1
    while gap < (stop - begin) // 9:
        gap = 3 * gap + 1
    while gap > 0:
        for i in range(begin + gap, stop):
            value = values[i]
            k = i
            while k >= begin + gap and values[k - gap] > value:
                values[k] = values[k - gap]
                k -= gap
            values[k] = value
        gap //= 3


@kernel
def _emit_sorted(
    crossing: Column,
    stops: Column,
    top: int,
    bottom: int,
    columns: int,
    row: Column,
    start: Column,
    end: Column,
    n_runs: int,
) -> int:
    """Write the runs of each row from every crossing of odd to the next of even rank; return the new number of runs."""
    begin = 0
    for r in range(top, bottom):
        previous_end = -1
        for k in range(begin, stops[r] - 1, 2):
            c0 = max(0, int(np.floor(crossing[k] + 0.5)))
            c1 = min(columns, int(np.floor(crossing[k + 1] + 0.5)))
            if c0 < c1:
                if c0 == previous_end:
                    end[n_runs - 1] = c1
                else:
                    row[n_runs] = r
                    start[n_runs] = c0
                    end[n_runs] = c1
                    n_runs += 1
                previous_end = c1
        begin = stops[r]
    return n_runs
