from __future__ import annotations

from typing import Any

import attrs
import numpy as np
import pytest

from defectkit.conventions import DEFECTKIT, JACOBS2022
from defectkit.errors import ConventionError, PairingError, UnknownMatcherError
from defectkit.geometry.polygons import Polygons
from defectkit.matching import MATCHERS, Matching, Matchings, match, matcher, sweep
from defectkit.matching.greedy import greedy
from defectkit.matching.lexicographic import lexicographic, reading_order
from defectkit.matching.optimal import optimal
from defectkit.matching.overlaps import Overlaps
from defectkit.matching.score_ordered import score_ordered
from defectkit.measurement.outlines import Side
from defectkit.records import Instances

WORKED_EXAMPLE = Overlaps.from_dense([[0.50, 0.45], [0.48, 0.10]])
FORTH, BACK = np.array([0, 1]), np.array([1, 0])


def pairs_of(matching: Matching) -> list[tuple[int, int]]:
    return list(zip(matching.truth.tolist(), matching.predicted.tolist(), strict=True))


def test_worked_example_greedy_finds_one_where_optimal_finds_two() -> None:
    assert pairs_of(greedy(WORKED_EXAMPLE, [0.3])[0]) == [(0, 0)]
    assert pairs_of(optimal(WORKED_EXAMPLE, [0.3])[0]) == [(0, 1), (1, 0)]


def test_worked_example_lexicographic_depends_on_the_order_of_truths() -> None:
    assert pairs_of(lexicographic(WORKED_EXAMPLE, FORTH, FORTH, [0.3])[0]) == [(0, 0)]
    assert pairs_of(lexicographic(WORKED_EXAMPLE, BACK, FORTH, [0.3])[0]) == [(0, 1), (1, 0)]


def test_lexicographic_leaves_a_prediction_free_that_reaches_too_little() -> None:
    pairs = Overlaps.from_dense([[0.2], [0.6]])
    assert pairs_of(lexicographic(pairs, FORTH, np.array([0]), [0.3])[0]) == [(1, 0)]


def test_lexicographic_takes_the_first_of_equal_predictions_in_their_order() -> None:
    pairs = Overlaps.from_dense([[0.5, 0.5]])
    assert pairs_of(lexicographic(pairs, np.array([0]), FORTH, [0.3])[0]) == [(0, 0)]
    assert pairs_of(lexicographic(pairs, np.array([0]), BACK, [0.3])[0]) == [(0, 1)]


def test_a_pair_is_found_at_exactly_its_iou() -> None:
    pair = Overlaps.from_dense([[0.5]])
    one = np.array([0])
    for result in (
        greedy(pair, [0.5, 0.5000001]),
        optimal(pair, [0.5, 0.5000001]),
        lexicographic(pair, one, one, [0.5, 0.5000001]),
        score_ordered(pair, np.array([0.9]), [0.5, 0.5000001]),
    ):
        assert [m.n_found for m in result] == [1, 0]


def test_optimal_prefers_a_pair_to_any_overlap() -> None:
    matrix = [[0.99, 0.30, 0.0], [0.0, 0.98, 0.30], [0.31, 0.0, 0.0]]
    (found,) = optimal(Overlaps.from_dense(matrix), [0.3])
    assert pairs_of(found) == [(0, 1), (1, 2), (2, 0)]


def test_score_ordered_lets_the_confident_choose_first_and_takes_the_last_of_equal_truths() -> None:
    pairs = Overlaps.from_dense([[0.6, 0.7]])
    assert pairs_of(score_ordered(pairs, np.array([0.2, 0.9]), [0.5])[0]) == [(0, 1)]
    assert pairs_of(score_ordered(pairs, np.array([0.9, np.nan]), [0.5])[0]) == [(0, 0)]
    equal = Overlaps.from_dense([[0.6], [0.6]])
    assert pairs_of(score_ordered(equal, np.array([0.9]), [0.5])[0]) == [(1, 0)]


def rectangles(*boxes: tuple[int, int, int, int], **columns: Any) -> Instances:
    corners = [[(t, left), (t, r), (b, r), (b, left)] for t, left, b, r in boxes]
    return Instances.from_polygons(corners, types=["bdot"] * len(boxes), shape=(60, 60), **columns)


def test_reading_order_is_by_columns_then_rows() -> None:
    truth = rectangles((30, 5, 40, 15), (10, 20, 20, 30), (10, 5, 20, 15))
    assert reading_order(truth, Side.TRUTH).tolist() == [2, 0, 1]
    assert reading_order(truth, Side.PREDICTION).tolist() == [2, 0, 1]


def test_reading_order_of_truth_follows_the_vertices_as_drawn() -> None:
    late, early = [(10, 30), (10, 4), (20, 4)], [(10, 8), (20, 8), (20, 9)]
    truth = Instances.from_polygons([late, early], types=["bdot"] * 2, shape=(60, 60))
    assert reading_order(truth, Side.TRUTH).tolist() == [1, 0]
    assert reading_order(truth, Side.PREDICTION).tolist() == [0, 1]


