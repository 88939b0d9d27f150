"""Convex hulls of runs and of points, and the diameters of hulls."""

from __future__ import annotations

import numpy as np

from defectkit.geometry.columns import Float64s, Int64s
from defectkit.geometry.kernels.jit import Column, kernel


@kernel
def run_hulls(row: Column, start: Column, end: Column, offsets: Column, extent: int) -> tuple[Int64s, Int64s]:
    """Return vertices (V, 2) and offsets of the hull of each mask.

    The hull is that of all corners of the pixels (extent 1) or of their first corners (extent 0): monotone chains down
    the left and up the right side, without the points that lie on an edge.
    """
    n = offsets.size - 1
    longest = 0
    for i in range(n):
        longest = max(longest, offsets[i + 1] - offsets[i])
    left = np.empty((2 * longest, 2), np.int64)
    right = np.empty((2 * longest, 2), np.int64)
    vertices = np.empty((4 * row.size, 2), np.int64)
    hull_offsets = np.zeros(n + 1, np.int64)
    used = 0
    for i in range(n):
        n_left, n_right = 0, 0
        waiting = False  # corners on the lower edge of a row wait for those of the row below
        line, leftmost, rightmost = 0, 0, 0
        k = offsets[i]
        while k < offsets[i + 1]:
            r = int(row[k])
            row_left = int(start[k])
            while k + 1 < offsets[i + 1] and row[k + 1] == r:
                k += 1
            row_right = int(end[k]) - 1 + extent
            k += 1
            if waiting and line < r:
                n_left = _push(left, n_left, line, leftmost, 1)
                n_right = _push(right, n_right, line, rightmost, -1)
                waiting = False
            if not waiting:
                leftmost, rightmost = row_left, row_right
            n_left = _push(left, n_left, r, min(leftmost, row_left), 1)
            n_right = _push(right, n_right, r, max(rightmost, row_right), -1)
            waiting = extent == 1
            line, leftmost, rightmost = r + 1, row_left, row_right
        if waiting:
            n_left = _push(left, n_left, line, leftmost, 1)
            n_right = _push(right, n_right, line, rightmost, -1)
        for p in range(n_left):
            vertices[used, 0] = left[p, 0]
            vertices[used, 1] = left[p, 1]
            used += 1
        for p in range(n_right - 1, -1, -1):
            meets_bottom = p == n_right - 1 and right[p, 1] == left[n_left - 1, 1]
            meets_top = p == 0 and right[0, 1] == left[0, 1]
            if not (meets_bottom or meets_top):
                vertices[used, 0] = right[p, 0]
                vertices[used, 1] = right[p, 1]
                used += 1
        hull_offsets[i + 1] = used
    return vertices[:used].copy(), hull_offsets


@kernel
def _push(chain: Column, n: int, y: int, x: int, side: int) -> int:
    """Add a point below all others to a chain that bulges to the left (side 1) or the right (side -1)."""
    while n > 1:
        ay, ax = chain[n - 2, 0], chain[n - 2, 1]
        by, bx = chain[n - 1, 0], chain[n - 1, 1]
        if side * ((by - ay) * (x - ax) - (bx - ax) * (y - ay)) > 0:
            break
        n -= 1
    chain[n, 0] = y
    chain[n, 1] = x
    return n + 1


