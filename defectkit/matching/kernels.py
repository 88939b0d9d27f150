"""Compiled kernels of the matchers: which pairs of overlapping defects to take, for many IoU thresholds in one call.

Pairs come sorted by truth, then predicted. Every kernel returns the taken ones of each threshold, ascending, one
threshold after the other, and the offsets of the thresholds in them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from defectkit.geometry.kernels.jit import Column, kernel
from defectkit.geometry.kernels.scan import group_order

Indices = NDArray[np.int64]


@kernel
def greedy_pairs(
    truth: Column, predicted: Column, iou: Column, order: Column, n_true: int, n_predicted: int, thresholds: Column
) -> tuple[Indices, Indices]:
    """Take pairs in ``order``, that of descending IoU, where both defects are free; cut them at each threshold.

    What is taken at one threshold are the pairs of a pass without any that reach it, so one pass does for all.
    """
    used_true = np.zeros(n_true, np.bool_)
    used_predicted = np.zeros(n_predicted, np.bool_)
    taken = np.zeros(iou.size, np.bool_)
    for k in order:
        if not used_true[truth[k]] and not used_predicted[predicted[k]]:
            used_true[truth[k]] = True
            used_predicted[predicted[k]] = True
            taken[k] = True
    chosen = np.empty(thresholds.size * min(n_true, n_predicted), np.int64)
    offsets = np.zeros(thresholds.size + 1, np.int64)
    for t in range(thresholds.size):
        offsets[t + 1] = _append(chosen, offsets[t], taken, iou, thresholds[t])
    return chosen[: offsets[-1]].copy(), offsets


@kernel
def pairs_in_order(
    chooser: Column,
    choice: Column,
    iou: Column,
    order: Column,
    rank: Column,
    thresholds: Column,
) -> tuple[Indices, Indices]:
    """Let the choosers, in this order, take the free choice of highest IoU each, if that reaches the threshold.

    Of equal ones it takes the one of lowest ``rank``; what does not reach the threshold stays free. Two that overlap
    each other and nothing else, as most do, are a pair wherever they reach the threshold, whatever the order.
    """
    listed, first = group_order(chooser, order.size)
    wanted = np.zeros(rank.size, np.int64)
    for k in range(iou.size):
        wanted[choice[k]] += 1
    undisputed = np.zeros(iou.size, np.bool_)
    disputing = np.empty(order.size, np.int64)
    n_disputing = 0
    for i in order:
        if first[i + 1] - first[i] == 1 and wanted[choice[listed[first[i]]]] == 1:
            undisputed[listed[first[i]]] = True
        elif first[i + 1] > first[i]:
            disputing[n_disputing] = i
            n_disputing += 1
    used = np.empty(rank.size, np.bool_)
    taken = np.empty(iou.size, np.bool_)
    chosen = np.empty(thresholds.size * min(order.size, rank.size), np.int64)
    offsets = np.zeros(thresholds.size + 1, np.int64)
    for t in range(thresholds.size):
        used[:] = False
        taken[:] = undisputed
        for i in disputing[:n_disputing]:
            best = -1
            for p in range(first[i], first[i + 1]):
                k = listed[p]
                if used[choice[k]]:
                    continue
                if best < 0 or iou[k] > iou[best] or (iou[k] == iou[best] and rank[choice[k]] < rank[choice[best]]):
                    best = k
            if best >= 0 and iou[best] >= thresholds[t]:
                used[choice[best]] = True
                taken[best] = True
        offsets[t + 1] = _append(chosen, offsets[t], taken, iou, thresholds[t])
    return chosen[: offsets[-1]].copy(), offsets


@kernel
def optimal_pairs(
    truth: Column, predicted: Column, iou: Column, n_true: int, n_predicted: int, thresholds: Column
) -> tuple[Indices, Indices]:
    """Take the most pairs there can be at each threshold, and of those sets the one of the largest sum of IoU.

    True defects enter one after the other, each by a shortest augmenting path over the pairs there are: a pair costs
    minus its IoU and minus its bonus, which is more than the IoUs of all it is linked to can sum to; staying alone
    costs nothing. ``own`` and ``other`` are the dual variables of the two sides. A search never leaves the defects that
    overlaps link to the one that enters. Of equals the first is taken, so that a set matched with itself pairs each
    defect with itself.
    """
    _, first = group_order(truth, n_true)
    bonuses = _bonuses(truth, predicted, n_true, n_predicted)
    own, other = np.empty(n_true, np.float64), np.empty(n_predicted, np.float64)
    pair_of_true, pair_of_predicted = np.empty(n_true, np.int64), np.empty(n_predicted, np.int64)
    distance = np.full(n_predicted, np.inf, np.float64)
    via = np.empty(n_predicted, np.int64)
    settled = np.zeros(n_predicted, np.bool_)
    touched = np.empty(n_predicted, np.int64)
    taken = np.empty(iou.size, np.bool_)
    chosen = np.empty(thresholds.size * min(n_true, n_predicted), np.int64)
    offsets = np.zeros(thresholds.size + 1, np.int64)
    for t in range(thresholds.size):
        threshold = thresholds[t]
        own[:] = 0.0
        other[:] = 0.0
        pair_of_true[:] = -1
        pair_of_predicted[:] = -1
        for entering in range(n_true):
            bonus = bonuses[entering]
            for k in range(first[entering], first[entering + 1]):
                if iou[k] >= threshold:
                    own[entering] = min(own[entering], -iou[k] - bonus - other[predicted[k]])
            row, base, n_touched = entering, 0.0, 0
            end, leaving, alone = -1, entering, np.inf
            while True:
                if base - own[row] < alone:
                    alone, leaving = base - own[row], row
                for k in range(first[row], first[row + 1]):
                    j = predicted[k]
                    if iou[k] < threshold or settled[j]:
                        continue
                    length = base - iou[k] - bonus - own[row] - other[j]
                    if length < distance[j]:
                        if distance[j] == np.inf:
                            touched[n_touched] = j
                            n_touched += 1
                        distance[j] = length
                        via[j] = k
                nearest, shortest = -1, alone
                for p in range(n_touched):
                    near = distance[touched[p]]
                    if not settled[touched[p]] and (near < shortest or (nearest < 0 and near == shortest)):
                        nearest, shortest = touched[p], near
                if nearest < 0:
                    break
                if pair_of_predicted[nearest] < 0:
                    end = nearest
                    break
                settled[nearest] = True
                base, row = shortest, truth[pair_of_predicted[nearest]]
            own[entering] += shortest
            for p in range(n_touched):
                j = touched[p]
                if settled[j]:
                    own[truth[pair_of_predicted[j]]] += shortest - distance[j]
                    other[j] -= shortest - distance[j]
                    settled[j] = False
                distance[j] = np.inf
            if end < 0 and leaving != entering:
                end = predicted[pair_of_true[leaving]]
                pair_of_true[leaving] = -1
            while end >= 0:
                k = via[end]
                before = pair_of_true[truth[k]]
                pair_of_true[truth[k]] = k
                pair_of_predicted[end] = k
                end = predicted[before] if truth[k] != entering else -1
        taken[:] = False
        for i in range(n_true):
            if pair_of_true[i] >= 0:
                taken[pair_of_true[i]] = True
        offsets[t + 1] = _append(chosen, offsets[t], taken, iou, threshold)
    return chosen[: offsets[-1]].copy(), offsets


@kernel
def found_by_frame(pairs: Column, offsets: Column, begin: Column) -> Indices:
    """Return how many pairs each threshold takes in each of several frames side by side, shape (F, T).

    The pairs of frame f are ``begin[f]:begin[f + 1]``, so each threshold has them in the order of frames.
    """
    found = np.zeros((begin.size - 1, offsets.size - 1), np.int64)
    for t in range(offsets.size - 1):
        f = 0
        for p in range(offsets[t], offsets[t + 1]):
            while pairs[p] >= begin[f + 1]:
                f += 1
            found[f, t] += 1
    return found


@kernel
def pairs_by_frame(pairs: Column, offsets: Column, begin: Column, found: Column) -> tuple[Indices, Indices, Indices]:
    """Sort what was taken of several frames side by side by frame, and by threshold within each.

    Returns the pairs, counted from the first of their frame, where those of each frame begin, and the offsets
    (F, T + 1) of the thresholds in them.
    """
    n_frames, n_thresholds = found.shape
    own_offsets = np.zeros((n_frames, n_thresholds + 1), np.int64)
    first = np.zeros(n_frames + 1, np.int64)
    for f in range(n_frames):
        for t in range(n_thresholds):
            own_offsets[f, t + 1] = own_offsets[f, t] + found[f, t]
        first[f + 1] = first[f] + own_offsets[f, n_thresholds]
    own = np.empty(pairs.size, np.int64)
    place = first[:-1].copy()
    for t in range(n_thresholds):
        f = 0
        for p in range(offsets[t], offsets[t + 1]):
            while pairs[p] >= begin[f + 1]:
                f += 1
            own[place[f]] = pairs[p] - begin[f]
            place[f] += 1
    return own, first, own_offsets


@kernel
def pairs_side_by_side(own: Column, own_offsets: Column, begin: Column) -> tuple[Indices, Indices]:
    """Undo :func:`pairs_by_frame`: return the pairs, threshold after threshold, and the offsets of the thresholds."""
    n_frames, n_thresholds = begin.size - 1, own_offsets.shape[1] - 1
    pairs = np.empty(own.size, np.int64)
    offsets = np.zeros(n_thresholds + 1, np.int64)
    n = 0
    for t in range(n_thresholds):
        first = 0
        for f in range(n_frames):
            for p in range(first + own_offsets[f, t], first + own_offsets[f, t + 1]):
                pairs[n] = begin[f] + own[p]
                n += 1
            first += own_offsets[f, n_thresholds]
        offsets[t + 1] = n
    return pairs, offsets


@kernel
def _bonuses(truth: Column, predicted: Column, n_true: int, n_predicted: int) -> NDArray[np.float64]:
    """Return, for each true defect, one more than the pairs that the defects it is linked to by overlaps can make."""
    above = np.arange(n_true + n_predicted)
    for k in range(truth.size):
        one, other = _top(above, truth[k]), _top(above, n_true + predicted[k])
        above[max(one, other)] = min(one, other)
    n_linked = np.zeros((n_true + n_predicted, 2), np.int64)
    for i in range(above.size):
        n_linked[_top(above, i), 0 if i < n_true else 1] += 1
    bonuses = np.empty(n_true, np.float64)
    for i in range(n_true):
        top = _top(above, i)
        bonuses[i] = min(n_linked[top, 0], n_linked[top, 1]) + 1
    return bonuses


@kernel
def _top(above: Column, i: int) -> int:
    """Return the lowest defect that ``i`` is linked to, and shorten the way to it."""
    while above[i] != i:
        above[i] = above[above[i]]
        i = above[i]
    return i


@kernel
def _append(chosen: Column, n: int, taken: Column, iou: Column, threshold: float) -> int:
    """Write the taken pairs that reach a threshold behind the ``n`` there are, and return how many there are then."""
    for k in range(taken.size):
        if taken[k] and iou[k] >= threshold:
            chosen[n] = k
            n += 1
    return n
