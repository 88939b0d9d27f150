from __future__ import annotations

import numpy as np
import pytest

from defectkit.metrics import AveragePrecision, Comparison
from defectkit.metrics.average_precision import Ranked, interpolated_average_precision
from defectkit.statistics import Units


def test_a_perfect_detector_reaches_one() -> None:
    assert interpolated_average_precision([0.9, 0.1], [True, True], 2) == pytest.approx(1.0)


def test_recall_that_is_not_reached_counts_as_zero() -> None:
    assert interpolated_average_precision([0.9], [True], 2) == pytest.approx(51 / 101)


def test_no_truth_is_undefined_and_no_prediction_is_zero() -> None:
    assert np.isnan(interpolated_average_precision([0.9], [False], 0))
    assert interpolated_average_precision([], [], 3) == 0


def test_types_are_matched_among_themselves(three_images: Comparison) -> None:
    units, ones = Units.images(three_images), np.ones((1, 3))
    ((dots,), (loops,)) = (
        Ranked.of(units, name).average_precisions(ones, np.array([three_images.true.is_type(name).sum()], float))
        for name in ("bdot", "loop_111")
    )
    assert dots[0] == pytest.approx(67 / 101)  # two of three dots come first
    assert loops[0] == 0
    result = AveragePrecision().compute(three_images)
    assert float(result.average_precision_50.sel(defect_type="bdot")) == dots[0]
    assert float(result.overall_average_precision_50) == pytest.approx(dots[0] / 2)
    assert float(result.average_precision.sel(defect_type="bdot")) == pytest.approx(dots.mean())
    assert float(result.average_precision_75.sel(defect_type="bdot")) == pytest.approx(dots[5])


def test_predictions_without_scores_have_no_average_precision(compared, squares) -> None:
    truth = {"a": squares((2, 2, 8, "bdot"))}
    assert np.isnan(AveragePrecision().compute(compared(truth, truth)).average_precision).all()


def test_nothing_is_undefined(nothing: Comparison) -> None:
    assert np.isnan(AveragePrecision().compute(nothing).average_precision).all()
