from __future__ import annotations

import numpy as np
import pytest

from defectkit.conventions import DEFECTKIT, JACOBS2022
from defectkit.errors import ConventionError
from defectkit.hardening import Binning, DispersedBarrier, Populations
from defectkit.hardening.binning import bin_centers, bin_numbers

SIZES = np.sort(np.random.default_rng(48).gamma(4.0, 6.0, 48))
"""48 loops of one image, 6 to 55 nm."""


def hardening(sizes, binning, types=("loop_111",), members=None):
    """Hardening in a foil of 100 nm under 1024 x 1024 pixels of 0.478516 nm, with the constants of Table 9."""
    populations = Populations(
        sizes_nm=np.asarray(sizes, float),
        members=np.zeros(len(sizes), np.int64) if members is None else np.asarray(members),
        types=types,
        volumes_nm3=np.full(len(types), (1024 * 0.478516) ** 2 * 100),
        barrier_strengths=np.full(len(types), 0.11),
        burgers_vectors_nm=np.full(len(types), 0.249),
        taylor_factor=3.06,
        shear_modulus_mpa=82000.0,
        convention=DEFECTKIT,
    )
    return DispersedBarrier(binning=binning).contributions(populations)


def widths(representative, combination):
    """Bins of 80 nm (one holds all loops), each then cut in two, four times."""
    return [
        float(hardening(SIZES, Binning.of_width(f"{w} nm", representative=representative, combination=combination))[0])
        for w in (80, 40, 20, 10, 5)
    ]


def test_a_linear_sum_over_bins_grows_as_the_bins_get_finer():
    assert SIZES.max() < 80
    stress = widths("mean", "linear")
    free = hardening(SIZES, Binning.unbinned())[0]
    assert stress[0] == pytest.approx(free)
    assert np.all(np.diff(stress) > 0)
    assert stress[-1] > 2 * stress[0]
    limit = float(np.sum(hardening(SIZES, Binning.unbinned(), ("loop_111",) * 48, np.arange(48))))
    finest = hardening(SIZES, Binning.of_width("1e-6 nm", representative="mean", combination="linear"))[0]
    assert finest == pytest.approx(limit)


def test_the_root_of_squares_does_not_depend_on_the_bins():
    free = hardening(SIZES, Binning.unbinned())[0]
    assert widths("mean", "quadrature") == pytest.approx([free] * 5)
    centers = widths("center", "quadrature")
    assert centers[2:] == pytest.approx([free] * 3, rel=0.02)


def test_the_grid_of_the_paper_by_hand():
    # bins of 10 nm: two loops under 15 nm, one under 25 nm
    stress = hardening([11.0, 19.9, 20.0], Binning.of_convention(JACOBS2022))[0]
    volume = (1024 * 0.478516) ** 2 * 100
    expected = 3.06 * 0.11 * 82000 * 0.249 * (np.sqrt(2 * 15 / volume) + np.sqrt(25 / volume))
    assert stress == pytest.approx(expected)


def test_black_dots_have_bins_of_their_own_under_the_convention_of_the_paper():
    binning = Binning.of_convention(JACOBS2022)
    for defect_type, width in (("bdot", 2), ("loop_100", 10)):
        edges = binning.edges_of(defect_type)
        assert edges is not None
        assert np.diff(edges) == pytest.approx(width)
    assert not binning.is_bin_free
    assert Binning.of_convention(DEFECTKIT).is_bin_free


def test_no_defect_is_dropped_beyond_the_last_edge():
    edges = (0.0, 2.0, 18.0)
    numbers = bin_numbers(np.array([17.99, 18.0, 33.9, 34.0]), edges)
    assert numbers.tolist() == [1, 2, 2, 3]
    assert bin_centers(numbers, edges).tolist() == [10, 26, 26, 42]


def test_sizes_below_the_first_edge_have_bins_too():
    edges = (10.0, 14.0, 20.0)
    numbers = bin_numbers(np.array([9.9, 6.0, 5.9]), edges)
    assert numbers.tolist() == [-1, -1, -2]
    assert bin_centers(numbers, edges).tolist() == [8, 8, 4]


def test_populations_do_not_share_bins():
    binning = Binning.of_convention(JACOBS2022)
    apart = hardening([12.0, 13.0], binning, ("loop_111", "loop_111"), [0, 1])
    assert apart == pytest.approx(hardening([12.0], binning).tolist() * 2)


def test_a_type_without_edges_is_not_binned():
    binning = Binning(edges_nm={"bdot": (0, 2)}, representative="center", combination="quadrature")
    assert hardening([7.7], binning) == pytest.approx(hardening([7.7], Binning.unbinned()))


@pytest.mark.parametrize("edges", [(), (1.0,), (2.0, 1.0), (0.0, np.inf), (-1.0, 1.0)])
def test_edges_that_are_none_are_refused(edges):
    with pytest.raises(ConventionError, match="edges"):
        Binning(edges_nm={"bdot": edges}, representative="mean", combination="linear")


def test_a_width_of_nothing_is_refused():
    with pytest.raises(ConventionError, match="edges"):
        Binning.of_width("0 nm", representative="mean", combination="linear")


def test_choices_that_are_none_are_refused():
    with pytest.raises(ConventionError, match="center, mean"):
        Binning.of_width("1 nm", representative="median", combination="linear")


def test_no_population_at_all():
    for binning in (Binning.unbinned(), Binning.of_convention(JACOBS2022)):
        assert hardening([], binning, ()).shape == (0,)
        assert hardening([], binning, ("bdot",)).tolist() == [0]
