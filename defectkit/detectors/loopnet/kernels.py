"""Kernels of ellipses: which of many are the same, and which pixels belong to which."""

from __future__ import annotations

import numpy as np

from defectkit.geometry.kernels.jit import Column, kernel


@kernel
def suppress(
    centers: Column, reaches: Column, roots: Column, inverses: Column, areas: Column, points: Column, limits: Column
) -> Column:
    """Return which ellipses, given from best to worst, share too much with a better one that stays.

    ``roots`` map the unit disc to each ellipse, ``points`` are spread over that disc, ``limits`` are the largest IoU
    and the largest part of the smaller one that two may share.
    """
    n, m = centers.shape[0], points.shape[0]
    gone = np.zeros(n, np.bool_)
    kept = np.empty(n, np.int64)
    n_kept = 0
    for i in range(n):
        for k in range(n_kept):
            j = kept[k]
            if abs(centers[i, 0] - centers[j, 0]) >= reaches[i, 0] + reaches[j, 0]:
                continue
            if abs(centers[i, 1] - centers[j, 1]) >= reaches[i, 1] + reaches[j, 1]:
                continue
            small, large = (i, j) if areas[i] <= areas[j] else (j, i)
            inside = 0
            for p in range(m):
                y = roots[small, 0, 0] * points[p, 0] + roots[small, 0, 1] * points[p, 1]
                x = roots[small, 1, 0] * points[p, 0] + roots[small, 1, 1] * points[p, 1]
                y += centers[small, 0] - centers[large, 0]
                x += centers[small, 1] - centers[large, 1]
                if (
                    inverses[large, 0, 0] * y * y + 2 * inverses[large, 0, 1] * y * x + inverses[large, 1, 1] * x * x
                    <= 1
                ):
                    inside += 1
            part = inside / m
            shared = part * areas[small]
            if part > limits[1] or shared > limits[0] * (areas[small] + areas[large] - shared):
                gone[i] = True
                break
        if not gone[i]:
            kept[n_kept] = i
            n_kept += 1
    return gone


@kernel
def interpolate(values: Column, row: float, col: float) -> float:
    """Return a map at a place in its pixels, linear between their middles and constant beyond the outermost."""
    h, w = values.shape
    v, u = min(max(row - 0.5, 0.0), h - 1.0), min(max(col - 0.5, 0.0), w - 1.0)
    v0, u0 = min(int(v), max(h - 2, 0)), min(int(u), max(w - 2, 0))
    v1, u1 = min(v0 + 1, h - 1), min(u0 + 1, w - 1)
    upper = values[v0, u0] + (values[v0, u1] - values[v0, u0]) * (u - u0)
    lower = values[v1, u0] + (values[v1, u1] - values[v1, u0]) * (u - u0)
    return float(upper + (lower - upper) * (v - v0))


@kernel
def paint(
    labels: Column,
    nearest: Column,
    rows: Column,
    centers: Column,
    reaches: Column,
    inverses: Column,
    foreground: Column,
    factors: Column,
    limits: Column,
) -> None:
    """Write the number from 1 of each of some ellipses into the pixels of ``labels`` that it is nearest to.

    Distance is that from the center in units of the semi-axis in that direction, squared; ``nearest`` holds what was
    reached so far. ``foreground`` is a map of which ``factors`` pixels lie in one of the image. ``limits`` are the
    distance up to which a pixel always counts, the foreground that it needs beyond that, and the foreground that the
    center needs for this to be asked; else the ellipse is painted.
    """
    height, width = labels.shape
    for i in rows:
        follows = interpolate(foreground, centers[i, 0] * factors[0], centers[i, 1] * factors[1]) >= limits[2]
        top, bottom = max(0, int(centers[i, 0] - reaches[i, 0])), min(height, int(centers[i, 0] + reaches[i, 0]) + 1)
        left, right = max(0, int(centers[i, 1] - reaches[i, 1])), min(width, int(centers[i, 1] + reaches[i, 1]) + 1)
        for row in range(top, bottom):
            y = row + 0.5 - centers[i, 0]
            for col in range(left, right):
                x = col + 0.5 - centers[i, 1]
                d = inverses[i, 0, 0] * y * y + 2 * inverses[i, 0, 1] * y * x + inverses[i, 1, 1] * x * x
                if d > nearest[row, col]:
                    continue
                if not follows and d > 1:
                    continue
                if follows and d > limits[0]:
                    here = interpolate(foreground, (row + 0.5) * factors[0], (col + 0.5) * factors[1])
                    if here < limits[1]:
                        continue
                nearest[row, col] = d
                labels[row, col] = i + 1
