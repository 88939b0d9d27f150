from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from defectkit import hooks
from defectkit.metrics import BUILT_IN, Comparison, DefectPairs, Foreground, PanopticQuality, SizeDistribution
from defectkit.metrics.size_distribution import earth_movers_distance, ks_distance
from defectkit.records import Instances
from defectkit.units import ureg


def test_panoptic_quality_is_the_sum_of_iou_over_the_mean_number_of_defects(three_images: Comparison) -> None:
    result = PanopticQuality().compute(three_images)
    dots = result.sel(defect_type="bdot")
    iou = 1.0 + 80 / 120  # one dot exactly, one shifted by two of ten columns
    assert float(dots.panoptic_quality) == pytest.approx(iou / (2 + 0.5 * 1 + 0.5 * 1))
    assert float(dots.segmentation_quality) == pytest.approx(iou / 2)
    assert float(dots.recognition_quality) == pytest.approx(2 / 3)
    every = result.sel(defect_type="all")
    assert float(every.panoptic_quality) == pytest.approx((iou + 1) / 4)
    assert float(result.overall_panoptic_quality) == pytest.approx(float(dots.panoptic_quality) / 2)


def test_a_pair_of_exactly_one_half_does_not_count_for_panoptic_quality(compared, squares) -> None:
    truth = {"a": squares((0, 0, 6, "bdot"))}
    mask = np.zeros((64, 64), bool)
    mask[:6, :12] = True
    twice = {"a": Instances.from_masks([mask], types=["bdot"], shape=(64, 64))}
    comparison = compared(truth, twice)
    assert comparison.images[0].overlaps.iou.tolist() == [0.5]
    result = PanopticQuality().compute(comparison).sel(defect_type="bdot")
    assert float(result.panoptic_quality) == 0
    assert np.isnan(result.segmentation_quality)


def test_panoptic_quality_of_nothing_is_undefined(nothing: Comparison) -> None:
    assert np.isnan(PanopticQuality().compute(nothing).panoptic_quality).all()


def test_foreground_counts_each_pixel_once(compared, squares) -> None:
    truth = {"a": squares((0, 0, 10, "bdot"), (0, 5, 10, "bdot")), "b": squares()}
    predicted = {"a": squares((0, 0, 10, "bdot")), "b": squares()}
    result = Foreground().compute(compared(truth, predicted))
    pixels = 64 * 64
    assert result.image_true_foreground_fraction.values.tolist() == [150 / pixels, 0]
    assert float(result.true_foreground_fraction) == 75 / pixels
    assert float(result.predicted_foreground_fraction) == 50 / pixels
    assert float(result.foreground_fraction_error) == pytest.approx(100 / 3)
    assert result.image_foreground_iou.values.tolist() == pytest.approx([100 / 150, 1.0])
    assert np.isnan(result.image_foreground_fraction_error.sel(image="b"))


def test_distances_are_those_of_scipy() -> None:
    rng = np.random.default_rng(5)
    a, b = rng.gamma(3, 2, 80).round(1), rng.gamma(4, 2, 33).round(1)
    assert ks_distance(a, b) == pytest.approx(stats.ks_2samp(a, b).statistic)
    assert earth_movers_distance(a, b) == pytest.approx(stats.wasserstein_distance(a, b))


def test_a_distance_to_nothing_is_undefined() -> None:
    assert np.isnan([ks_distance([], [1]), earth_movers_distance([1], []), ks_distance([], [])]).all()


def test_size_distances_by_subset_and_type(three_images: Comparison) -> None:
    result = SizeDistribution().compute(three_images)
    scale = 2 / np.sqrt(np.pi)
    dots = result.sel(defect_type="bdot")
    expected = [
        stats.wasserstein_distance([8, 8, 10], [8, 10, 6]) * scale,
        stats.wasserstein_distance([8, 8, 10], [8, 10]) * scale,
    ]
    assert dots.size_earth_movers_distance.values.tolist() == pytest.approx(expected)
    assert np.isnan(result.size_ks_distance.sel(subset="found", defect_type="loop_111"))
    assert result.size_earth_movers_distance.attrs["units"] == "pixel"


def test_pairs_point_at_each_other(three_images: Comparison) -> None:
    result = DefectPairs().compute(three_images)
    assert result.true_defect_image.values.tolist() == ["a", "a", "a", "b"]
    assert result.predicted_defect_image.values.tolist() == ["a", "a", "b", "b"]
    assert result.true_defect_partner.values.tolist() == [0, 1, -1, 2]
    assert result.predicted_defect_partner.values.tolist() == [0, 1, 3, -1]
    assert result.predicted_defect_type.values.tolist() == ["bdot", "loop_111", "bdot", "bdot"]
    assert result.true_defect_iou.values.tolist() == pytest.approx([1, 1, np.nan, 80 / 120], nan_ok=True)
    assert result.predicted_defect_score.values.tolist() == [0.9, 0.8, 0.7, 0.6]
    assert result.true_defect_size.attrs["units"] == "pixel"


@pytest.mark.parametrize("metric", BUILT_IN, ids=lambda m: m.name)
def test_every_metric_answers_for_no_image_and_for_empty_images(metric, compared, nothing: Comparison) -> None:
    for comparison in (compared({}, {}), nothing, compared({}, {}, convention="jacobs2022")):
        result = metric().compute(comparison)
        assert len(result.data_vars) > 0
        assert result.sizes.get("image", len(comparison.images)) == len(comparison.images)


@pytest.mark.parametrize("metric", BUILT_IN, ids=lambda m: m.name)
def test_every_variable_says_what_it_is_and_in_which_unit(metric, three_images: Comparison) -> None:
    for name, variable in metric().compute(three_images).data_vars.items():
        assert variable.attrs["long_name"], name
        ureg.Unit(variable.attrs["units"])


def test_names_of_metrics_are_unique_and_described() -> None:
    assert len({m.name for m in BUILT_IN}) == len(BUILT_IN) == 11
    assert all(m.description.endswith(".") for m in BUILT_IN)


def test_built_in_metrics_are_registered() -> None:
    registered = {row.cls for row in hooks.table("metric").values()}
    assert set(BUILT_IN) <= registered
