"""Pairs of overlapping masks, and box IoU.

Loops over slices from 0 are ones the compiler turns into vector instructions; a slice that may start below 0 is not.
"""

from __future__ import annotations

import numpy as np

from defectkit.geometry.columns import Float64s, Int32s, Int64s
from defectkit.geometry.kernels.jit import Column, kernel

TOP, LEFT, BOTTOM, RIGHT, PLAIN = 0, 1, 2, 3, 4

SMALL_FRAME = 4096
"""Rows for which there are always enough bins."""


@kernel
def overlapping_pairs(
    row_a: Column,
    start_a: Column,
    end_a: Column,
    offsets_a: Column,
    row_b: Column,
    start_b: Column,
    end_b: Column,
    offsets_b: Column,
) -> tuple[Int64s, Int64s, Int64s, Float64s]:
    """Return first, second, intersection (> 0) and IoU of all overlapping pairs, sorted by first, then second.

    The masks of b are binned by their top row, so that each mask of a meets only those whose rows can reach it; a box
    test leaves few pairs, whose runs are merged.
    """
    boxes_a, areas_a = _boxes(row_a, start_a, end_a, offsets_a)
    boxes_b, areas_b = _boxes(row_b, start_b, end_b, offsets_b)
    order, bins, lowest, tallest, height = _bins_by_top(boxes_b)
    n_bins = bins.size - 1
    capacity = 2 * len(boxes_a) + 16
    first = np.empty(capacity, np.int64)
    second = np.empty(capacity, np.int64)
    intersection = np.empty(capacity, np.int64)
    n = 0
    for i in range(len(boxes_a)):
        top, left, bottom, right = boxes_a[i, TOP], boxes_a[i, LEFT], boxes_a[i, BOTTOM], boxes_a[i, RIGHT]
        if top == bottom:
            continue
        begin_i = n
        low = min(max((int(top) - tallest + 1 - lowest) // height, 0), n_bins)
        high = min(max((int(bottom) - 1 - lowest) // height + 1, low), n_bins)
        for p in range(bins[low], bins[high]):
            j = order[p]
            if boxes_b[j, BOTTOM] <= top or boxes_b[j, LEFT] >= right or boxes_b[j, RIGHT] <= left:
                continue
            row0, row1 = max(top, boxes_b[j, TOP]), min(bottom, boxes_b[j, BOTTOM])
            if boxes_a[i, PLAIN] and boxes_b[j, PLAIN]:
                k = offsets_a[i] + (row0 - top)
                m = offsets_b[j] + (row0 - boxes_b[j, TOP])
                common = _common_plain(
                    start_a[k : k + row1 - row0],
                    end_a[k : k + row1 - row0],
                    start_b[m : m + row1 - row0],
                    end_b[m : m + row1 - row0],
                )
            else:
                common = common_pixels(
                    row_a, start_a, end_a, offsets_a[i], offsets_a[i + 1],
                    row_b, start_b, end_b, offsets_b[j], offsets_b[j + 1], row0, row1,
                )  # fmt: skip
            if common == 0:
                continue
            if n == capacity:
                capacity *= 2
                first = _grown(first, capacity)
                second = _grown(second, capacity)
                intersection = _grown(intersection, capacity)
            place = n
            while place > begin_i and second[place - 1] > j:
                second[place] = second[place - 1]
                intersection[place] = intersection[place - 1]
                place -= 1
            first[n] = i
            second[place] = j
            intersection[place] = common
            n += 1
    iou = np.empty(n, np.float64)
    for p in range(n):
        iou[p] = intersection[p] / (areas_a[first[p]] + areas_b[second[p]] - intersection[p])
    return first[:n].copy(), second[:n].copy(), intersection[:n].copy(), iou


@kernel
def overlapping_pairs_by_frame(
    row_a: Column,
    start_a: Column,
    end_a: Column,
    offsets_a: Column,
    frames_a: Column,
    row_b: Column,
    start_b: Column,
    end_b: Column,
    offsets_b: Column,
    frames_b: Column,
) -> tuple[Int64s, Int64s, Int64s, Float64s]:
    """Return the same for masks of several frames, one frame after the other: only those of one frame meet.

    The masks of frame f are ``frames_a[f]:frames_a[f + 1]`` of a, and so for b.
    """
    capacity = 2 * offsets_a.size + 16
    first = np.empty(capacity, np.int64)
    second = np.empty(capacity, np.int64)
    intersection = np.empty(capacity, np.int64)
    iou = np.empty(capacity, np.float64)
    n = 0
    for f in range(frames_a.size - 1):
        own_first, own_second, own_intersection, own_iou = overlapping_pairs(
            row_a, start_a, end_a, offsets_a[frames_a[f] : frames_a[f + 1] + 1],
            row_b, start_b, end_b, offsets_b[frames_b[f] : frames_b[f + 1] + 1],
        )  # fmt: skip
        while n + own_iou.size > capacity:
            capacity *= 2
            first = _grown(first, capacity)
            second = _grown(second, capacity)
            intersection = _grown(intersection, capacity)
            iou = _grown(iou, capacity)
        for p in range(own_iou.size):
            first[n] = frames_a[f] + own_first[p]
            second[n] = frames_b[f] + own_second[p]
            intersection[n] = own_intersection[p]
            iou[n] = own_iou[p]
            n += 1
    return first[:n].copy(), second[:n].copy(), intersection[:n].copy(), iou[:n].copy()


@kernel
def _boxes(row: Column, start: Column, end: Column, offsets: Column) -> tuple[Int32s, Int64s]:
    """Return boxes (N, 5) and areas of masks.

    A box is top, left, bottom, right, and whether the mask is plain: one run in each row from top to bottom.
    """
    n = offsets.size - 1
    boxes = np.zeros((n, 5), np.int32)
    areas = np.zeros(n, np.int64)
    for i in range(n):
        begin, stop = offsets[i], offsets[i + 1]
        if begin == stop:
            continue
        rows, starts, ends = row[begin:stop], start[begin:stop], end[begin:stop]
        top, left, right = rows[0], starts[0], ends[0]
        gaps = np.int32(0)
        area = 0
        for k in range(stop - begin):
            left = min(left, starts[k])
            right = max(right, ends[k])
            area += ends[k] - starts[k]
            gaps |= rows[k] - top - np.int32(k)
        boxes[i, TOP] = top
        boxes[i, LEFT] = left
        boxes[i, BOTTOM] = rows[-1] + 1
        boxes[i, RIGHT] = right
        boxes[i, PLAIN] = gaps == 0
        areas[i] = area
    return boxes, areas


@kernel
def _bins_by_top(boxes: Column) -> tuple[Int64s, Int64s, int, int, int]:
    """Return the non-empty boxes by top row, the offsets of each bin, the lowest row, the tallest box, a bin's rows.

    A bin is a row, unless there are far more rows than boxes: memory goes with the boxes, not with the frame.
    """
    lowest, highest, tallest = 0, -1, 0
    for j in range(len(boxes)):
        if boxes[j, TOP] == boxes[j, BOTTOM]:
            continue
        top = int(boxes[j, TOP])
        if tallest == 0:
            lowest, highest = top, top
        lowest = min(lowest, top)
        highest = max(highest, top)
        tallest = max(tallest, int(boxes[j, BOTTOM]) - top)
    height = (highest - lowest + 1) // (4 * len(boxes) + SMALL_FRAME) + 1
    bins = np.zeros((highest - lowest) // height + 2, np.int64)
    for j in range(len(boxes)):
        if boxes[j, TOP] < boxes[j, BOTTOM]:
            bins[(boxes[j, TOP] - lowest) // height + 1] += 1
    for k in range(bins.size - 1):
        bins[k + 1] += bins[k]
    place = bins.copy()
    order = np.empty(bins[-1], np.int64)
    for j in range(len(boxes)):
        if boxes[j, TOP] < boxes[j, BOTTOM]:
            k = (boxes[j, TOP] - lowest) // height
            order[place[k]] = j
            place[k] += 1
    return order, bins, lowest, tallest, height


@kernel
def _common_plain(start_a: Column, end_a: Column, start_b: Column, end_b: Column) -> int:
    """Return how many pixels two stretches of one run per row share; a loop without a branch."""
    common = 0
    for r in range(start_a.size):
        common += max(min(end_a[r], end_b[r]) - max(start_a[r], start_b[r]), np.int32(0))
    return common


@kernel
def common_pixels(
    row_a: Column,
    start_a: Column,
    end_a: Column,
    k: int,
    k_stop: int,
    row_b: Column,
    start_b: Column,
    end_b: Column,
    m: int,
    m_stop: int,
    row0: int,
    row1: int,
) -> int:
    """Return how many pixels two masks share between two rows: both lists of runs in one pass."""
    k = _first_from(row_a, k, k_stop, row0)
    m = _first_from(row_b, m, m_stop, row0)
    common = np.int64(0)
    while k < k_stop and m < m_stop and row_a[k] < row1 and row_b[m] < row1:
        if row_a[k] < row_b[m]:
            k += 1
        elif row_b[m] < row_a[k]:
            m += 1
        else:
            common += max(min(end_a[k], end_b[m]) - max(start_a[k], start_b[m]), 0)
            if end_a[k] < end_b[m]:
                k += 1
            else:
                m += 1
    return int(common)


@kernel
def _first_from(row: Column, k: int, k_stop: int, row0: int) -> int:
    """Return the first of the sorted entries ``k:k_stop`` that is at least ``row0``, by halving."""
    while k < k_stop:
        middle = (k + k_stop) // 2
        if row[middle] < row0:
            k = middle + 1
        else:
            k_stop = middle
    return k


@kernel
def _grown(values: Column, capacity: int) -> Column:
    grown = np.empty(capacity, values.dtype)
    for k in range(values.size):  # as a slice assignment this would compile ten times as long
        grown[k] = values[k]
    return grown


@kernel
def dense_ious(
    row_a: Column,
    start_a: Column,
    end_a: Column,
    offsets_a: Column,
    row_b: Column,
    start_b: Column,
    end_b: Column,
    offsets_b: Column,
) -> Float64s:
    """Return the IoU (N, M) of all pairs; to hand the pairs to Python and back would take as long as finding them."""
    first, second, _, iou = overlapping_pairs(row_a, start_a, end_a, offsets_a, row_b, start_b, end_b, offsets_b)
    dense = np.zeros((offsets_a.size - 1, offsets_b.size - 1), np.float64)
    for p in range(first.size):
        dense[first[p], second[p]] = iou[p]
    return dense


@kernel
def box_ious(a: Column, b: Column) -> Float64s:
    """Return the IoU (N, M) of boxes (top, left, bottom, right); 0 where a box is empty or NaN."""
    ious = np.zeros((len(a), len(b)), np.float64)
    for i in range(len(a)):
        area_a = (a[i, 2] - a[i, 0]) * (a[i, 3] - a[i, 1])
        if not (a[i, 2] > a[i, 0] and a[i, 3] > a[i, 1]):
            continue
        for j in range(len(b)):
            if not (b[j, 2] > b[j, 0] and b[j, 3] > b[j, 1]):
                continue
            height = min(a[i, 2], b[j, 2]) - max(a[i, 0], b[j, 0])
            width = min(a[i, 3], b[j, 3]) - max(a[i, 1], b[j, 1])
            if height > 0 and width > 0:
                common = height * width
                ious[i, j] = common / (area_a + (b[j, 2] - b[j, 0]) * (b[j, 3] - b[j, 1]) - common)
    return ious
