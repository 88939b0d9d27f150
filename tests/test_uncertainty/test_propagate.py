from __future__ import annotations

from typing import Any

import attrs
import numpy as np
import pytest
from scipy import stats

from defectkit.hardening import BaconKocksScattergood, FriedelKroupaHirsch, Orowan, Superposition
from defectkit.statistics import Bootstrap
from defectkit.uncertainty import SharedInput, Uncertainties, propagate
from defectkit.uncertainty.measures import UNITS
from defectkit.uncertainty.sources import NAMES
from tests.coverage.foils import STEEL, Foil
from tests.coverage.holding import holding

COUNTS = [[60, 40], [55, 47], [64, 38], [58, 45]]
HOW = Bootstrap(n_resamples=1000, seed=3)
SMALL = Uncertainties(
    pixel_size=0.02,
    foil_thickness=0.05,
    size="0.3 nm",
    barrier_strength=0.05,
    burgers_vector=0.01,
    shear_modulus=0.03,
    taylor_factor=0.02,
    exponent=0.1,
)


def test_the_values_are_those_of_the_formulas(make_condition, make_strengthening):
    condition = make_condition(COUNTS)
    found = propagate(condition, make_strengthening(), bootstrap=Bootstrap(n_resamples=10)).values
    volume = 4 * 4e5 * 100
    number = np.array([237, 170])
    lengths = np.bincount(condition.type_codes, condition.sizes_nm)
    alone = 3.06 * np.array([0.11, 0.32]) * 82_000 * 0.249 * np.sqrt(lengths / volume)
    assert found["areal_density"] == pytest.approx([*number / 1.6e6, 407 / 1.6e6])
    assert found["number_density"] == pytest.approx(np.array([*number, 407]) / volume * 1e27)
    assert found["size_mean"] == pytest.approx([*lengths / number, condition.sizes_nm.mean()])
    line = np.pi * np.array([*lengths, lengths.sum()]) / volume * 1e18
    assert found["line_length_density"] == pytest.approx(line)
    assert found["hardening"] == pytest.approx([*alone, np.hypot(*alone)])
    assert np.isnan(found["swelling"]).all()


@pytest.mark.parametrize("superposition", ["linear", "quadrature", "power:1.5"])
def test_the_total_follows_the_superposition(make_condition, make_strengthening, superposition):
    rule = Superposition.of(superposition)
    rules = make_strengthening(superposition=rule)
    stress = propagate(make_condition(COUNTS), rules, bootstrap=Bootstrap(n_resamples=10)).values["hardening"]
    assert stress[-1] == pytest.approx((stress[:2] ** rule.exponent).sum() ** (1 / rule.exponent))


