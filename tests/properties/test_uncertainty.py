from __future__ import annotations

import attrs
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from defectkit.hardening import BaconKocksScattergood, DispersedBarrier, FriedelKroupaHirsch, Orowan
from defectkit.hardening.superposition import Superposition, power_sum
from defectkit.statistics import Bootstrap
from defectkit.uncertainty import Uncertainties, propagate
from defectkit.uncertainty.propagate import Inputs
from tests.coverage.foils import DECLARED, Foil, strengthening

QUICK = Bootstrap(n_resamples=64)
FOIL = Foil(n_images=3).condition(np.random.default_rng(0))

# By how much each measure grows when all lengths are given in a unit that is s times smaller.
POWERS = {"areal_density": -2, "number_density": -3, "size_mean": 1, "line_length_density": -2, "hardening": 0}


@settings(max_examples=15, deadline=None)
@given(scale=st.floats(0.2, 5.0))
def test_measures_and_their_intervals_have_the_dimension_they_claim(scale):
    rules = strengthening()
    burgers = rules.material.burgers_vector * scale
    larger = attrs.evolve(
        FOIL,
        sizes_nm=FOIL.sizes_nm * scale,
        areas_nm2=FOIL.areas_nm2 * scale**2,
        thicknesses_nm=FOIL.thicknesses_nm * scale,
    )
    scaled = attrs.evolve(rules, burgers_nm=np.full(2, burgers.magnitude))
    one = propagate(FOIL, rules, DECLARED, bootstrap=QUICK)
    other = propagate(larger, scaled, DECLARED, bootstrap=QUICK)
    for name, power in POWERS.items():
        for a, b in (
            (one.values[name], other.values[name]),
            *zip(one.interval(name), other.interval(name), strict=True),
        ):
            assert b == pytest.approx(a * scale**power, rel=1e-9), name
        assert other.shares(name) == pytest.approx(one.shares(name), abs=1e-6)


@settings(max_examples=15, deadline=None)
@given(factor=st.floats(0.1, 10.0), model=st.sampled_from([BaconKocksScattergood(), FriedelKroupaHirsch(), Orowan()]))
def test_stress_is_proportional_to_shear_modulus_and_taylor_factor(factor, model):
    rules = attrs.evolve(strengthening(), model=model)
    base = Inputs.of(FOIL, rules).values()["hardening"]
    for changes in ({"shear_modulus": rules.material.shear_modulus * factor}, {"taylor_factor": 3.06 * factor}):
        changed = attrs.evolve(rules, material=attrs.evolve(rules.material, **changes))
        assert Inputs.of(FOIL, changed).values()["hardening"] == pytest.approx(factor * base)


@settings(max_examples=10, deadline=None)
@given(st.randoms())
def test_the_order_of_defects_does_not_matter(random):
    order = list(range(len(FOIL.sizes_nm)))
    random.shuffle(order)
    shuffled = attrs.evolve(
        FOIL,
        sizes_nm=FOIL.sizes_nm[order],
        type_codes=FOIL.type_codes[order],
        image_codes=FOIL.image_codes[order],
    )
    one, other = (Inputs.of(c, strengthening()).values() for c in (FOIL, shuffled))
    for name, values in one.items():
        assert other[name] == pytest.approx(values, nan_ok=True)


@settings(max_examples=10, deadline=None)
@given(st.floats(0.0, 0.3), st.floats(0.01, 0.3))
def test_more_uncertainty_never_says_more(small, more):
    less, greater = (Uncertainties(foil_thickness=value) for value in (small, small + more))
    found = [
        propagate(FOIL, strengthening(), u, bootstrap=QUICK).standard_uncertainty("hardening") for u in (less, greater)
    ]
    assert (found[1] > found[0]).all()


@given(st.lists(st.floats(0.0, 1e3), min_size=1, max_size=6), st.floats(1.0, 4.0), st.floats(0.0, 2.0))
def test_a_power_sum_falls_with_its_exponent_and_holds_its_largest_part(stresses, exponent, more):
    values = np.array(stresses)
    low, high = (power_sum(values, e) for e in (exponent + more, exponent))
    assert values.max() * (1 - 1e-9) <= low <= high * (1 + 1e-9) + 1e-12
    assert high <= values.sum() * (1 + 1e-9)


@given(st.floats(1.0, 9.0))
def test_a_superposition_is_read_as_it_is_written(exponent):
    rule = Superposition(round(exponent, 3))
    assert Superposition.of(str(rule)) == rule


@settings(max_examples=15, deadline=None)
@given(width=st.floats(0.5, 40.0))
def test_the_default_is_the_same_for_all_bins(width):
    from defectkit.hardening import Binning

    rules = strengthening()
    binned = DispersedBarrier(binning=Binning.of_width(f"{width} nm", representative="mean", combination="quadrature"))
    found = [Inputs.of(FOIL, attrs.evolve(rules, model=m)).values()["hardening"] for m in (rules.model, binned)]
    assert found[1] == pytest.approx(found[0])