def test_reading_order_of_equal_polygons_is_by_type() -> None:
    corners = [[(0, 0), (0, 9), (9, 9)]] * 2
    truth = Instances.from_polygons(corners, types=["loop_111", "bdot"], shape=(60, 60))
    assert reading_order(truth, Side.TRUTH).tolist() == [1, 0]


def test_reading_order_of_nothing_is_empty() -> None:
    assert reading_order(Instances.empty((5, 5)), Side.TRUTH).shape == (0,)


def test_match_uses_the_matcher_and_threshold_of_the_convention() -> None:
    truth, predicted = rectangles((10, 10, 20, 20)), rectangles((10, 14, 20, 24))
    assert match(truth, predicted).n_found == 1
    assert match(truth, predicted, iou_threshold=0.5).n_found == 0
    assert match(truth, predicted, convention="jacobs2022").iou[0] == pytest.approx(60 / 140)
    with pytest.raises(ConventionError, match="above 0"):
        match(truth, predicted, iou_threshold=0)


@pytest.mark.parametrize("name", MATCHERS)
def test_every_matcher_handles_empty_sides(name: str) -> None:
    rule = attrs.evolve(DEFECTKIT, name="test", matcher=name)
    nothing, something = rectangles(), rectangles((10, 10, 20, 20))
    for truth, predicted in ((nothing, nothing), (nothing, something), (something, nothing)):
        for matching in sweep(truth, predicted, convention=rule, iou_thresholds=[0.1, 0.9]):
            assert (matching.n_found, matching.n_true, matching.n_predicted) == (0, len(truth), len(predicted))
            assert len(matching.missed) == len(truth)
            assert len(matching.false_finds) == len(predicted)


def test_sweep_keeps_the_order_of_its_thresholds() -> None:
    same = rectangles((10, 10, 20, 20))
    thresholds = [0.9, 0.1, 0.5]
    swept = sweep(same, same, convention=JACOBS2022, iou_thresholds=thresholds)
    assert [m.iou_threshold for m in swept] == thresholds


def test_unknown_matcher_names_the_known_ones() -> None:
    with pytest.raises(UnknownMatcherError, match="greedy, lexicographic, nearest, optimal, score-ordered"):
        matcher("hungry")


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([(0, 0, 0.5), (0, 1, 0.5)], "a true defect is in two pairs"),
        ([(0, 1, 0.5), (1, 1, 0.5)], "a predicted defect is in two pairs"),
        ([(2, 0, 0.5)], "a true defect that is none of the 2"),
        ([(0, 2, 0.5)], "a predicted defect that is none of the 2"),
    ],
)
def test_a_matching_that_is_none_is_refused(rows: list[tuple[float, ...]], message: str) -> None:
    with pytest.raises(PairingError, match=message):
        Matching.of(rows, n_true=2, n_predicted=2, iou_threshold=0.5)


def test_a_matching_with_ragged_columns_is_refused() -> None:
    with pytest.raises(PairingError, match="make no pairs"):
        Matching(
            truth=np.array([0]), predicted=np.array([0]), iou=np.array([]), n_true=1, n_predicted=1, iou_threshold=0.5
        )


def test_matchings_are_a_sequence_of_matching() -> None:
    matchings = optimal(WORKED_EXAMPLE, [0.3, 0.46, 0.9])
    assert isinstance(matchings, Matchings)
    assert len(matchings) == 3
    assert matchings.n_found.tolist() == [m.n_found for m in matchings] == [2, 1, 0]
    assert matchings.thresholds_of_pairs.tolist() == [0, 0, 1]
    assert [m.iou_threshold for m in matchings[1:]] == [0.46, 0.9]
    assert pairs_of(matchings[-2]) == pairs_of(matchings[1]) == [(0, 0)]
    with pytest.raises(IndexError, match="matching 3 of 3"):
        _ = matchings[3]


def test_reading_order_of_what_begins_in_one_column_is_by_the_rest() -> None:
    corners = [[(9, 5), (9, 8), (2, 8)], [(4, 5), (9, 8), (2, 8)], [(4, 5), (9, 7), (2, 8)], [(0, -9), (3, 3), (3, 0)]]
    truth = Instances.from_polygons(corners, types=["bdot"] * 4, shape=(60, 60))
    assert reading_order(truth, Side.TRUTH).tolist() == [3, 2, 1, 0]


def test_reading_order_puts_what_has_no_outline_first() -> None:
    outside = [(0, 70), (0, 80), (9, 80)]
    drawn = Instances.from_polygons([outside, [(1, 1), (1, 9), (9, 1)]], types=["bdot"] * 2, shape=(60, 60))
    predicted = attrs.evolve(drawn, polygons=Polygons.empty(2))
    assert reading_order(predicted, Side.PREDICTION).tolist() == [0, 1]
    assert reading_order(predicted.take([1, 0]), Side.PREDICTION).tolist() == [1, 0]


def test_of_equally_good_matchings_a_set_with_itself_pairs_each_defect_with_itself() -> None:
    for of_equals in (optimal, greedy):
        for n in (2, 3, 5):
            (matching,) = of_equals(Overlaps.from_dense(np.ones((n, n))), [0.5])
            assert matching.truth.tolist() == matching.predicted.tolist() == list(range(n)), of_equals.__name__
