from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import xarray

from defectkit.errors import StudyError
from defectkit.statistics import Bootstrap
from defectkit.studies import (
    DetectorChoice,
    LabelPair,
    SplitChoice,
    Study,
    StudyData,
    headline,
    rank_detectors,
    run_study,
    select_run,
    select_runs,
    variance_decomposition,
)
from defectkit.studies.results.ranking import normalize, ranks
from defectkit.studies.results.variance import main_effects
from defectkit.testing.synthetic import synthetic_dataset

SMALL: dict[str, Any] = {"scales_nm": [1.0, 3.0], "samples_per_class": 80, "threshold": 0.5, "min_score": 0.0}
STRONG = DetectorChoice(detector="pixel-forest", label="strong", options=SMALL | {"n_trees": 12})
WEAK = DetectorChoice(
    detector="pixel-forest", label="weak", options=SMALL | {"n_trees": 1, "max_depth": 2, "scales_nm": [12.0]}
)


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> xarray.Dataset:
    images, labels = synthetic_dataset(
        5, 4, shape=(128, 128), pixel_size="1 nm/px", counts={"bdot": 9, "loop_111": 4}, n_lines=0
    )
    study = Study(
        name="crossed",
        splits=(SplitChoice(splitter="random-k-fold", options={"n_splits": 2}),),
        detectors=(WEAK, STRONG),
        labels=(LabelPair(train="truth@1", test="truth@1"),),
        seeds=(0, 1),
        conventions=("defectkit", "jacobs2022"),
    )
    data = StudyData(name="synthetic", images=images, label_sets={"truth@1": labels})
    return run_study(study, data, tmp_path_factory.mktemp("study"))


def test_shares_add_up_and_are_those_of_the_means(result: xarray.Dataset) -> None:
    parts = variance_decomposition(result)
    assert parts["factor"].values.tolist() == ["seed", "split", "labels", "detector", "convention", "interaction"]
    assert parts["n_levels"].values.tolist() == [2, 2, 1, 2, 2, 0]
    assert float(parts["find_f1_score_share"].sum()) == pytest.approx(1)
    values = headline(result)["find_f1_score"].values
    by_detector = [values[result["detector"].values == name].mean() for name in ("weak", "strong")]
    effect = values.size / 2 * ((np.array(by_detector) - values.mean()) ** 2).sum()
    total = ((values - values.mean()) ** 2).sum()
    assert float(parts["find_f1_score_share"].sel(factor="detector")) == pytest.approx(effect / total)
    assert float(parts["find_f1_score_sd"].sel(factor="detector")) == pytest.approx(np.std(by_detector, ddof=1))
    assert float(parts["find_f1_score_share"].sel(factor="labels")) == 0
    assert np.isnan(parts["find_f1_score_sd"].sel(factor="labels"))


def test_main_effects_are_found_again() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=4), rng.normal(size=3)
    values = a[:, None, None] + b[None, :, None] + np.zeros((4, 3, 2))
    effects, rest = main_effects(values)
    np.testing.assert_allclose(
        effects, [6 * ((a - a.mean()) ** 2).sum(), 8 * ((b - b.mean()) ** 2).sum(), 0], atol=1e-12
    )
    assert rest == pytest.approx(0, abs=1e-12)
    crossed = np.array([[1.0, -1.0], [-1.0, 1.0]])
    effects, rest = main_effects(crossed)
    assert effects.tolist() == [0, 0]
    assert rest == 4


def test_what_is_not_crossed_is_not_decomposed(result: xarray.Dataset) -> None:
    with pytest.raises(StudyError, match="combinations were not run"):
        variance_decomposition(result.isel(run=slice(1, None)))
    with pytest.raises(StudyError, match="two runs have"):
        variance_decomposition(result, factors=["seed", "split"])
    with pytest.raises(StudyError, match="unknown"):
        variance_decomposition(result, factors=["weather"])
    with pytest.raises(StudyError, match="unknown"):
        variance_decomposition(result, statistics=["beauty"])


def test_runs_without_a_value_are_counted(result: xarray.Dataset) -> None:
    gone = result.copy(deep=True)
    gone["overall_size_error"][3] = np.nan
    parts = variance_decomposition(gone, statistics=["size_error", "find_f1_score"])
    assert int(parts["size_error_undefined"]) == 1
    assert np.isnan(parts["size_error_share"]).all()
    assert int(parts["find_f1_score_undefined"]) == 0
    assert not np.isnan(parts["find_f1_score_share"]).any()


def test_the_better_detector_ranks_first(result: xarray.Dataset) -> None:
    one = select_runs(result, convention="defectkit")
    ranking = rank_detectors(one, Bootstrap(n_resamples=60))
    figures = headline(one)
    for name in ("weak", "strong"):
        own = figures["find_f1_score"].values[one["detector"].values == name].mean()
        assert float(ranking["find_f1_score"].sel(detector=name)) == pytest.approx(own)
    assert ranking["detector"].values.tolist() == ["strong", "weak"]
    assert ranking["rank"].values.tolist() == [1, 2]
    better = {"find_f1_score": 1, "size_error": -1, "density_error": -1}
    norm = (
        sum(
            float(sign * (ranking[n].sel(detector="strong") - ranking[n].sel(detector="weak"))) > 0
            for n, sign in better.items()
        )
        ** 0.5
    )
    assert float(ranking["norm"].sel(detector="strong")) == pytest.approx(norm)
    strong = ranking.sel(detector="strong")
    assert float(strong["rank_low"]) == 1 <= float(strong["rank_high"])
    assert float(strong["norm_low"]) <= float(strong["norm"]) <= float(strong["norm_high"])
    assert float(ranking["rank_probability"].sel(detector="strong", place=1)) > 0.7
    np.testing.assert_allclose(ranking["rank_probability"].sum("place"), 1 - ranking["n_degenerate"] / 60, atol=1e-12)
    again = rank_detectors(one, Bootstrap(n_resamples=60))
    xarray.testing.assert_identical(ranking, again)


def test_what_cannot_be_ranked_is_refused(result: xarray.Dataset) -> None:
    with pytest.raises(StudyError, match="one convention"):
        rank_detectors(result)
    one = select_runs(result, convention="defectkit")
    with pytest.raises(StudyError, match="two detectors"):
        rank_detectors(select_runs(one, detector="weak"))
    with pytest.raises(StudyError, match="was not run once"):
        rank_detectors(one.isel(run=slice(1, None)))
    with pytest.raises(StudyError, match="no 'convention' 'jacobs'"):
        select_runs(result, convention="jacobs")
    with pytest.raises(StudyError, match="no coordinate 'weather'"):
        select_runs(result, weather="fine")


def test_selected_runs_are_the_same_runs(result: xarray.Dataset) -> None:
    strong = select_runs(result, detector="strong", seed=1)
    positions = np.flatnonzero((result["detector"].values == "strong") & (result["seed"].values == 1))
    assert strong.sizes["run"] == len(positions) == 4
    for k, run in enumerate(positions):
        xarray.testing.assert_identical(select_run(strong, k), select_run(result, int(run)))


def test_norms_and_ranks() -> None:
    assert normalize(np.array([[1.0, 2.0, np.nan], [3.0, 3.0, 3.0]])).tolist()[1] == [1, 1, 1]
    np.testing.assert_array_equal(normalize(np.array([1.0, 2.0, np.nan])), [0, 1, np.nan])
    assert np.isnan(normalize(np.full(3, np.nan))).all()
    np.testing.assert_array_equal(ranks(np.array([[3.0, 1.0, 2.0], [1.0, 1.0, 1.0]])), [[1, 3, 2], [2, 2, 2]])
