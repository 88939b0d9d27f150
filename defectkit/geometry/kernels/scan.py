"""Masks and label images to runs, and back."""

from __future__ import annotations

import numpy as np

from defectkit.geometry.columns import Int32s, Int64s
from defectkit.geometry.kernels.jit import Column, kernel


@kernel
def scan_rows(image: Column) -> tuple[Int32s, Int32s, Int32s]:
    """Return row, start and end of the runs of equal, non-zero values of an image (H, W), row after row.

    Counting the changes of a row is a loop the compiler turns into vector instructions; only rows with a change, or not
    empty from the start, are then looked at pixel by pixel.
    """
    rows, columns = image.shape
    changes = np.zeros(rows, np.int64)
    most = 0
    for r in range(rows):
        changed = 0
        for c in range(1, columns):
            changed += image[r, c] != image[r, c - 1]
        changes[r] = changed
        if columns > 0 and (changed > 0 or image[r, 0] != 0):
            most += changed + 1
    row = np.empty(most, np.int32)
    start = np.empty(most, np.int32)
    end = np.empty(most, np.int32)
    n = 0
    for r in range(rows):
        if columns == 0 or (changes[r] == 0 and image[r, 0] == 0):
            continue
        begin = 0
        left = changes[r]
        c = 1
        while left > 0:
            if image[r, c] != image[r, c - 1]:
                if image[r, c - 1] != 0:
                    row[n], start[n], end[n] = r, begin, c
                    n += 1
                begin = c
                left -= 1
            c += 1
        if image[r, begin] != 0:
            row[n], start[n], end[n] = r, begin, columns
            n += 1
    return row[:n].copy(), start[:n].copy(), end[:n].copy()


@kernel
def group_order(groups: Column, n_groups: int) -> tuple[Int64s, Int64s]:
    """Return the order that sorts by group and keeps the order within each, and the offsets of the groups."""
    offsets = np.zeros(n_groups + 1, np.int64)
    for group in groups:
        offsets[group + 1] += 1
    for g in range(n_groups):
        offsets[g + 1] += offsets[g]
    place = offsets[:-1].copy()
    order = np.empty(groups.size, np.int64)
    for k in range(groups.size):
        order[place[groups[k]]] = k
        place[groups[k]] += 1
    return order, offsets


@kernel
def paint(image: Column, row: Column, start: Column, end: Column, offsets: Column, values: Column) -> None:
    """Write the value of each defect over its pixels, one defect after the other."""
    for i in range(offsets.size - 1):
        for k in range(offsets[i], offsets[i + 1]):
            image[row[k], start[k] : end[k]] = values[i]
