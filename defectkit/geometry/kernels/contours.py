"""Outlines of masks along pixel edges."""

from __future__ import annotations

import numpy as np

from defectkit.geometry.columns import Int64s
from defectkit.geometry.kernels.jit import Column, kernel


@kernel
def trace_rings(row: Column, start: Column, end: Column, offsets: Column) -> tuple[Int64s, Int64s, Int64s, Int64s]:
    """Return vertices (V, 2), ring offsets, the ring around each ring (itself if outer), and rings up to each defect.

    Every run has two upright edges, 2 k at its start and 2 k + 1 at its end. Between two rows, the starts and ends of
    the runs above and below, sorted by column, are met in pairs: from the first to the second of a pair runs a level
    edge (of no length where an upright edge goes straight on). Linked that way, the upright edges form the rings.
    """
    n_edges = 2 * row.size
    above = np.empty(n_edges, np.int64)  # the upright edge linked to the upper end of each
    below = np.empty(n_edges, np.int64)
    n_defects = offsets.size - 1
    for i in range(n_defects):
        _link_rows(row, start, end, offsets[i], offsets[i + 1], above, below)

    ring_of = np.full(n_edges, -1, np.int64)
    vertices = np.empty((2 * n_edges, 2), np.int64)
    ring_offsets = np.zeros(n_edges + 1, np.int64)
    parent = np.empty(n_edges, np.int64)
    rings_before = np.zeros(n_defects + 1, np.int64)
    n_rings, n_vertices = 0, 0
    for i in range(n_defects):
        for first in range(2 * offsets[i], 2 * offsets[i + 1]):
            if ring_of[first] >= 0:
                continue
            # An outer ring is met first at a start, a hole at the end of a run whose start is traced already.
            parent[n_rings] = n_rings if first % 2 == 0 else parent[ring_of[first - 1]]
            edge = first
            while True:
                ring_of[edge] = n_rings
                k = edge // 2
                if edge % 2 == 0:  # down along a start, up along an end: the mask is always to the same side
                    y, x, linked = np.int64(row[k]) + 1, np.int64(start[k]), below[edge]
                else:
                    y, x, linked = np.int64(row[k]), np.int64(end[k]), above[edge]
                next_x = np.int64(start[linked // 2] if linked % 2 == 0 else end[linked // 2])
                if next_x != x:
                    vertices[n_vertices, 0], vertices[n_vertices, 1] = y, x
                    vertices[n_vertices + 1, 0], vertices[n_vertices + 1, 1] = y, next_x
                    n_vertices += 2
                edge = linked
                if edge == first:
                    break
            n_rings += 1
            ring_offsets[n_rings] = n_vertices
        rings_before[i + 1] = n_rings
    return vertices[:n_vertices].copy(), ring_offsets[: n_rings + 1].copy(), parent[:n_rings].copy(), rings_before


@kernel
def _link_rows(row: Column, start: Column, end: Column, begin: int, stop: int, above: Column, below: Column) -> None:
    """Link the upright edges of one defect across every line between two rows."""
    up, up_stop = begin, begin  # the runs of the row before
    k = begin
    while k < stop or up < up_stop:
        if up < up_stop and (k == stop or row[k] > row[up] + 1):
            down, down_stop = k, k  # nothing below: the row before ends here
        else:
            down = k
            while k < stop and row[k] == row[down]:
                k += 1
            down_stop = k
        _link_line(start, end, 2 * up, 2 * up_stop, 2 * down, 2 * down_stop, above, below)
        up, up_stop = down, down_stop


@kernel
def _link_line(
    start: Column, end: Column, u: int, u_stop: int, d: int, d_stop: int, above: Column, below: Column
) -> None:
    """Pair the edges ``u:u_stop`` that end on a line from above with the edges ``d:d_stop`` that begin below it."""
    waiting = -1
    waiting_is_up = False
    while u < u_stop or d < d_stop:
        if d == d_stop:
            take_up = True
        elif u == u_stop:
            take_up = False
        else:
            x_up = start[u // 2] if u % 2 == 0 else end[u // 2]
            x_down = start[d // 2] if d % 2 == 0 else end[d // 2]
            # Where two pixels touch at a corner only, the end goes before the start, which keeps them apart.
            take_up = x_up < x_down or (x_up == x_down and u % 2 == 1)
        edge = u if take_up else d
        if take_up:
            u += 1
        else:
            d += 1
        if waiting < 0:
            waiting, waiting_is_up = edge, take_up
            continue
        if waiting_is_up:
            below[waiting] = edge
        else:
            above[waiting] = edge
        if take_up:
            below[edge] = waiting
        else:
            above[edge] = waiting
        waiting = -1
