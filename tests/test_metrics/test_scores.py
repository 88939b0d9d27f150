from __future__ import annotations

import numpy as np
import pytest

from defectkit.statistics.scores import mean_of_defined, percent_error, scores, sd_of_defined


def test_scores_are_their_formulas() -> None:
    s = scores(6, 8, 9, nothing=1.0)
    precision, recall = 6 / 9, 6 / 8
    assert s.precision == pytest.approx(precision)
    assert s.recall == pytest.approx(recall)
    assert s.f1_score == pytest.approx(2 * precision * recall / (precision + recall))


@pytest.mark.parametrize("nothing", [1.0, np.nan])
def test_scores_of_nothing_are_what_the_caller_says(nothing: float) -> None:
    s = scores(0, 0, 0, nothing=nothing)
    for value in (s.precision, s.recall, s.f1_score):
        assert float(value) == pytest.approx(nothing, nan_ok=True)


def test_scores_of_one_empty_side() -> None:
    missed, invented = scores(0, 5, 0, nothing=1.0), scores(0, 0, 5, nothing=1.0)
    assert np.isnan(missed.precision) and missed.recall == 0 and missed.f1_score == 0
    assert np.isnan(invented.recall) and invented.precision == 0 and invented.f1_score == 0


def test_scores_broadcast() -> None:
    assert scores(np.zeros((2, 3)), np.ones((2, 1)), 1, nothing=1.0).f1_score.shape == (2, 3)


def test_mean_and_sd_leave_nan_out_and_count_it() -> None:
    values = np.array([[1.0, np.nan], [3.0, np.nan], [np.nan, np.nan]])
    mean, n_undefined = mean_of_defined(values)
    assert mean.tolist() == pytest.approx([2.0, np.nan], nan_ok=True)
    assert n_undefined.tolist() == [1, 3]
    assert sd_of_defined(values, 0)[0] == pytest.approx(1.0)
    assert sd_of_defined(values, 1)[0] == pytest.approx(np.sqrt(2))
    assert np.isnan(sd_of_defined(values, 0)[1])
    assert np.isnan(sd_of_defined([5.0], 1))
    assert sd_of_defined([5.0], 0) == 0


def test_percent_error_is_unsigned_and_undefined_for_a_zero_truth() -> None:
    assert percent_error([8, 12, 0, 0], [10, 10, 10, 0]).tolist() == pytest.approx([20, 20, 100, np.nan], nan_ok=True)
    assert np.isnan(percent_error(3, 0))
    assert np.isnan(percent_error(np.nan, 3))
