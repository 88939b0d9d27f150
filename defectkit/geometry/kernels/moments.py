"""Zeroth, first and second moments of masks as areas, straight from runs."""

from __future__ import annotations

import numpy as np

from defectkit.geometry.columns import Float64s, Int64s
from defectkit.geometry.kernels.jit import Column, kernel


@kernel
def area_moments(row: Column, start: Column, end: Column, offsets: Column) -> tuple[Int64s, Float64s, Float64s]:
    """Return areas (N,), centroids (N, 2) and central second moments over area (N, 3: rr, rc, cc), in pixels.

    Sums run about the first pixel of each mask, so shifting a mask by whole pixels changes no digit of its moments.
    """
    n = offsets.size - 1
    areas = np.zeros(n, np.int64)
    centroids = np.full((n, 2), np.nan)
    seconds = np.full((n, 3), np.nan)
    for i in range(n):
        begin, stop = offsets[i], offsets[i + 1]
        if begin == stop:
            continue
        row0, col0 = np.int64(row[begin]), np.int64(start[begin])
        area = 0
        sum_r, sum_c, sum_rr, sum_rc, sum_cc = 0.0, 0.0, 0.0, 0.0, 0.0
        for k in range(begin, stop):
            length = np.int64(end[k]) - start[k]
            r = row[k] - row0 + 0.5
            c = (start[k] - col0) + 0.5 * length
            area += length
            weighted_r = length * r
            weighted_c = length * c
            sum_r += weighted_r
            sum_c += weighted_c
            sum_rr += weighted_r * r
            sum_rc += weighted_r * c
            sum_cc += weighted_c * c + length * (np.float64(length) * length - 1.0) / 12.0
        mean_r, mean_c = sum_r / area, sum_c / area
        areas[i] = area
        centroids[i, 0] = row0 + mean_r
        centroids[i, 1] = col0 + mean_c
        seconds[i, 0] = max(sum_rr / area - mean_r * mean_r, 0.0) + 1.0 / 12.0
        seconds[i, 1] = sum_rc / area - mean_r * mean_c
        seconds[i, 2] = max(sum_cc / area - mean_c * mean_c, 0.0) + 1.0 / 12.0
    return areas, centroids, seconds
