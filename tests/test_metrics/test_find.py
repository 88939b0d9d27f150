from __future__ import annotations

import numpy as np
import pytest

from defectkit.metrics import Comparison, Find


def test_counts_and_pooled_scores(three_images: Comparison) -> None:
    result = Find().compute(three_images)
    assert (int(result.n_true), int(result.n_predicted)) == (4, 4)
    assert result.n_found.values.tolist() == [3, 3]  # the shifted dot of image b has IoU 80 / 120
    assert result.find_precision.sel(iou_threshold=0.3) == 3 / 4
    assert result.find_recall.sel(iou_threshold=0.3) == 3 / 4
    assert result.find_f1_score.sel(iou_threshold=0.3) == 3 / 4


def test_scores_of_images(three_images: Comparison) -> None:
    result = Find().compute(three_images).sel(iou_threshold=0.3)
    assert result.image_n_true.values.tolist() == [3, 1, 0]
    assert result.image_n_predicted.values.tolist() == [2, 2, 0]
    assert result.image_n_found.values.tolist() == [2, 1, 0]
    assert result.image_find_precision.values.tolist() == [1.0, 0.5, 1.0]
    assert result.image_find_recall.values.tolist() == pytest.approx([2 / 3, 1.0, 1.0])


def test_an_image_without_truth_and_prediction_stays_in_the_average_with_a_score_of_one(
    three_images: Comparison,
) -> None:
    result = Find().compute(three_images).sel(iou_threshold=0.3)
    assert float(result.averaged_find_precision) == pytest.approx((1.0 + 0.5 + 1.0) / 3)
    assert int(result.undefined_find_precision) == 0


def test_precision_without_a_prediction_is_left_out_of_the_average_and_counted(compared, squares) -> None:
    truth = {"a": squares((2, 2, 8, "bdot")), "b": squares((2, 2, 8, "bdot"))}
    result = Find().compute(compared(truth, {"a": truth["a"], "b": squares()})).sel(iou_threshold=0.3)
    assert np.isnan(result.image_find_precision.sel(image="b"))
    assert float(result.averaged_find_precision) == 1.0
    assert int(result.undefined_find_precision) == 1
    assert float(result.averaged_find_f1_score) == 0.5
    assert int(result.undefined_find_f1_score) == 0


def test_nothing_anywhere_is_perfect(nothing: Comparison) -> None:
    result = Find().compute(nothing)
    assert result.find_f1_score.values.tolist() == [1.0, 1.0]
    assert result.image_find_f1_score.dims == ("image", "iou_threshold")
