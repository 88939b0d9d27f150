from __future__ import annotations

import numpy as np
import pytest
import xarray
from defectkit_jacobs2022.artifact import Outcome
from defectkit_jacobs2022.figures.left_out import figure9
from defectkit_jacobs2022.figures.parity import figure6, figure12, figure13
from defectkit_jacobs2022.figures.points import QUANTITIES, Points, Regime, joined_points
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from sklearn.metrics import mean_absolute_error, r2_score

from defectkit.metrics import parity_statistics
from defectkit.reports.numbers import significant
from defectkit.studies import select_run

TYPES = ("bdot", "loop_111", "loop_100")


def drawn(axes: Axes, name: str) -> np.ndarray:
    (points,) = [c for c in axes.collections if c.get_gid() == f"points {name}"]
    return np.ma.filled(np.ma.asarray(points.get_offsets(), float), np.nan)


def class_means(run: xarray.Dataset, side: str, name: str, measure: str) -> np.ndarray:
    """From the table of defects, image by image."""
    dim = f"{side}_defect"
    means = []
    for image in run["image"].values:
        own = (run[f"{dim}_image"].values == image) & (run[f"{dim}_type"].values == name)
        values = run[f"{dim}_{measure}"].values[own]
        values = values[~np.isnan(values)]
        means.append(values.mean() if values.size else np.nan)
    return np.array(means)


def number_of(run: xarray.Dataset, side: str, name: str) -> np.ndarray:
    dim = f"{side}_defect"
    here = run[f"{dim}_image"].values[run[f"{dim}_type"].values == name]
    return np.array([(here == image).sum() for image in run["image"].values], float)


@pytest.fixture(scope="module")
def initial(outcome: Outcome) -> xarray.Dataset:
    return select_run(outcome.result("initial"), 0)


def assert_points(axes: Axes, name: str, true: np.ndarray, predicted: np.ndarray) -> None:
    both = ~(np.isnan(true) | np.isnan(predicted))
    shown = drawn(axes, name)
    shown = shown[~np.isnan(shown).any(axis=1)]
    np.testing.assert_allclose(shown, np.stack([true[both], predicted[both]], axis=1))


def test_sizes_and_shapes_are_the_class_means_of_each_image(outcome: Outcome, initial: xarray.Dataset) -> None:
    panels = figure6(outcome)[""].axes
    for measure, axes in (("size", panels[0]), ("shape", panels[2])):
        sides = {}
        for name in TYPES:
            true, predicted = (class_means(initial, side, name, measure) for side in ("true", "predicted"))
            sides[name] = (true, predicted)
            assert_points(axes, name, true, predicted)
        t, p = (np.concatenate([sides[n][k] for n in TYPES]) for k in (0, 1))
        both = ~(np.isnan(t) | np.isnan(p))
        title = axes.get_title(loc="left")
        assert f"R² {significant(r2_score(t[both], p[both]))}" in title
        assert f"MAE {significant(mean_absolute_error(t[both], p[both]))}" in title
        assert "undefined: 2 neither" in title
    assert panels[0].get_xlabel() == "true mean size / nm"
    assert panels[2].get_ylabel() == "predicted mean shape factor"
    assert panels[4].get_xlabel() == "true areal density / 10$^{-4}$ nm$^{-2}$"


def test_averages_have_bars_of_the_standard_deviation(outcome: Outcome, initial: xarray.Dataset) -> None:
    axes = figure6(outcome)[""].axes[1]
    assert len(axes.containers) == len(TYPES)
    for name, bars in zip(TYPES, axes.containers, strict=True):
        true, predicted = (class_means(initial, side, name, "size") for side in ("true", "predicted"))
        point, _, (x_bar, y_bar) = bars
        np.testing.assert_allclose(point.get_xydata(), [[np.nanmean(true), np.nanmean(predicted)]])
        (left, right), (low, high) = x_bar.get_segments()[0][:, 0], y_bar.get_segments()[0][:, 1]
        assert (right - left) / 2 == pytest.approx(np.nanstd(true))
        assert (high - low) / 2 == pytest.approx(np.nanstd(predicted))
    assert "ddof 0" in axes.get_title(loc="left")


