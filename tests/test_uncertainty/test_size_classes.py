from __future__ import annotations

from typing import Any

import attrs
import numpy as np
import pytest
from scipy import stats

from defectkit.errors import ConventionError, EmptyInputError
from defectkit.statistics import Bootstrap
from defectkit.statistics.size_fits import FAMILIES, empirical_distribution, fit_sizes
from defectkit.uncertainty import Uncertainties
from defectkit.uncertainty.propagate import Inputs
from defectkit.uncertainty.size_classes import class_numbers, freedman_diaconis_edges, size_classes

EDGES = np.array([0.0, 12.0, 16.0, 20.0, 60.0])
HOW = Bootstrap(n_resamples=800, seed=5)


def test_classes_hold_every_defect_once(make_condition, make_strengthening):
    condition = make_condition([[40, 30], [35, 33]])
    table = size_classes(Inputs.of(condition, make_strengthening()), EDGES, bootstrap=HOW)
    volume = 2 * 4e5 * 100
    for t, name in enumerate(condition.types):
        expected, _ = np.histogram(condition.sizes_nm[condition.type_codes == t], EDGES)
        row = table.sel(defect_type=name)
        assert row["count"].values.tolist() == expected.tolist()
        assert row["number_density"].values == pytest.approx(expected / volume * 1e27)
        assert (row["number_density_low"] <= row["number_density_high"]).all()
    assert table["outside"].values.sum() == 0


def test_the_covariance_is_that_of_poisson_numbers_where_only_chance_is_at_work(make_condition, make_strengthening):
    condition = make_condition([[300, 200]])
    inputs = Inputs.of(condition, make_strengthening())
    table = size_classes(inputs, EDGES, bootstrap=attrs.evolve(HOW, n_resamples=3000))
    covariance = table["covariance"].values
    expected = np.diag(table["count"].values.ravel() * (1e27 / (4e5 * 100)) ** 2)
    assert np.diag(covariance) == pytest.approx(np.diag(expected), rel=0.15)
    scale = np.sqrt(np.outer(np.diag(expected), np.diag(expected)))
    assert np.abs((covariance - expected) / scale)[~np.eye(8, dtype=bool)].max() < 0.1


def test_one_thickness_correlates_all_classes(make_condition, make_strengthening):
    condition = make_condition([[300, 300]])
    inputs = Inputs.of(condition, make_strengthening(), Uncertainties(foil_thickness=0.4))
    covariance = size_classes(inputs, EDGES, bootstrap=HOW)["covariance"].values
    spread = np.sqrt(np.diag(covariance))
    assert (covariance / np.outer(spread, spread)).min() > 0.7


def test_what_lies_beyond_the_edges_is_told(make_condition, make_strengthening):
    condition = make_condition([[40, 30]])
    table = size_classes(Inputs.of(condition, make_strengthening()), np.array([14.0, 16.0]), bootstrap=HOW)
    assert int(table["count"].sum() + table["outside"].sum()) == 70
    assert int(table["outside"].sum()) > 0


def test_edges_that_do_not_increase_are_refused(make_condition, make_strengthening):
    with pytest.raises(ConventionError, match="increasing"):
        size_classes(Inputs.of(make_condition([[3, 3]]), make_strengthening()), np.array([2.0, 1.0]))


def test_classes_are_those_of_numpy():
    sizes = np.array([0.5, 1.0, 2.5, 3.0, 7.0, np.nan])
    edges = np.array([1.0, 2.0, 3.0])
    numbers = class_numbers(sizes, edges)
    assert np.bincount(numbers[numbers >= 0], minlength=2).tolist() == np.histogram(sizes[:-1], edges)[0].tolist()


def test_the_width_of_freedman_and_diaconis():
    sizes = np.random.default_rng(0).lognormal(2.5, 0.3, 500)
    edges = freedman_diaconis_edges(sizes)
    wanted = 2 * stats.iqr(sizes) / 500 ** (1 / 3)
    assert np.diff(edges) == pytest.approx(np.full(len(edges) - 1, np.ptp(sizes) / np.ceil(np.ptp(sizes) / wanted)))


