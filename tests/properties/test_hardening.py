from __future__ import annotations

import itertools

import numpy as np
from hypothesis import given, strategies as st

from defectkit.conventions import DEFECTKIT
from defectkit.hardening import Binning, DispersedBarrier, FriedelKroupaHirsch, Populations, total_hardening
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
