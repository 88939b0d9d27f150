"""Same labels: which labels of two sets of one image are of one defect, found alike from either side."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterator

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.geometry.overlap import iou_pairs
from defectkit.records import Instances

Pair = tuple[int, int]
_Key = tuple[Pair, bytes, str, bytes, int]


@attrs.frozen(kw_only=True, eq=False)
class LabelContents:
    """What tells the labels of one image apart, whatever their order.

    Parameters
    ----------
    forms : list of bytes
        The mask of each, moved to the corner of the frame.
    corners : list of (int, int)
        Where it lies.
    outlines : list of bytes
        The polygon it was drawn with.
    centers : numpy.ndarray, shape (N, 2)
    lengths : list of int
        The longer side of its box, in pixels.
    keys : list of tuple
        All this with type and id, to be sorted by.
    """

    forms: list[bytes]
    corners: list[Pair]
    outlines: list[bytes]
    centers: NDArray[np.float64]
    lengths: list[int]
    keys: list[_Key]

    @classmethod
    def of(cls, instances: Instances) -> LabelContents:
        """Return what tells the labels of an image apart."""
        from defectkit.geometry.shape import centroids

        runs, boxes = instances.runs, instances.boxes
        n_runs = np.diff(runs.offsets)
        top, left = np.repeat(boxes[:, 0], n_runs), np.repeat(boxes[:, 1], n_runs)
        moved = np.stack([runs.row - top, runs.start - left, runs.end - left], axis=1)
        forms = [moved[a:b].tobytes() for a, b in itertools.pairwise(runs.offsets)]
        outlines = [instances.polygons.ring(i).tobytes() for i in range(len(instances))]
        corners = [(int(t), int(c)) for t, c in boxes[:, :2]]
        return cls(
            forms=forms,
            corners=corners,
            outlines=outlines,
            centers=np.nan_to_num(centroids(runs)),
            lengths=[int(n) for n in np.maximum(boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1])],
            keys=list(zip(corners, forms, instances.type_names, outlines, instances.ids.tolist(), strict=True)),
        )


def equal_pairs(old: LabelContents, new: LabelContents) -> list[Pair]:
    """Return the pairs of labels that are equal in all but their ids."""
    places: dict[tuple[object, ...], list[int]] = defaultdict(list)
    for j in sorted(range(len(new.keys)), key=new.keys.__getitem__, reverse=True):
        places[new.keys[j][:-1]].append(j)
    ordered = sorted(range(len(old.keys)), key=old.keys.__getitem__)
    return [(i, places[old.keys[i][:-1]].pop()) for i in ordered if places[old.keys[i][:-1]]]


def overlapping_pairs(
    before: Instances,
    after: Instances,
    old: LabelContents,
    new: LabelContents,
    left: list[NDArray[np.int64]],
    min_iou: float,
) -> dict[Pair, float]:
    """Return the IoU of pairs that overlap enough, those that overlap most first, one to one."""
    pairs = iou_pairs(before.runs.take(left[0]), after.runs.take(left[1]))
    candidates = [
        (-iou, (int(left[0][a]), int(left[1][b])))
        for a, b, iou in zip(pairs.first, pairs.second, pairs.iou.tolist(), strict=True)
        if iou >= min_iou
    ]
    return {pair: -rank for rank, pair in _one_to_one(candidates, old, new)}


def moved_pairs(old: LabelContents, new: LabelContents, left: list[NDArray[np.int64]]) -> list[Pair]:
    """Return pairs of equal masks at places that are no farther apart than the mask is long, the nearest first."""
    by_form: dict[bytes, list[int]] = defaultdict(list)
    for j in left[1].tolist():
        by_form[new.forms[j]].append(j)
    candidates = []
    for i in left[0].tolist():
        for j in by_form[old.forms[i]] if old.forms[i] else []:
            distance = float(np.hypot(*(new.centers[j] - old.centers[i])))
            if distance <= old.lengths[i]:
                candidates.append((distance, (i, j)))
    return [pair for _, pair in _one_to_one(candidates, old, new)]


def _one_to_one(
    candidates: list[tuple[float, Pair]], old: LabelContents, new: LabelContents
) -> Iterator[tuple[float, Pair]]:
    """Give the candidates of the lowest rank whose labels are both free; ties are broken alike from either side."""
    taken: tuple[set[int], set[int]] = (set(), set())
    for rank, (i, j) in sorted(candidates, key=lambda c: (c[0], sorted((old.keys[c[1][0]], new.keys[c[1][1]])))):
        if i not in taken[0] and j not in taken[1]:
            taken[0].add(i)
            taken[1].add(j)
            yield rank, (i, j)