@kernel
def feret_diameters(vertices: Column, offsets: Column, dy: float, dx: float) -> tuple[Float64s, Float64s]:
    """Return the largest and smallest Feret diameter of hulls of at least three vertices; NaN where there is no hull.

    Rotating calipers. Which vertices face which edge does not change when the axes are stretched, so the hull is walked
    in integers and only lengths know the spacing.
    """
    n = offsets.size - 1
    longest = np.full(n, np.nan)
    shortest = np.full(n, np.nan)
    for i in range(n):
        begin, stop = offsets[i], offsets[i + 1]
        if begin == stop:
            continue
        most = 0.0
        least = np.inf
        q = begin + 1
        for p in range(begin, stop):
            p1 = p + 1 if p + 1 < stop else begin
            ey, ex = vertices[p1, 0] - vertices[p, 0], vertices[p1, 1] - vertices[p, 1]
            q1 = q + 1 if q + 1 < stop else begin
            rise = ey * (vertices[q1, 1] - vertices[q, 1]) - ex * (vertices[q1, 0] - vertices[q, 0])
            while rise > 0:
                q = q1
                q1 = q + 1 if q + 1 < stop else begin
                rise = ey * (vertices[q1, 1] - vertices[q, 1]) - ex * (vertices[q1, 0] - vertices[q, 0])
            height = float(ey * (vertices[q, 1] - vertices[p, 1]) - ex * (vertices[q, 0] - vertices[p, 0]))
            least = min(least, height * height / ((ey * dy) ** 2 + (ex * dx) ** 2))
            most = max(most, _squared_distance(vertices, p, q, dy, dx), _squared_distance(vertices, p1, q, dy, dx))
        longest[i] = np.sqrt(most)
        shortest[i] = np.sqrt(least) * (dy * dx)
    return longest, shortest


@kernel
def _squared_distance(vertices: Column, p: int, q: int, dy: float, dx: float) -> float:
    return float(((vertices[p, 0] - vertices[q, 0]) * dy) ** 2 + ((vertices[p, 1] - vertices[q, 1]) * dx) ** 2)


@kernel
def point_hulls(vertices: Column, offsets: Column) -> tuple[Float64s, Int64s]:
    """Return vertices (V, 2) and offsets of the hull of each slice of points; the points are sorted in place.

    Andrew's monotone chain: once down the sorted points and once up again.
    """
    n = offsets.size - 1
    hulls = np.empty((2 * len(vertices), 2), np.float64)
    hull_offsets = np.zeros(n + 1, np.int64)
    used = 0
    for i in range(n):
        points = vertices[offsets[i] : offsets[i + 1]]
        _sort_points(points)
        base = used
        used = _add_chain(points, 1, hulls, base)
        if used - base > 1:
            used = _add_chain(points, -1, hulls, used - 1) - 1
        hull_offsets[i + 1] = used
    return hulls[:used].copy(), hull_offsets


@kernel
def _sort_points(points: Column) -> None:
    """Sort points by row, then column, in place: by insertion over shrinking gaps, which few points need little of."""
    n = len(points)
    gap = 1
    while gap < n // 9:
        gap = 3 * gap + 1
    while gap > 0:
        for p in range(gap, n):
            y, x = points[p, 0], points[p, 1]
            q = p
            while q >= gap and (points[q - gap, 0] > y or (points[q - gap, 0] == y and points[q - gap, 1] > x)):
                points[q, 0] = points[q - gap, 0]
                points[q, 1] = points[q - gap, 1]
                q -= gap
            points[q, 0] = y
            points[q, 1] = x
        gap //= 3


@kernel
def _add_chain(points: Column, step: int, hulls: Column, base: int) -> int:
    """Write the chain with all points to one side at ``base``: from the first to the last, or back (step -1)."""
    used = base
    for p in range(len(points)):
        q = p if step == 1 else len(points) - 1 - p
        y, x = points[q, 0], points[q, 1]
        if used > base and hulls[used - 1, 0] == y and hulls[used - 1, 1] == x:
            continue
        while used - base > 1:
            ay, ax = hulls[used - 2, 0], hulls[used - 2, 1]
            by, bx = hulls[used - 1, 0], hulls[used - 1, 1]
            if (by - ay) * (x - ax) - (bx - ax) * (y - ay) > 0:
                break
            used -= 1
        hulls[used, 0] = y
        hulls[used, 1] = x
        used += 1
    return used


@kernel
def max_point_distances(vertices: Column, offsets: Column) -> Float64s:
    """Return the largest distance between two points of each slice; NaN for a slice without a point."""
    n = offsets.size - 1
    distances = np.full(n, np.nan)
    for i in range(n):
        if offsets[i] == offsets[i + 1]:
            continue
        most = 0.0
        for p in range(offsets[i], offsets[i + 1]):
            for q in range(p + 1, offsets[i + 1]):
                most = max(most, (vertices[p, 0] - vertices[q, 0]) ** 2 + (vertices[p, 1] - vertices[q, 1]) ** 2)
        distances[i] = np.sqrt(most)
    return distances
