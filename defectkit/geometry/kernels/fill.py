"""Rings to runs: an even-odd scanline fill that samples pixel centers."""

from __future__ import annotations

import numpy as np

from defectkit.geometry.columns import Float64s, Int32s, Int64s
from defectkit.geometry.kernels.jit import kernel

LONG_ROW = 24  # crossings a row from which a library sort beats insertion


@kernel
def fill_rings(
    vertices: Float64s, ring_offsets: Int64s, defect_offsets: Int64s, rows: int, columns: int
) -> tuple[Int32s, Int32s, Int32s, Int64s]:
    """Return row, start, end and offsets of the even-odd fill of the rings of each defect, clipped to the frame."""
    n_defects = defect_offsets.size - 1
    first, last = _edge_rows(vertices, ring_offsets, rows)
    most_crossings, all_crossings = 0, 0
    for d in range(n_defects):
        crossings = 0
        for v in range(ring_offsets[defect_offsets[d]], ring_offsets[defect_offsets[d + 1]]):
            crossings += last[v] - first[v]
        most_crossings = max(most_crossings, crossings)
        all_crossings += crossings

    row = np.empty(all_crossings // 2, np.int32)
    start = np.empty(all_crossings // 2, np.int32)
    end = np.empty(all_crossings // 2, np.int32)
    offsets = np.zeros(n_defects + 1, np.int64)
    crossing = np.empty(most_crossings, np.float64)
    bucket = np.zeros(rows + 1, np.int64)
    n_runs = 0
    for d in range(n_defects):
        top, bottom = rows, 0
        for v in range(ring_offsets[defect_offsets[d]], ring_offsets[defect_offsets[d + 1]]):
            if first[v] < last[v]:
                top = min(top, first[v])
                bottom = max(bottom, last[v])
        if top < bottom:
            _bucket_crossings(
                vertices, ring_offsets, defect_offsets[d], defect_offsets[d + 1], first, last, top, bottom, bucket, crossing
            )
            begin = 0
            for r in range(top, bottom):
                stop = bucket[r]  # filling the buckets has moved each mark to the end of its row
                _sort(crossing, begin, stop)
                previous_end = -1
                for k in range(begin, stop - 1, 2):
                    c0 = max(0, np.int64(np.floor(crossing[k] + 0.5)))
                    c1 = min(columns, np.int64(np.floor(crossing[k + 1] + 0.5)))
                    if c0 < c1:
                        if c0 == previous_end:
                            end[n_runs - 1] = c1
                        else:
                            row[n_runs] = r
                            start[n_runs] = c0
                            end[n_runs] = c1
                            n_runs += 1
                        previous_end = c1
                begin = stop
        offsets[d + 1] = n_runs
    return row[:n_runs].copy(), start[:n_runs].copy(), end[:n_runs].copy(), offsets


@kernel
def _edge_rows(vertices: Float64s, ring_offsets: Int64s, rows: int) -> tuple[Int32s, Int32s]:
    """Return the half-open range of rows of the frame whose center line each edge (v to its successor) crosses."""
    first = np.zeros(len(vertices), np.int32)
    last = np.zeros(len(vertices), np.int32)
    for ring in range(ring_offsets.size - 1):
        begin, stop = ring_offsets[ring], ring_offsets[ring + 1]
        if begin == stop:
            continue
        y0 = vertices[stop - 1, 0]
        row0 = np.int32(min(max(np.ceil(y0 - 0.5), 0.0), np.float64(rows)))
        previous = stop - 1
        for v in range(begin, stop):
            y1 = vertices[v, 0]
            row1 = np.int32(min(max(np.ceil(y1 - 0.5), 0.0), np.float64(rows)))
            first[previous] = min(row0, row1)
            last[previous] = max(row0, row1)
            row0 = row1
            previous = v
    return first, last


@kernel
def _bucket_crossings(
    vertices: Float64s,
    ring_offsets: Int64s,
    first_ring: int,
    stop_ring: int,
    first: Int32s,
    last: Int32s,
    top: int,
    bottom: int,
    bucket: Int64s,
    crossing: Float64s,
) -> None:
    """Write the columns of all crossings, row after row; ``bucket[r]`` ends as the end of row ``r``."""
    bucket[top : bottom + 1] = 0
    for v in range(ring_offsets[first_ring], ring_offsets[stop_ring]):
        for r in range(first[v], last[v]):
            bucket[r + 1] += 1
    for r in range(top, bottom):
        bucket[r + 1] += bucket[r]
    for ring in range(first_ring, stop_ring):
        begin, stop = ring_offsets[ring], ring_offsets[ring + 1]
        for v in range(begin, stop):
            if first[v] == last[v]:
                continue
            w = v + 1 if v + 1 < stop else begin
            if vertices[v, 0] < vertices[w, 0]:  # always downwards: the same edge drawn both ways gives the same floats
                y0, x0, y1, x1 = vertices[v, 0], vertices[v, 1], vertices[w, 0], vertices[w, 1]
            else:
                y0, x0, y1, x1 = vertices[w, 0], vertices[w, 1], vertices[v, 0], vertices[v, 1]
            for r in range(first[v], last[v]):
                crossing[bucket[r]] = (r + 0.5 - y0) * (x1 - x0) / (y1 - y0) + x0
                bucket[r] += 1


@kernel
def _sort(values: Float64s, begin: int, stop: int) -> None:
    if stop - begin > LONG_ROW:
        values[begin:stop] = np.sort(values[begin:stop])
        return
    for i in range(begin + 1, stop):
        value = values[i]
        k = i
        while k > begin and values[k - 1] > value:
            values[k] = values[k - 1]
            k -= 1
        values[k] = value
