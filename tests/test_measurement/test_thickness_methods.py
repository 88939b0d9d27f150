"""Thickness by CBED and by EELS, against closed forms and published values."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, strategies as st

from defectkit.errors import RecordError, UnitError
from defectkit.measurement.thickness_cbed import fringe_deviations, fringe_thickness
from defectkit.measurement.thickness_eels import (
    iakoubovskii_mean_free_path,
    log_ratio_thickness,
    malis_mean_free_path,
)


def fringes(thickness: float, extinction: float, count: int) -> np.ndarray:
    """What the two-beam formula gives: numbers begin above t / xi."""
    n = math.floor(thickness / extinction) + 1 + np.arange(count)
    deviations: np.ndarray = n * np.sqrt(1 / thickness**2 - 1 / (n * extinction) ** 2)
    return deviations


@given(st.floats(40, 300), st.floats(20, 120), st.integers(4, 8))
def test_fringes_give_thickness_extinction_distance_and_number(thickness: float, extinction: float, count: int) -> None:
    s = fringes(thickness, extinction, count)
    first = math.floor(thickness / extinction) + 1
    if s[0] <= 1e-6 or first > 12:
        return
    found = fringe_thickness(s)
    assert found.first_number == first
    assert found.thickness.nm == pytest.approx(thickness, rel=1e-6)
    assert found.extinction_distance_nm == pytest.approx(extinction, rel=1e-5)
    assert found.thickness.uncertainty_nm < 1e-3 * thickness


def test_the_uncertainty_is_that_of_fringes_which_scatter() -> None:
    rng = np.random.default_rng(1)
    exact = fringes(120, 50, 7)
    fits = [fringe_thickness(exact * (1 + 0.01 * rng.standard_normal(7)), first_number=3) for _ in range(300)]
    off = np.array([fit.thickness.nm - 120 for fit in fits])
    stated = np.array([fit.thickness.uncertainty_nm for fit in fits])
    assert off.std() == pytest.approx(np.sqrt(np.mean(stated**2)), rel=0.35)
    assert abs(off.mean()) < 0.5


@pytest.mark.parametrize(
    "bad", [[0.01, 0.02], [0.02, 0.01, 0.03], [0.0, 0.01, 0.02], [0.01, np.nan, 0.02], [[1.0] * 3]]
)
def test_what_are_no_fringes(bad: list[float]) -> None:
    with pytest.raises(RecordError, match="at least 3 deviations"):
        fringe_thickness(bad)


def test_fringes_that_no_foil_has() -> None:
    with pytest.raises(RecordError, match="no numbers give a falling line"):
        fringe_thickness([0.1, 0.1001, 0.1002], first_number=1)
    with pytest.raises(RecordError, match="at least 1"):
        fringe_thickness([0.01, 0.02, 0.03], first_number=0)


def test_deviations_need_lengths() -> None:
    with pytest.raises(UnitError):
        fringe_deviations([1.0], 10.0, wavelength="2.51", plane_spacing="0.2 nm")
    with pytest.raises(RecordError, match="are positive"):
        fringe_deviations([1.0], 0.0, wavelength="2.51 pm", plane_spacing="0.2 nm")


# EELS -----------------------------------------------------------------------------------------------------------------


@given(st.floats(0.05, 3), st.floats(20, 300), st.floats(0, 0.3), st.floats(0, 0.01))
def test_the_log_ratio_and_its_error(ratio: float, path: float, of_path: float, of_ratio: float) -> None:
    found = log_ratio_thickness(math.exp(ratio), 1.0, f"{path!r} +/- {path * of_path!r} nm", ratio_uncertainty=of_ratio)
    assert found.nm == pytest.approx(path * ratio)
    assert found.uncertainty_nm / found.nm == pytest.approx(math.hypot(of_path, of_ratio / ratio))


@pytest.mark.parametrize(("total", "zero"), [(1.0, 1.0), (1.0, 2.0), (1.0, 0.0), (math.inf, 1.0), (math.nan, 1.0)])
def test_what_is_no_spectrum(total: float, zero: float) -> None:
    with pytest.raises(RecordError, match="log-ratio"):
        log_ratio_thickness(total, zero, "100 nm")


def test_mean_free_paths_of_silicon_that_were_measured() -> None:
    """P. L. Potapov, Ultramicroscopy 147 (2014) 21: 150 nm at 200 keV, 179 nm at 300 keV; Malis' is 15 % smaller."""
    for energy, measured in (("200 keV", 150), ("300 keV", 179)):
        assert iakoubovskii_mean_free_path(2.33, beam_energy=energy) == pytest.approx(measured, rel=0.01)
    assert malis_mean_free_path(14, beam_energy="200 keV", collection_angle_mrad=20) < 0.85 * 150


def test_angles() -> None:
    wide = iakoubovskii_mean_free_path(7.9, beam_energy="200 keV")
    for alpha, beta in ((0, 1e6), (1e6, 1), (0, 10), (10, 0.1), (5, 20)):
        found = iakoubovskii_mean_free_path(
            7.9, beam_energy="200 keV", convergence_angle_mrad=alpha, collection_angle_mrad=beta
        )
        assert found == pytest.approx(wide, rel=1e-6) if max(alpha, beta) > 1e5 else found > wide
    one, other = (
        iakoubovskii_mean_free_path(7.9, beam_energy="200 keV", convergence_angle_mrad=a, collection_angle_mrad=b)
        for a, b in ((4, 11), (11, 4))
    )
    assert one == other


@pytest.mark.parametrize(
    "call",
    [
        lambda: malis_mean_free_path(0, beam_energy="200 keV", collection_angle_mrad=10),
        lambda: malis_mean_free_path(26, beam_energy="200 keV", collection_angle_mrad=0.01),
        lambda: malis_mean_free_path(26, beam_energy="0 keV", collection_angle_mrad=10),
        lambda: iakoubovskii_mean_free_path(-1, beam_energy="200 keV"),
        lambda: iakoubovskii_mean_free_path(7.9, beam_energy="200 keV", collection_angle_mrad=0),
    ],
)
def test_what_has_no_mean_free_path(call: object) -> None:
    with pytest.raises(RecordError, match="mean free path"):
        call()  # type: ignore[operator]  # one of the functions above
