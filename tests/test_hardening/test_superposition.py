"""Strong obstacles, and what several kinds of obstacles do together."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, strategies as st

from defectkit.errors import HardeningError
from defectkit.hardening import (
    bacon_kocks_scattergood_hardening,
    linear_share,
    power_law_superposition,
    total_hardening,
    weighted_superposition,
)
from defectkit.units import Quantity, ureg

stresses = st.lists(st.floats(0, 1e4), min_size=1, max_size=6).map(
    lambda values: ureg.Quantity(np.array(values), "MPa")
)


@given(stresses)
def test_powers_of_1_and_2_are_the_totals_of_the_paper(contributions: Quantity) -> None:
    for exponent, name in ((1, "linear"), (2, "quadrature")):
        expected = total_hardening(contributions, name).magnitude
        assert power_law_superposition(contributions, exponent).magnitude == pytest.approx(expected)


@given(stresses, st.floats(1, 8), st.floats(1, 8))
def test_a_larger_exponent_gives_less_and_never_less_than_the_largest(
    contributions: Quantity, one: float, other: float
) -> None:
    low, high = sorted((one, other))
    more, less = (power_law_superposition(contributions, n).magnitude for n in (low, high))
    assert contributions.magnitude.max() * (1 - 1e-12) <= less <= more * (1 + 1e-12)


@given(st.floats(0, 1e3), st.floats(0, 1e3), st.floats(0, 1))
def test_a_weighted_superposition_lies_between_linear_and_quadrature(a: float, b: float, share: float) -> None:
    mixed = weighted_superposition(ureg.Quantity(a, "MPa"), ureg.Quantity(b, "MPa"), share=share).magnitude
    assert np.hypot(a, b) * (1 - 1e-12) <= mixed <= (a + b) * (1 + 1e-12)


def test_shares_stay_within_their_bounds() -> None:
    assert linear_share(strong=0.1, weak=0.1) == 0
    assert linear_share(strong=1.2, weak=0.0) == 1
    assert linear_share(strong=0.6, weak=0.05) == pytest.approx(0.6 - 0.25 + 0.099)


@pytest.mark.parametrize("exponent", [0.5, -1, np.nan, np.inf])
def test_an_exponent_below_1_is_none(exponent: float) -> None:
    with pytest.raises(HardeningError, match="exponent"):
        power_law_superposition(ureg.Quantity([1.0], "MPa"), exponent)


@pytest.mark.parametrize("share", [-0.1, 1.1, np.nan])
def test_a_share_is_between_0_and_1(share: float) -> None:
    with pytest.raises(HardeningError, match="share"):
        weighted_superposition(ureg.Quantity(1.0, "MPa"), ureg.Quantity(1.0, "MPa"), share=share)


def hardening(density: str, diameter: str, **more: Any) -> float:
    constants: dict[str, Any] = {"taylor_factor": 3.06, "shear_modulus": "82 GPa", "burgers_vector": "0.249 nm"}
    return float(bacon_kocks_scattergood_hardening(density, diameter, **constants, **more).magnitude)


def test_strong_obstacles_by_hand() -> None:
    spacing, b, d = 1 / np.sqrt(1e-5 * 5), 0.249, 5.0
    harmonic = d * spacing / (d + spacing)
    ours = 3.06 * 82000 * b / (2 * np.pi * spacing) * (np.log(harmonic / b) + 0.7) ** 1.5 / np.sqrt(np.log(spacing / b))
    assert hardening("1e22 1/m^3", "5 nm") == pytest.approx(ours)


def test_strong_obstacles_stay_below_the_bound_of_orowan_and_grow() -> None:
    orowan = 3.06 * 82000 * 0.249 * np.sqrt(1e-5 * 5)
    assert 0 < hardening("1e22 1/m^3", "5 nm") < orowan
    assert hardening("1e22 1/m^3", "5 nm") < hardening("2e22 1/m^3", "5 nm") < hardening("2e22 1/m^3", "9 nm")
    assert hardening("1e22 1/m^3", "5 nm", core_constant=1.52) > hardening("1e22 1/m^3", "5 nm")


def test_no_obstacle_does_nothing() -> None:
    assert hardening("0 1/m^3", "5 nm") == hardening("1e22 1/m^3", "0 nm") == hardening("1e22 1/m^3", "0.01 nm") == 0