@pytest.mark.parametrize("model", [None, BaconKocksScattergood(), FriedelKroupaHirsch(), Orowan()])
@pytest.mark.parametrize("n_images", [4, 24])
def test_monte_carlo_and_first_order_agree(make_condition, make_strengthening, model, n_images):
    counts = COUNTS * (n_images // 4)
    rules = make_strengthening() if model is None else make_strengthening(model=model)
    known = propagate(make_condition(counts), rules, SMALL, bootstrap=HOW)
    for name in set(UNITS) - {"swelling"}:
        spread = known.draws[name].std(axis=0)
        assert known.standard_uncertainty(name) == pytest.approx(spread, rel=0.12), name


def test_a_budget_sums_to_one_and_names_what_matters(make_condition, make_strengthening):
    known = propagate(make_condition(COUNTS), make_strengthening(), SMALL, bootstrap=Bootstrap(n_resamples=10))
    for name in set(UNITS) - {"swelling"}:
        assert known.shares(name).sum(axis=0) == pytest.approx(np.ones(3)), name
    areal = dict(zip(NAMES, known.shares("areal_density")[:, -1], strict=True))
    assert {name for name, share in areal.items() if share > 0} == {"counting", "pixel_size"}


def test_each_source_enters_with_the_power_that_it_has_in_the_formula(make_condition, make_strengthening):
    # dispersed barriers: M alpha mu b sqrt(N d), with N ~ 1 / (p^2 t) and d ~ p for the pixel size p
    powers = {
        "pixel_size": 0.5,
        "foil_thickness": 0.5,
        "shear_modulus": 1.0,
        "taylor_factor": 1.0,
        "burgers_vector": 1.0,
    }
    for name, power in powers.items():
        declared = attrs.evolve(Uncertainties(), **dict[str, Any]({name: 0.1}))
        known = propagate(make_condition(COUNTS), make_strengthening(), declared, bootstrap=Bootstrap(n_resamples=10))
        variance = known.variances["hardening"][NAMES.index(name)]
        expected = power * np.sqrt(np.log1p(0.01)) * known.values["hardening"]
        assert np.sqrt(variance) == pytest.approx(expected, rel=1e-4), name


def test_one_thickness_for_all_types_stays_one(make_condition, make_strengthening):
    declared = Uncertainties(foil_thickness=0.3)
    rules = make_strengthening(superposition=Superposition.of("linear"))
    known = propagate(make_condition([[2000, 2000]]), rules, declared, bootstrap=HOW)
    draws = known.draws["hardening"]
    assert np.corrcoef(draws[:, 0], draws[:, 1])[0, 1] > 0.99
    spread = draws.std(axis=0)
    assert spread[2] == pytest.approx(spread[:2].sum(), rel=0.02)


def test_foils_of_their_own_are_off_by_themselves(make_condition, make_strengthening):
    declared = Uncertainties(foil_thickness=0.2)
    shared = make_condition([[400, 400]] * 4)
    own = attrs.evolve(shared, foils=tuple(SharedInput(name=f"foil {k}") for k in range(4)))
    spread = [
        propagate(c, make_strengthening(), declared, bootstrap=Bootstrap(n_resamples=10)).standard_uncertainty(
            "number_density"
        )[-1]
        for c in (shared, own)
    ]
    assert spread[0] == pytest.approx(2 * spread[1], rel=0.05)


@pytest.mark.parametrize("n", [0, 1, 5, 40])
def test_a_count_of_one_image_has_the_interval_of_jeffreys(make_condition, make_strengthening, n):
    known = propagate(make_condition([[n, 30]]), make_strengthening(), bootstrap=Bootstrap(n_resamples=5_000))
    low, high = known.interval("areal_density")
    ends = stats.gamma(n + 0.5).ppf([0.05, 0.95])
    assert high[0] * 4e5 == pytest.approx(ends[1], rel=0.06)
    assert low[0] * 4e5 == pytest.approx(ends[0] if n else 0.0, rel=0.2, abs=1e-9)


def test_what_was_not_seen_says_nothing_of_sizes(make_condition, make_strengthening):
    known = propagate(make_condition([[0, 30], [1, 25]]), make_strengthening(), bootstrap=Bootstrap(n_resamples=200))
    low, high = known.interval("size_mean")
    assert np.isnan([low[0], high[0]]).all()
    assert np.isfinite([low[1], high[1]]).all()
    nothing = propagate(make_condition([[0, 30]]), make_strengthening(), bootstrap=Bootstrap(n_resamples=200))
    low, high = nothing.interval("hardening")
    assert nothing.values["hardening"][0] == 0
    assert np.isnan([low[0], high[0]]).all()
    assert np.isfinite([low[2], high[2]]).all()


def test_images_that_differ_more_than_chance_widen_the_interval(make_condition, make_strengthening):
    alike, apart = make_condition([[50], [50], [50], [50]]), make_condition([[20], [80], [30], [70]])
    rules = make_strengthening(("loop_111",))
    width = []
    for condition in (alike, apart):
        known = propagate(condition, rules, bootstrap=Bootstrap(n_resamples=2000))
        low, high = known.interval("areal_density")
        width.append(high[0] - low[0])
        spread = known.draws["areal_density"][:, 0].std()
        assert known.standard_uncertainty("areal_density")[0] == pytest.approx(spread, rel=0.12)
    assert width[1] > 2 * width[0]


def test_cavities_swell(make_condition, make_strengthening):
    condition = make_condition([[0, 0, 50], [0, 0, 40]])
    rules = make_strengthening(condition.types)
    known = propagate(condition, rules, SMALL, bootstrap=HOW)
    volume = np.pi / 6 * np.sum(condition.sizes_nm**3)
    assert known.values["swelling"][2:] == pytest.approx([100 * volume / (8e7 - volume)] * 2)
    assert known.standard_uncertainty("swelling")[2] == pytest.approx(known.draws["swelling"][:, 2].std(), rel=0.1)
    assert np.isnan(known.values["hardening"][2])  # the material has no barrier strength of cavities
    assert np.isnan(known.values["hardening"][3])


def test_sub_types_are_one_obstacle_in_the_total(make_condition, make_strengthening):
    apart = make_condition([[30, 20], [25, 22]], types=("loop_100_open", "loop_100_solid"))
    together = attrs.evolve(apart, types=("loop_100",), type_codes=np.zeros_like(apart.type_codes))
    how = Bootstrap(n_resamples=10)
    of_two = propagate(apart, make_strengthening(apart.types), bootstrap=how).values["hardening"]
    of_one = propagate(together, make_strengthening(together.types), bootstrap=how).values["hardening"]
    assert of_two[-1] == pytest.approx(of_one[-1])
    assert np.hypot(*of_two[:2]) == pytest.approx(of_one[0])  # without bins, quadrature over defects


def test_the_same_seed_gives_the_same_and_another_gives_another(make_condition, make_strengthening):
    draws = [
        propagate(
            make_condition(COUNTS), make_strengthening(), SMALL, bootstrap=Bootstrap(n_resamples=50, seed=s)
        ).draws
        for s in (1, 1, 2)
    ]
    assert np.array_equal(draws[0]["hardening"], draws[1]["hardening"])
    assert not np.array_equal(draws[0]["hardening"], draws[2]["hardening"])


def test_the_uncertainty_of_a_constant_comes_from_the_material(make_condition, make_strengthening):
    known = attrs.evolve(STEEL, uncertainties={"shear_modulus": "4.1 GPa", "barrier_strengths.loop_111": 0.011})
    rules = make_strengthening(material=known)
    shares = propagate(make_condition(COUNTS), rules, bootstrap=Bootstrap(n_resamples=10)).variances["hardening"]
    value = propagate(make_condition(COUNTS), rules, bootstrap=Bootstrap(n_resamples=10)).values["hardening"]
    assert np.sqrt(shares[NAMES.index("shear_modulus")]) == pytest.approx(np.sqrt(np.log1p(0.05**2)) * value, rel=1e-4)
    strength = np.sqrt(shares[NAMES.index("barrier_strength")])
    assert strength[0] == pytest.approx(np.sqrt(np.log1p(0.1**2)) * value[0], rel=1e-4)
    assert strength[1] == 0


@pytest.mark.parametrize("foil", [Foil(n_images=3), Foil(n_images=24, spread_between=0.2)])
def test_intervals_hold_the_truth_of_simulated_foils(foil):
    shares = holding(foil, n_foils=100, n_resamples=150, seed=1)
    for name, share in shares.items():
        assert 0.81 <= share <= 0.98, (name, share)  # 0.9 within three standard errors of 100 foils
