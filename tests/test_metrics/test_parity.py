from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import mean_absolute_error, mean_squared_error, r2_score

from defectkit.metrics import Comparison, Parity
from defectkit.metrics.parity import parity_statistics


def test_statistics_are_those_of_scikit_learn() -> None:
    rng = np.random.default_rng(1)
    true = rng.normal(10, 3, 40)
    predicted = true + rng.normal(0.5, 2, 40)
    s = parity_statistics(true, predicted)
    assert s.r2 == pytest.approx(r2_score(true, predicted))
    assert s.mae == pytest.approx(mean_absolute_error(true, predicted))
    assert s.rmse == pytest.approx(mean_squared_error(true, predicted) ** 0.5)
    assert s.rmse_over_sigma == pytest.approx(s.rmse / np.std(true))
    assert (s.n, s.n_undefined) == (40, 0)


def test_points_without_a_value_are_counted_and_left_out() -> None:
    s = parity_statistics([1, np.nan, 3, 4], [1, 2, np.nan, 5])
    assert (s.n, s.n_undefined) == (2, 2)
    assert s.mae == 0.5


def test_no_point_and_a_truth_that_does_not_vary() -> None:
    none = parity_statistics([], [])
    assert none.n == 0
    assert np.isnan([none.r2, none.mae, none.rmse, none.rmse_over_sigma]).all()
    flat = parity_statistics([2, 2], [1, 3])
    assert np.isnan([flat.r2, flat.rmse_over_sigma]).all()
    assert (flat.mae, flat.rmse) == (1, 1)


def test_points_are_images_and_types(three_images: Comparison) -> None:
    result = Parity().compute(three_images)
    dots = result.sel(subset="all", defect_type="bdot")
    assert int(dots.size_parity_n) == 2
    assert int(dots.size_parity_n_undefined) == 1
    assert int(dots.density_parity_n) == 3
    expected = np.array([0, 2]) * 2 / np.sqrt(np.pi)
    assert float(dots.size_parity_mae) == pytest.approx(expected.mean())
    assert float(dots.size_parity_rmse) == pytest.approx(np.sqrt((expected**2).mean()))
    together = result.sel(subset="all")
    assert int(together.overall_size_parity_n) == 3  # two images of dots, one of loops
    assert int(together.overall_density_parity_n) == 6


def test_averages_over_images_have_the_sd_of_the_convention(compared, squares) -> None:
    truth = {"a": squares((2, 2, 8, "bdot")), "b": squares((2, 2, 10, "bdot"))}
    for convention, ddof in (("defectkit", 1), ("jacobs2022", 0)):
        comparison = compared(truth, truth, convention=convention)
        result = Parity().compute(comparison).sel(subset="all", defect_type="bdot")
        sizes = np.concatenate([i.true.sizes for i in comparison.images])
        assert float(result.averaged_true_size) == pytest.approx(sizes.mean())
        assert float(result.averaged_true_size_sd) == pytest.approx(sizes.std(ddof=ddof))


def test_units_are_those_of_the_quantity(three_images: Comparison) -> None:
    result = Parity().compute(three_images)
    assert result.size_parity_mae.attrs["units"] == "pixel"
    assert result.density_parity_rmse.attrs["units"] == "1 / pixel ** 2"
    assert result.size_parity_r2.attrs["units"] == ""
