from __future__ import annotations

import itertools
from functools import partial
from typing import Any

import attrs
import numpy as np
from hypothesis import given, strategies as st

from defectkit.conventions import DEFECTKIT
from defectkit.hardening import (
    Binning,
    DispersedBarrier,
    FriedelKroupaHirsch,
    Orowan,
    Populations,
    bacon_kocks_scattergood_hardening,
    dispersed_barrier_hardening,
    friedel_kroupa_hirsch_hardening,
    total_hardening,
)
from defectkit.hardening.binning import bin_centers, bin_numbers
from defectkit.units import ureg

sizes = st.lists(st.floats(0.1, 300.0), min_size=1, max_size=60)
bins = (
    st.lists(st.floats(0.0, 200.0), min_size=2, max_size=12, unique=True)
    .map(sorted)
    .filter(lambda edges: min(np.diff(edges)) > 1e-3)
)
MODELS = (
    DispersedBarrier(binning=Binning.unbinned()),
    DispersedBarrier(binning=Binning.of_width("3 nm", representative="mean", combination="linear")),
    FriedelKroupaHirsch(),
)


def one_population(values, volume=1e7):
    return Populations(
        sizes_nm=np.array(values),
        members=np.zeros(len(values), np.int64),
        types=("loop",),
        volumes_nm3=np.array([volume]),
        barrier_strengths=np.array([0.3]),
        burgers_vectors_nm=np.array([0.25]),
        taylor_factor=3.06,
        shear_modulus_mpa=82000.0,
        convention=DEFECTKIT,
    )


def stress(values, edges, representative, combination):
    binning = Binning(edges_nm={"all": edges}, representative=representative, combination=combination)
    return DispersedBarrier(binning=binning).contributions(one_population(values))[0]


@given(sizes, bins)
def test_quadrature_over_means_is_the_same_for_all_bins(values, edges):
    free = DispersedBarrier(binning=Binning.unbinned()).contributions(one_population(values))[0]
    assert np.isclose(stress(values, edges, "mean", "quadrature"), free)


@given(sizes, bins)
def test_a_linear_sum_never_shrinks_when_bins_are_cut_in_two(values, edges):
    halves = sorted({*edges, *((a + b) / 2 for a, b in itertools.pairwise(edges))})
    inside = [v for v in values if edges[0] <= v < edges[-1]]
    assert stress(inside, halves, "mean", "linear") >= stress(inside, edges, "mean", "linear") * (1 - 1e-12)


@given(sizes, bins)
def test_every_size_lies_within_half_a_width_of_the_center_of_its_bin(values, edges):
    numbers = bin_numbers(np.array(values), tuple(edges))
    inner = np.clip(numbers, 0, len(edges) - 2)
    distance = np.abs(np.array(values) - bin_centers(numbers, tuple(edges)))
    assert np.all(distance <= np.diff(edges)[inner] / 2 * (1 + 1e-9) + 1e-9)


@given(sizes, st.randoms())
def test_the_order_of_defects_does_not_matter(values, random):
    shuffled = random.sample(values, len(values))
    for model in MODELS:
        assert np.allclose(model.contributions(one_population(values)), model.contributions(one_population(shuffled)))


@given(sizes, st.floats(0.1, 50.0))
def test_one_more_defect_never_softens(values, extra):
    for model in MODELS[:2]:
        before = model.contributions(one_population(values))
        assert model.contributions(one_population([*values, extra])) >= before * (1 - 1e-12)


@given(sizes)
def test_a_thinner_foil_is_harder(values):
    for model in MODELS:
        thick = model.contributions(one_population(values, 2e7))
        assert np.all(model.contributions(one_population(values, 1e7)) > thick)


@given(st.lists(st.just(0.0) | st.floats(1e-100, 1e4), max_size=8))
def test_quadrature_lies_between_the_largest_and_the_sum(values):
    contributions = ureg.Quantity(np.array(values, dtype=float), "MPa")
    linear = total_hardening(contributions, "linear").magnitude
    quadrature = total_hardening(contributions, "quadrature").magnitude
    assert max(values, default=0.0) * (1 - 1e-12) <= quadrature <= linear * (1 + 1e-12)


FUNCTIONS: dict[str, Any] = {
    "dispersed barrier": partial(dispersed_barrier_hardening, barrier_strength=0.3),
    "Bacon, Kocks and Scattergood": bacon_kocks_scattergood_hardening,
    "Friedel, Kroupa and Hirsch": friedel_kroupa_hirsch_hardening,
}
POWERS = {"dispersed barrier": (1 / 2, 1 / 2), "Friedel, Kroupa and Hirsch": (2 / 3, 1)}
"""Of number density and diameter, where the model is a product of powers."""

densities, diameters = st.floats(1e19, 1e23), st.floats(1, 60)
LENGTHS = {"nanometer": 1.0, "angstrom": 10.0, "micrometer": 1e-3, "meter": 1e-9}


def hardening_of(name, density_m3, diameter_nm, *, unit="nanometer", modulus="82 GPa", burgers_nm=0.25):
    per_nm = LENGTHS[unit]
    return (
        FUNCTIONS[name](
            ureg.Quantity(density_m3 * (1e-9 / per_nm) ** 3, f"1 / {unit} ** 3"),
            ureg.Quantity(diameter_nm * per_nm, unit),
            taylor_factor=3.06,
            shear_modulus=modulus,
            burgers_vector=ureg.Quantity(burgers_nm * per_nm, unit),
        )
        .to("MPa")
        .magnitude
    )


@given(st.sampled_from(list(FUNCTIONS)), densities, diameters, st.sampled_from(list(LENGTHS)))
def test_the_unit_of_lengths_does_not_matter(name, density, diameter, unit):
    assert np.isclose(hardening_of(name, density, diameter, unit=unit), hardening_of(name, density, diameter))


@given(st.sampled_from(list(FUNCTIONS)), densities, diameters, st.floats(0.2, 5))
def test_a_crystal_that_is_magnified_is_as_strong(name, density, diameter, scale):
    """With all lengths scaled (spacing, size and Burgers vector), nothing but the modulus sets a stress."""
    magnified = hardening_of(name, density / scale**3, diameter * scale, burgers_nm=0.25 * scale)
    assert np.isclose(magnified, hardening_of(name, density, diameter))


@given(st.sampled_from(list(FUNCTIONS)), densities, diameters, st.floats(0.2, 5))
def test_stress_goes_with_the_shear_modulus(name, density, diameter, scale):
    scaled = hardening_of(name, density, diameter, modulus=f"{82 * scale} GPa")
    assert np.isclose(scaled, scale * hardening_of(name, density, diameter))


@given(st.sampled_from(list(POWERS)), densities, diameters, st.floats(0.2, 5))
def test_density_and_diameter_enter_with_the_powers_of_the_model(name, density, diameter, scale):
    of_density, of_diameter = POWERS[name]
    once = hardening_of(name, density, diameter)
    assert np.isclose(hardening_of(name, density * scale, diameter), scale**of_density * once)
    assert np.isclose(hardening_of(name, density, diameter * scale), scale**of_diameter * once)


@given(sizes)
def test_orowan_is_a_dispersed_barrier_of_strength_1(values):
    population = one_population(values)
    hard = attrs.evolve(population, barrier_strengths=np.array([1.0]))
    free = DispersedBarrier(binning=Binning.unbinned())
    assert np.isclose(Orowan().contributions(population)[0], free.contributions(hard)[0])
