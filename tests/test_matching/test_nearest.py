"""Nearest matching: by distance over diameter, beside IoU."""

from __future__ import annotations

import attrs
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from defectkit.conventions import DEFECTKIT
from defectkit.matching import match, overlaps, sweep
from defectkit.matching.nearest import nearest
from defectkit.measurement.stacking import Stack
from defectkit.records import Instances

BY_DISTANCE = attrs.evolve(DEFECTKIT, name="by-distance", matcher="nearest")
SHAPE = (60, 60)
Places = list[tuple[int, int, int]]


def squares(places: Places) -> Instances:
    """Squares by row and column of their upper left corner, and their edge."""
    masks = np.zeros((len(places), *SHAPE), bool)
    for mask, (row, column, edge) in zip(masks, places, strict=True):
        mask[row : row + edge, column : column + edge] = True
    return Instances.from_masks(masks, types=["bdot"] * len(places), shape=SHAPE)


def closeness(truth: Places, predicted: Places) -> NDArray[np.float64]:
    own, other = np.array(truth, float).reshape(-1, 3), np.array(predicted, float).reshape(-1, 3)
    centers, others = (p[:, :2] + (p[:, 2:] - 1) / 2 for p in (own, other))
    distance = np.linalg.norm(centers[:, None] - others[None], axis=2)
    return 1 - distance / (2 * own[:, 2:] / np.sqrt(np.pi))


def test_what_lies_beside_is_found_though_nothing_overlaps() -> None:
    truth, predicted = squares([(10, 10, 4)]), squares([(10, 14, 4)])
    assert match(truth, predicted, iou_threshold=0.05).n_found == 0
    found = match(truth, predicted, convention=BY_DISTANCE, iou_threshold=0.05)
    assert (found.n_found, found.iou.tolist()) == (1, [0.0])


def test_a_pair_is_found_down_to_its_closeness() -> None:
    truth, predicted = squares([(10, 10, 4)]), squares([(10, 12, 4)])
    limit = closeness([(10, 10, 4)], [(10, 12, 4)]).item()
    assert limit == pytest.approx(1 - 2 / (2 * 4 / np.sqrt(np.pi)))
    found = sweep(truth, predicted, convention=BY_DISTANCE, iou_thresholds=[limit - 1e-9, limit + 1e-9])
    assert [m.n_found for m in found] == [1, 0]
    assert found[0].iou.tolist() == [8 / 24]


def test_the_diameter_is_that_of_the_truth() -> None:
    large, small = squares([(10, 10, 20)]), squares([(17, 24, 4)])
    assert match(large, small, convention=BY_DISTANCE, iou_threshold=0.5).n_found == 1
    assert match(small, large, convention=BY_DISTANCE, iou_threshold=0.5).n_found == 0


places = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40), st.integers(2, 15)), max_size=7)


@settings(deadline=None)
@given(truth=places, predicted=places, threshold=st.sampled_from([0.1, 0.3, 0.5, 0.8]))
def test_there_are_as_many_pairs_as_an_assignment_finds(truth: Places, predicted: Places, threshold: float) -> None:
    matching = match(squares(truth), squares(predicted), convention=BY_DISTANCE, iou_threshold=threshold)
    matrix = closeness(truth, predicted)
    weights = np.where(matrix >= threshold, 100 + matrix, 0)
    rows, columns = linear_sum_assignment(weights, maximize=True)
    kept = weights[rows, columns] > 0
    assert matching.n_found == kept.sum()
    ours = matrix[matching.truth, matching.predicted]
    assert ours.sum() == pytest.approx(matrix[rows, columns][kept].sum())
    assert (ours >= threshold).all()
    dense = overlaps(squares(truth), squares(predicted), DEFECTKIT).to_dense()
    assert matching.iou.tolist() == dense[matching.truth, matching.predicted].tolist()


def test_images_side_by_side_are_matched_as_each_alone() -> None:
    sides = [([(0, 0, 4), (20, 20, 6)], [(1, 3, 4)]), ([], [(5, 5, 5)]), ([(0, 0, 4)], [(40, 40, 4), (2, 2, 4)])]
    ours, theirs = ([squares(side[k]) for side in sides] for k in (0, 1))
    alone = [match(a, b, convention=BY_DISTANCE, iou_threshold=0.1) for a, b in zip(ours, theirs, strict=True)]
    from defectkit.matching.overlaps import stacked_overlaps

    stacks = Stack(parts=ours), Stack(parts=theirs)
    (together,) = nearest(*stacks, stacked_overlaps(*stacks, DEFECTKIT), [0.1])
    assert together.n_found == sum(m.n_found for m in alone)
    expected = [
        (int(t) + int(stacks[0].frames[k]), int(p) + int(stacks[1].frames[k]))
        for k, m in enumerate(alone)
        for t, p in zip(m.truth, m.predicted, strict=True)
    ]
    assert list(zip(together.truth.tolist(), together.predicted.tolist(), strict=True)) == expected
