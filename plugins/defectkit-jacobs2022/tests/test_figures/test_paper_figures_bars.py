from __future__ import annotations

import json

import numpy as np
import pytest
import xarray
from defectkit_jacobs2022.artifact import Outcome
from defectkit_jacobs2022.figures.distributions import draw_histograms, figure4, figure5
from defectkit_jacobs2022.figures.percent_errors import figure7, figure14, figure15
from defectkit_jacobs2022.figures.ranking import FIGURES_OF, figure11
from matplotlib.figure import Figure

from defectkit.conventions import JACOBS2022
from defectkit.reports.histograms import histogram
from defectkit.reports.numbers import significant
from defectkit.statistics import Bootstrap
from defectkit.statistics.scores import percent_error
from defectkit.studies import rank_detectors, select_run

TYPES = ("bdot", "loop_111", "loop_100")


@pytest.fixture(scope="module")
def initial(outcome: Outcome) -> xarray.Dataset:
    return select_run(outcome.result("initial"), 0)


def heights(axes: object, side: int) -> np.ndarray:
    return np.array([bar.get_height() for bar in axes.containers[side]])  # type: ignore[attr-defined]  # matplotlib


def test_histograms_hold_every_defect_between_the_published_edges(outcome: Outcome, initial: xarray.Dataset) -> None:
    panels = figure4(outcome)[""].axes
    for k, (measure, found) in enumerate((("size", False), ("size", True), ("shape", False), ("shape", True))):
        edges = np.arange(0, 91, 10) if measure == "size" else np.linspace(1, 1.9, 10)
        for side, dim in enumerate(("true_defect", "predicted_defect")):
            values = initial[f"{dim}_{measure}"].values
            values = values[initial[f"{dim}_partner"].values >= 0] if found else values
            known = values[~np.isnan(values)]
            shown = heights(panels[k], side)
            assert shown.sum() == known.size > 0
            np.testing.assert_array_equal(shown[:-1], np.histogram(known, edges)[0])
            assert shown[-1] == (known > edges[-1]).sum()
        assert panels[k].get_yscale() == ("linear" if measure == "size" else "log")
    assert [panels[0].get_xlabel(), panels[2].get_xlabel()] == ["size / nm", "shape factor (Heywood)"]
    assert panels[0].get_xticklabels()[-1].get_text() == ">90"
    assert panels[2].get_xticklabels()[-1].get_text() == ">1.9"


def test_sizes_by_type_have_the_edges_of_the_type(outcome: Outcome, initial: xarray.Dataset) -> None:
    panels = figure5(outcome)[""].axes
    for row, found in enumerate((False, True)):
        for column, name in enumerate(TYPES):
            axes = panels[3 * row + column]
            assert axes.get_xticks()[:-1].tolist() == list(JACOBS2022.size_edges_nm(name))
            for side, dim in enumerate(("true_defect", "predicted_defect")):
                own = initial[f"{dim}_type"].values == name
                own &= (initial[f"{dim}_partner"].values >= 0) | (not found)
                assert heights(axes, side).sum() == own.sum()


def test_what_lies_beyond_the_edges_is_drawn_on_both_sides() -> None:
    axes = Figure().subplots()
    edges = (0.0, 1.0, 2.0)
    draw_histograms(axes, [histogram([0.5, 7.0, 8.0, -1.0], edges), histogram([1.5, 9.0], edges)])
    assert heights(axes, 0).tolist() == [1, 1, 0, 2]
    assert heights(axes, 1).tolist() == [0, 0, 1, 1]
    assert [t.get_text() for t in axes.get_xticklabels()] == ["0", "1", "2", ">2", "<0"]


@pytest.mark.parametrize(("make", "quantity"), [(figure7, "size"), (figure14, "density"), (figure15, "shape")])
def test_bars_are_percent_errors_and_end_with_both_averages(
    outcome: Outcome, initial: xarray.Dataset, make: object, quantity: str
) -> None:
    (axes,) = make(outcome)[""].axes  # type: ignore[operator]  # one of three functions
    bars = [c for c in axes.containers if hasattr(c, "patches")]
    here = initial.sel(subset="all")
    n_images = initial.sizes["image"]
    n_undefined = 0
    for name, own in zip(TYPES, bars, strict=True):
        true, predicted = (here[f"image_{s}_{quantity}"].sel(defect_type=name).values for s in ("true", "predicted"))
        each = percent_error(predicted, true)
        whole = percent_error(*(here[f"{s}_{quantity}"].sel(defect_type=name).item() for s in ("predicted", "true")))
        shown = np.array([bar.get_height() for bar in own])
        np.testing.assert_allclose(shown[:n_images], np.nan_to_num(each))
        np.testing.assert_allclose(shown[n_images:], [float(np.nanmean(each)), float(whole)])
        crosses = [line for line in axes.lines if line.get_gid() == f"undefined {name}"]
        assert sum(len(line.get_xdata()) for line in crosses) == np.isnan(each).sum()
        n_undefined += int(np.isnan(each).sum())
    assert n_undefined > 0
    assert "<111> loop in 1, <100> loop in 1 of 5 images" in axes.get_title(loc="left")
    assert [t.get_text() for t in axes.get_xticklabels()][-2:] == ["mean over images", "full distribution"]
    assert axes.get_ylabel().endswith("/ %")


def test_configurations_are_ranked_by_the_norm(outcome: Outcome) -> None:
    result = outcome.result("hyperparameters")
    bars, radar = figure11(outcome, n_resamples=60)[""].axes
    ranked = rank_detectors(result, Bootstrap(n_resamples=60, level="images-and-defects", confidence=0.95))
    names = [t.get_text() for t in bars.get_yticklabels()]
    widths = np.array([bar.get_width() for bar in bars.containers[0]])
    assert sorted(names) == ["five trees", "one tree", "strict"]
    assert (np.diff(widths) <= 0).all()
    at = json.loads(str(result["evaluation_attributes"].values[0]))["attributes"]["iou_threshold"]
    values = np.stack(
        [
            result["find_f1_score"].sel(iou_threshold=at, method="nearest").values,
            100 - result["overall_size_error"].sel(subset="all").values,
            100 - result["overall_density_error"].sel(subset="all").values,
        ]
    )
    low, high = values.min(axis=1, keepdims=True), values.max(axis=1, keepdims=True)
    norms = dict(
        zip(map(str, result["detector"].values), np.linalg.norm((values - low) / (high - low), axis=0), strict=True)
    )
    np.testing.assert_allclose(widths, [norms[name] for name in names])
    texts = [t.get_text() for t in bars.texts]
    assert texts == [
        f"rank {r:g} ({a:g} to {b:g})"
        for r, a, b in zip(*(ranked[n].values for n in ("rank", "rank_low", "rank_high")), strict=True)
    ]
    for title, place in (("best", 0), ("typical", 1), ("worst", 2)):
        (line,) = [line for line in radar.lines if line.get_gid() == title]
        expected = [float(ranked[f"normalized_{n}"][place]) for n in FIGURES_OF]
        np.testing.assert_allclose(np.asarray(line.get_ydata()), [*expected, expected[0]])
        assert str(line.get_label()).startswith(f"{title}: {names[place]}")
        assert significant(float(ranked["find_f1_score"][place])) in str(line.get_label())
