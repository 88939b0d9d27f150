from __future__ import annotations

import numpy as np
import pytest

from defectkit.metrics import Comparison, Errors
from defectkit.records import Instances


def diameter(side: float) -> float:
    return 2 * side / np.sqrt(np.pi)


def test_pooled_means_and_errors_of_all_and_of_found_defects(three_images: Comparison) -> None:
    result = Errors().compute(three_images)
    dots = result.sel(defect_type="bdot")
    assert dots.true_count.values.tolist() == [3, 3]
    assert dots.predicted_count.values.tolist() == [3, 2]
    assert dots.true_size.values.tolist() == pytest.approx([diameter((8 + 8 + 10) / 3)] * 2)
    assert dots.predicted_size.values.tolist() == pytest.approx([diameter((8 + 10 + 6) / 3), diameter(9)])
    assert dots.size_error.values.tolist() == pytest.approx(
        [100 * (26 / 3 - 24 / 3) / (26 / 3), 100 * (9 - 26 / 3) / (26 / 3)]
    )


def test_each_side_is_sorted_by_its_own_types(three_images: Comparison) -> None:
    loops = Errors().compute(three_images).sel(defect_type="loop_111", subset="found")
    assert int(loops.true_count) == 0
    assert int(loops.predicted_count) == 1
    assert np.isnan(loops.size_error)
    assert np.isnan(loops.density_error)


def test_all_types_together_are_every_defect(three_images: Comparison) -> None:
    every = Errors().compute(three_images).sel(defect_type="all", subset="all")
    assert int(every.true_count) == 4
    assert float(every.true_size) == pytest.approx(diameter((8 + 8 + 10 + 16) / 4))


def test_errors_of_images_their_average_and_what_it_leaves_out(three_images: Comparison) -> None:
    result = Errors().compute(three_images).sel(subset="all", defect_type="bdot")
    in_b = 100 * (10 - 8) / 10  # the mean of 10 and 6 beside 10
    assert result.image_size_error.values.tolist() == pytest.approx([0.0, in_b, np.nan], nan_ok=True)
    assert float(result.averaged_size_error) == pytest.approx(in_b / 2)
    assert int(result.undefined_size_error) == 1
    assert float(result.averaged_size_error_sd) == pytest.approx(np.std([0, in_b], ddof=1))


def test_density_is_number_over_area_and_its_error_without_a_prediction_is_full(compared, squares) -> None:
    truth = {"a": squares((2, 2, 8, "bdot"), (2, 20, 8, "bdot")), "b": squares((2, 2, 8, "bdot"))}
    predicted = {"a": squares((2, 2, 8, "bdot")), "b": squares()}
    comparison = compared(truth, predicted, pixel_size=0.5, length_unit="nanometer")
    result = Errors().compute(comparison).sel(subset="all", defect_type="bdot")
    area = (64 * 0.5) ** 2
    assert result.image_true_density.values.tolist() == pytest.approx([2 / area, 1 / area])
    assert result.image_density_error.values.tolist() == pytest.approx([50.0, 100.0])
    assert float(result.true_density) == pytest.approx(3 / (2 * area))
    assert float(result.density_error) == pytest.approx(100 * 2 / 3)
    assert np.isnan(result.image_size_error.sel(image="b"))
    assert result.true_density.attrs["units"] == "1 / nanometer ** 2"
    assert result.true_size.attrs["units"] == "nanometer"
    assert result.density_error.attrs["units"] == "percent"


def test_worked_example_of_the_areal_density(compared) -> None:
    masks = np.zeros((50, 1024, 1024), bool)
    for k, mask in enumerate(masks):
        mask[20 * k : 20 * k + 3, 5:8] = True
    dots = {"a": Instances.from_masks(masks, types=["bdot"] * 50, shape=(1024, 1024))}
    comparison = compared(dots, dots, pixel_size=0.478516, length_unit="nanometer")
    result = Errors().compute(comparison).sel(subset="all", defect_type="bdot")
    assert float(result.true_density) == pytest.approx(2.082e-4, rel=5e-4)


def test_overall_is_the_unweighted_mean_over_types(three_images: Comparison) -> None:
    result = Errors().compute(three_images).sel(subset="all")
    by_type = result.size_error.sel(defect_type=["bdot", "loop_111"])
    assert float(result.overall_size_error) == pytest.approx(float(by_type.mean()))
    assert int(result.undefined_overall_size_error) == 0
    found = Errors().compute(three_images).sel(subset="found")
    assert int(found.undefined_overall_size_error) == 1


def test_defects_without_a_size_or_shape_are_counted_not_hidden(compared, squares) -> None:
    truth = {
        "a": Instances.from_masks(
            [np.zeros((64, 64), bool), np.eye(64, dtype=bool)], types=["bdot"] * 2, shape=(64, 64)
        )
    }
    result = Errors().compute(compared(truth, {"a": squares()})).sel(subset="all", defect_type="bdot")
    assert int(result.true_count) == 2
    assert int(result.undefined_true_size) == int(result.undefined_true_shape) == 1
    assert float(result.true_size) == pytest.approx(2 * np.sqrt(64 / np.pi))


def test_nothing_has_densities_of_zero_and_no_error(nothing: Comparison) -> None:
    result = Errors().compute(nothing).sel(defect_type="all")
    assert result.true_density.values.tolist() == [0, 0]
    assert np.isnan(result.density_error).all()
    assert result.undefined_density_error.values.tolist() == [2, 2]