def test_densities_are_numbers_over_areas(outcome: Outcome, initial: xarray.Dataset) -> None:
    axes = figure6(outcome, regime=Regime(limit=5))[""].axes[4]
    areas = [
        (96 * outcome.data.images[str(i)].required_calibration().pixel_size_nm[0]) ** 2 for i in initial["image"].values
    ]
    every = {s: np.concatenate([1e4 * number_of(initial, s, n) / areas for n in TYPES]) for s in ("true", "predicted")}
    for k, name in enumerate(TYPES):
        own = slice(k * len(areas), (k + 1) * len(areas))
        assert_points(axes, name, every["true"][own], every["predicted"][own])
    inside = every["true"] < 5
    assert 0 < inside.sum() < inside.size
    title = axes.get_title(loc="left")
    for part, words in ((inside, "true < 5"), (~inside, "true ≥ 5")):
        expected = parity_statistics(every["true"][part], every["predicted"][part])
        assert f"{words}: n {part.sum()}, R² {significant(expected.r2)}, MAE {significant(expected.mae)}" in title
    (box,) = [p for p in axes.patches if p.get_gid() == "regime"]
    assert isinstance(box, Rectangle)
    assert box.get_x() + box.get_width() == pytest.approx(5)


def test_pixels_are_those_of_each_image(outcome: Outcome, initial: xarray.Dataset) -> None:
    axes = figure12(outcome)[""].axes[0]
    sides = np.array(
        [outcome.data.images[str(i)].required_calibration().pixel_size_nm[0] for i in initial["image"].values]
    )
    assert len(set(sides)) == 2
    for name in TYPES:
        true, predicted = (class_means(initial, side, name, "size") / sides for side in ("true", "predicted"))
        assert_points(axes, name, true, predicted)
    assert axes.get_xlabel() == "true mean size / px"


def test_counts_are_split_at_the_limit_which_lies_inside(outcome: Outcome, initial: xarray.Dataset) -> None:
    axes = figure13(outcome, regime=Regime(limit=4, holds_limit=True))[""].axes[0]
    true = np.concatenate([number_of(initial, "true", n) for n in TYPES])
    assert (true == 4).any()
    for name in TYPES:
        assert_points(axes, name, number_of(initial, "true", name), number_of(initial, "predicted", name))
    assert f"true ≤ 4: n {(true <= 4).sum()}," in axes.get_title(loc="left")
    assert f"true > 4: n {(true > 4).sum()}," in axes.get_title(loc="left")
    assert "true ≤ 50: n 15" in figure13(outcome)[""].axes[0].get_title(loc="left")


def test_what_lacks_one_side_is_a_tick_at_the_other_axis(outcome: Outcome) -> None:
    result = outcome.result("leave-percent-out")
    runs = [select_run(result, k) for k in range(4) if result["splits"].values[k] == "leave out 75 %"]
    axes = figure9(outcome)[""].axes[2]
    total = {"truth": 0, "prediction": 0}
    for name in TYPES:
        true, predicted = (
            np.concatenate([class_means(run, side, name, "size") for run in runs]) for side in ("true", "predicted")
        )
        for what, lacking, other in (("truth", true, predicted), ("prediction", predicted, true)):
            ticks = [line for line in axes.lines if line.get_gid() == f"without {what} {name}"]
            expected = np.sort(other[np.isnan(lacking) & ~np.isnan(other)])
            shown = [v for t in ticks for v in np.asarray(t.get_ydata() if what == "truth" else t.get_xdata())]
            np.testing.assert_allclose(np.sort(shown), expected)
            total[what] += len(expected)
    assert min(total.values()) > 0
    assert f"{total['truth']} no truth (ticks left), {total['prediction']} no prediction" in axes.get_title(loc="left")


def test_repetitions_of_one_part_left_out_lie_in_one_row(outcome: Outcome) -> None:
    panels = figure9(outcome, regime=Regime(limit=5))[""].axes
    result = outcome.result("leave-percent-out")
    assert len(panels) == 4
    for row, label in enumerate(("leave out 25 %", "leave out 75 %")):
        runs = [select_run(result, k) for k in range(4) if result["splits"].values[k] == label]
        for name in TYPES:
            sides = [np.concatenate([class_means(r, s, name, "size") for r in runs]) for s in ("true", "predicted")]
            assert_points(panels[2 * row], name, *sides)
        rmse = np.mean([r["overall_size_parity_rmse"].sel(subset="all").item() for r in runs])
        title = panels[2 * row].get_title(loc="left")
        assert title.startswith(f"{label}: 2 runs together\nmean RMSE of the runs: {significant(rmse)}")
        assert "true < 5: n" in panels[2 * row + 1].get_title(loc="left")


def test_a_type_that_a_run_does_not_have_is_undefined_in_it() -> None:
    one = Points(
        quantity=QUANTITIES["size"], types=("bdot",), true=np.array([[1.0], [np.nan]]), predicted=np.array([[2.0], [3]])
    )
    two = Points(quantity=QUANTITIES["size"], types=("void",), true=np.array([[5.0]]), predicted=np.array([[np.nan]]))
    both = joined_points([one, two])
    assert both.types == ("bdot", "void")
    assert both.true.shape == (3, 2)
    assert both.undefined() == (1, 1, 3)
    assert both.statistics().n == 1
