"""Agreement: one table of defects of two passes of labels, each defect trusted as far as they agree."""

from __future__ import annotations

import attrs
import numpy as np

from defectkit.geometry.overlap import iou_pairs
from defectkit.records import Instances
from defectkit.synthesis import Ellipses

SAME_IOU = 0.3
"""From here on two outlines mean the same defect."""
ONLY_FIRST, ONLY_SECOND = 0.7, 0.5
"""Trust of a defect that only one pass marked: the first pass is the one that marks more."""


def agree(first: Instances, second: Instances) -> Ellipses:
    """Return the defects of both passes.

    Parameters
    ----------
    first, second : Instances
        Of one image, labelled twice.

    Returns
    -------
    Ellipses
        A defect of both passes once, in the mean of the two places and of the logarithms of the two shapes, with
        trust 1; then those of the first alone, and those of the second alone.
    """
    one, two = first.take(first.areas > 0), second.take(second.areas > 0)
    pairs = iou_pairs(one.runs, two.runs)
    free_one, free_two = np.ones(len(one), bool), np.ones(len(two), bool)
    matched: list[tuple[int, int]] = []
    for k in np.argsort(-pairs.iou, kind="stable"):
        i, j = int(pairs.first[k]), int(pairs.second[k])
        if pairs.iou[k] >= SAME_IOU and free_one[i] and free_two[j]:
            free_one[i] = free_two[j] = False
            matched.append((i, j))
    a, b = Ellipses.of(one), Ellipses.of(two)
    chosen = np.array(matched, dtype=np.int64).reshape(-1, 2)
    both = mean_of(a.take(chosen[:, 0]), b.take(chosen[:, 1]))
    return both.joined(set_trust(a.take(free_one), ONLY_FIRST)).joined(set_trust(b.take(free_two), ONLY_SECOND))


def mean_of(first: Ellipses, second: Ellipses) -> Ellipses:
    """Return ellipses half way between two tables of equal length; their types are those of the first."""
    logs = (first.log_shapes() + second.log_shapes()) / 2
    squares, axes = np.linalg.eigh(logs[:, [[0, 1], [1, 2]]]) if len(logs) else (np.zeros((0, 2)), np.zeros((0, 2, 2)))
    shapes = np.einsum("nij,nj,nkj->nik", axes, np.exp(2 * squares), axes)
    return attrs.evolve(first, centers=(first.centers + second.centers) / 2, shapes=shapes)


def set_trust(ellipses: Ellipses, trust: float) -> Ellipses:
    """Return the ellipses with one trust for all."""
    return attrs.evolve(ellipses, trust=np.full(len(ellipses), trust))
