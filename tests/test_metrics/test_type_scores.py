from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score, precision_recall_fscore_support

from defectkit.metrics import Comparison, Confusion, EndToEnd, TypeScores
from defectkit.metrics.confusion import confusion_counts
from defectkit.metrics.type_scores import cohen_kappa, end_to_end_scores, type_scores
from defectkit.statistics import Units


def test_confusion_has_misses_in_the_last_column_and_false_finds_in_the_last_row(three_images: Comparison) -> None:
    result = Confusion().compute(three_images)
    assert result.true_type.values.tolist() == ["bdot", "loop_111", "background"]
    matrix = result.confusion.sel(iou_threshold=0.3)
    assert matrix.values.tolist() == [[2, 1, 0], [0, 0, 1], [1, 0, 0]]
    assert result.image_confusion.sel(image="c", iou_threshold=0.3).values.tolist() == np.zeros((3, 3)).tolist()
    assert (result.image_confusion.sum("image") == result.confusion).all()


def test_confusion_of_no_types_is_background_alone(nothing: Comparison) -> None:
    assert confusion_counts(Units.images(nothing)).values.tolist() == np.zeros((2, 2, 1, 1)).tolist()


def test_type_scores_are_those_of_scikit_learn() -> None:
    rng = np.random.default_rng(3)
    true, predicted = rng.integers(0, 3, 200), rng.integers(0, 3, 200)
    matrix = np.zeros((3, 3))
    np.add.at(matrix, (true, predicted), 1)
    ours = type_scores(matrix)
    theirs = precision_recall_fscore_support(true, predicted)
    for mine, other in zip((ours.precision, ours.recall, ours.f1_score), theirs, strict=False):
        assert mine[:-1].tolist() == pytest.approx(other.tolist())
        assert mine[-1] == pytest.approx((true == predicted).mean())
    assert cohen_kappa(matrix) == pytest.approx(cohen_kappa_score(true, predicted))


def test_type_scores_over_found_pairs_only(three_images: Comparison) -> None:
    result = TypeScores().compute(three_images).sel(iou_threshold=0.3)
    assert result.type_precision.values.tolist() == pytest.approx([1.0, 0.0, 2 / 3])
    assert result.type_recall.values.tolist() == pytest.approx([2 / 3, np.nan, 2 / 3], nan_ok=True)
    assert result.type_f1_score.values.tolist() == pytest.approx([0.8, 0.0, 2 / 3])
    assert float(result.overall_type_f1_score) == pytest.approx(0.4)
    assert float(result.overall_type_recall) == pytest.approx(2 / 3)
    assert int(result.undefined_overall_type_recall) == 1


def test_end_to_end_counts_misses_and_false_finds(three_images: Comparison) -> None:
    result = EndToEnd().compute(three_images).sel(iou_threshold=0.3)
    assert result.end_to_end_precision.values.tolist() == pytest.approx([2 / 3, 0.0, 2 / 4])
    assert result.end_to_end_recall.values.tolist() == pytest.approx([2 / 3, 0.0, 2 / 4])
    assert float(result.overall_end_to_end_f1_score) == pytest.approx(1 / 3)


def test_end_to_end_with_everything_found_and_typed_is_one() -> None:
    assert end_to_end_scores([[3, 0, 0], [0, 2, 0], [0, 0, 0]]).f1_score.tolist() == [1, 1, 1]


def test_scores_of_a_type_on_neither_side_are_undefined() -> None:
    assert np.isnan(type_scores([[4, 0], [0, 0]]).f1_score[1])
    assert np.isnan(end_to_end_scores([[4, 0, 0], [0, 0, 0], [0, 0, 0]]).f1_score[1])


def test_nothing_found_leaves_types_undefined(nothing: Comparison) -> None:
    result = TypeScores().compute(nothing)
    assert result.defect_type.values.tolist() == ["all"]
    assert np.isnan(result.type_f1_score).all()
    assert np.isnan(result.type_kappa).all()
    assert np.isnan(result.overall_type_f1_score).all()


def test_kappa_is_undefined_where_agreement_cannot_fail() -> None:
    assert np.isnan(cohen_kappa([[5, 0], [0, 0]]))
    assert cohen_kappa([[1, 1], [1, 1]]) == 0


def test_the_paper_averages_over_its_three_types_whatever_else_occurs(compared, squares) -> None:
    truth = {"a": squares((2, 2, 8, "bdot"), (2, 20, 8, "loop_111"), (2, 40, 8, "loop_100"), (40, 2, 8, "cavity"))}
    predicted = {"a": squares((2, 2, 8, "bdot"), (2, 20, 8, "loop_111"), (2, 40, 8, "loop_111"), (40, 2, 8, "bdot"))}
    comparison = compared(truth, predicted, convention="jacobs2022")
    result = TypeScores().compute(comparison).sel(iou_threshold=0.3)
    assert result.defect_type.values.tolist() == ["bdot", "loop_111", "loop_100", "cavity", "all"]
    by_type = result.type_f1_score.sel(defect_type=["bdot", "loop_111", "loop_100"])
    assert float(result.overall_type_f1_score) == pytest.approx(float(by_type.mean()))
    assert by_type.values.tolist() == pytest.approx([2 / 3, 2 / 3, 0.0])
