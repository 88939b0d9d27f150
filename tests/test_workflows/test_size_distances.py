"""Distances between the sizes of two conditions, and whether their intervals hold the truth."""

from __future__ import annotations

import attrs
import numpy as np
import pytest
from scipy import stats

import defectkit as dk
from defectkit.records import Taxonomy
from defectkit.statistics import Bootstrap
from defectkit.testing.synthetic import synthetic_dataset
from defectkit.uncertainty import Condition, Inputs, Uncertainties, propagated
from defectkit.workflows.condition import Assessment
from defectkit.workflows.size_distances import size_distances
from tests.coverage.foils import MEDIAN_NM, SPREAD, TYPES, Foil, strengthening

IMAGES, TRUTH = synthetic_dataset(1, 1, shape=(64, 64))
ANALYSIS = dk.measure_labels(TRUTH, IMAGES)
HOW = Bootstrap(n_resamples=300)


def assessed(condition: Condition, specimen: str) -> Assessment:
    inputs = Inputs.of(condition, strengthening(), Uncertainties(), taxonomy=Taxonomy.standard(), specimen=specimen)
    known = propagated(inputs, attrs.evolve(HOW, n_resamples=2))
    return Assessment(analysis=ANALYSIS, inputs=inputs, known=known, bootstrap=HOW, counted={}, cautions=())


def pair(rng: np.random.Generator, *, factor: float) -> tuple[Assessment, Assessment]:
    one, two = (Foil(n_images=10).condition(rng) for _ in range(2))
    return assessed(one, "first"), assessed(attrs.evolve(two, sizes_nm=factor * two.sizes_nm), "second")


def test_intervals_hold_the_truth_where_sizes_differ() -> None:
    """Sizes that are twice as large: Wasserstein's distance is the mean; 100 pairs have a standard error of 3 %."""
    rng = np.random.default_rng(0)
    places = np.linspace(0.1, 400, 40001)
    law, wide = (stats.lognorm(SPREAD, 0, factor * MEDIAN_NM[0]) for factor in (1, 2))
    truth = {"ks_statistic": np.abs(law.cdf(places) - wide.cdf(places)).max(), "wasserstein_distance": law.mean()}
    held = dict.fromkeys(truth, 0)
    for _ in range(100):
        found = size_distances(*pair(rng, factor=2.0), TYPES)
        for name, true in truth.items():
            held[name] += int(found[f"{name}_low"][0] <= true <= found[f"{name}_high"][0])
    assert 80 <= held["wasserstein_distance"] <= 98, held
    assert 75 <= held["ks_statistic"] <= 98, held


def test_distances_are_those_of_scipy() -> None:
    first, second = pair(np.random.default_rng(1), factor=1.3)
    found = size_distances(first, second, TYPES)
    one, two = (side.condition.sizes_of("loop_100") for side in (first, second))
    assert found["ks_statistic"][1] == pytest.approx(stats.ks_2samp(one, two).statistic)
    assert found["wasserstein_distance"][1] == pytest.approx(stats.wasserstein_distance(one, two))
    assert found["ks_p_value"][1] == pytest.approx(stats.ks_2samp(one, two).pvalue)
    for name in ("ks_statistic", "wasserstein_distance"):
        assert (found[f"{name}_low"] < found[f"{name}_high"]).all()


def test_a_type_that_one_side_lacks_has_no_distance() -> None:
    first, second = pair(np.random.default_rng(2), factor=1.0)
    found = size_distances(first, second, (*TYPES, "cavity"))
    assert all(np.isnan(values[2]) and not np.isnan(values[[0, 1, 3]]).any() for values in found.values())