@pytest.mark.parametrize("family", FAMILIES)
def test_the_family_that_made_the_sizes_is_found(family):
    laws: tuple[Any, ...] = (stats.lognorm(0.5, 0, 12), stats.weibull_min(3.5, 0, 12), stats.gamma(2, 0, 6))
    law = dict(zip(FAMILIES, laws, strict=True))
    sizes = law[family].rvs(4000, random_state=1)
    best = fit_sizes(sizes)[0]
    assert best.family == family
    assert (best.shape, best.scale) == pytest.approx((law[family].args[0], law[family].args[2]), rel=0.06)
    assert best.ks_statistic < 0.03


def test_the_log_normal_fit_is_that_of_logarithms():
    sizes = np.random.default_rng(2).lognormal(2.5, 0.4, 300)
    (fit,) = [f for f in fit_sizes(sizes) if f.family == "log-normal"]
    logs = np.log(sizes)
    assert (np.log(fit.scale), fit.shape) == pytest.approx((logs.mean(), logs.std()), rel=1e-4)


def test_the_interval_of_a_log_normal_fit_is_the_closed_form():
    n = 300
    sizes = np.random.default_rng(2).lognormal(2.5, 0.4, n)
    (fit,) = [f for f in fit_sizes(sizes, confidence=0.8) if f.family == "log-normal"]
    z = stats.norm.ppf(0.9)
    assert np.log(fit.scale_high / fit.scale) == pytest.approx(z * fit.shape / np.sqrt(n), rel=1e-3)
    assert np.log(fit.shape / fit.shape_low) == pytest.approx(z / np.sqrt(2 * n), rel=1e-3)
    assert fit.level == 0.8


@pytest.mark.parametrize("family", FAMILIES)
def test_intervals_of_fits_hold_the_truth(family):
    """Of 300 samples of 80 sizes, 90 % intervals hold a parameter 270 times; 5.2 is the standard deviation of that."""
    laws: tuple[Any, ...] = (stats.lognorm(0.5, 0, 12), stats.weibull_min(2.5, 0, 12), stats.gamma(3, 0, 6))
    law = dict(zip(FAMILIES, laws, strict=True))[family]
    rng = np.random.default_rng(3)
    held = np.zeros(2)
    for _ in range(300):
        (fit,) = [f for f in fit_sizes(law.rvs(80, random_state=rng)) if f.family == family]
        held += [fit.shape_low <= law.args[0] <= fit.shape_high, fit.scale_low <= law.args[2] <= fit.scale_high]
    assert (np.abs(held - 270) < 20).all(), held


def test_a_fit_is_a_distribution():
    fit = fit_sizes(np.random.default_rng(4).gamma(3.0, 4.0, 200))[0]
    places = np.linspace(0.01, 200, 40001)
    assert np.trapezoid(fit.density(places), places) == pytest.approx(1, abs=1e-4)
    assert fit.cumulative(places)[[0, -1]] == pytest.approx([0, 1], abs=1e-4)


def test_too_few_sizes_are_refused():
    with pytest.raises(EmptyInputError, match="3 different sizes"):
        fit_sizes(np.array([1.0, 2.0, 2.0, np.nan]))


def test_the_empirical_distribution_ends_at_one():
    values, shares = empirical_distribution(np.array([3.0, 1.0, 3.0, 2.0]))
    assert values.tolist() == [1, 2, 3]
    assert shares.tolist() == [0.25, 0.5, 1]


def test_one_class_of_one_type_has_a_variance(make_condition, make_strengthening):
    inputs = Inputs.of(make_condition([[7]]), make_strengthening(("loop_111",)))
    table = size_classes(inputs, np.array([0.0, 1e3]), bootstrap=Bootstrap(n_resamples=200))
    assert table["covariance"].shape == (1, 1) and float(table["covariance"].values[0, 0]) > 0
