"""Numbers that can be checked with a pocket calculator."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from defectkit.errors import ConventionError, SwellingError, UnitError
from defectkit.hardening import (
    bacon_kocks_scattergood_hardening,
    dispersed_barrier_hardening,
    friedel_kroupa_hirsch_hardening,
    load_material,
    swelling,
    total_hardening,
)
from defectkit.units import ureg

CONSTANTS: dict[str, Any] = {"taylor_factor": 3.06, "shear_modulus": "82 GPa", "burgers_vector": "0.249 nm"}


def test_loops_of_20_nm_at_1e22_per_cubic_meter():
    stress = dispersed_barrier_hardening("1e22 1/m^3", "20 nm", barrier_strength=0.11, **CONSTANTS)
    assert stress.units == ureg.megapascal
    assert stress.magnitude == pytest.approx(97.19, abs=0.005)


@pytest.mark.parametrize(("defect_type", "product"), [("loop_111", 6872.7), ("loop_100", 19993.3), ("bdot", 6247.9)])
def test_products_of_the_constants_of_table_9(defect_type, product):
    m = load_material("fecral")
    assert m.taylor_factor is not None
    stress = m.taylor_factor * m.barrier_strengths[defect_type] * m.shear_modulus * m.burgers_vector
    assert stress.to("MPa nm").magnitude == pytest.approx(product, abs=0.05)


def test_arrays_broadcast():
    density = ureg.Quantity(np.array([[1e22], [4e22]]), "1 / m^3")
    diameter = ureg.Quantity(np.array([0.0, 200.0]), "angstrom")
    stress = dispersed_barrier_hardening(density, diameter, barrier_strength=0.11, **CONSTANTS)
    assert stress.magnitude == pytest.approx(np.array([[0, 97.190], [0, 194.380]]), rel=1e-4)


def test_weak_obstacles_by_hand():
    # (1e22 / m^3)^(2/3) = (1e-5 / nm^3)^(2/3) = 10^(-10/3) / nm^2
    stress = friedel_kroupa_hirsch_hardening("1e22 1/m^3", "2 nm", **CONSTANTS)
    assert stress.magnitude == pytest.approx(3.06 * 82000 * 0.249 * 2 * 10 ** (-10 / 3) / 8)
    doubled = friedel_kroupa_hirsch_hardening("8e22 1/m^3", "2 nm", **CONSTANTS)
    assert doubled.magnitude == pytest.approx(4 * stress.magnitude)


@pytest.mark.parametrize(
    "function", [dispersed_barrier_hardening, friedel_kroupa_hirsch_hardening, bacon_kocks_scattergood_hardening]
)
def test_an_areal_density_is_not_a_number_density(function):
    options = CONSTANTS | ({"barrier_strength": 0.1} if function is dispersed_barrier_hardening else {})
    with pytest.raises(UnitError, match="it is an areal density, and a number density is needed"):
        function("1e-4 1/nm^2", "20 nm", **options)
    with pytest.raises(UnitError, match=r"diameter: .* it is an area, and a length is needed"):
        function("1e22 1/m^3", "20 nm^2", **options)
    with pytest.raises(UnitError, match=r"shear modulus: .* it is a length, and a stress is needed"):
        function("1e22 1/m^3", "20 nm", **(options | {"shear_modulus": "82 nm"}))
    with pytest.raises(UnitError, match="negative"):
        function("1e22 1/m^3", "-20 nm", **options)
    with pytest.raises(UnitError, match="no unit"):
        function("1e22 1/m^3", np.array([20.0]), **options)


def test_totals():
    contributions = ureg.Quantity(np.array([[3.0, 4.0, 12.0], [0.0, 0.0, 0.0]]), "MPa")
    assert total_hardening(contributions, "linear").magnitude.tolist() == [19, 0]
    assert total_hardening(contributions, "quadrature").magnitude.tolist() == [13, 0]
    assert total_hardening(ureg.Quantity(np.empty((2, 0)), "GPa"), "linear").magnitude.tolist() == [0, 0]
    with pytest.raises(ConventionError, match="linear, quadrature"):
        total_hardening(contributions, "cubic")


def test_swelling_by_hand():
    # one cavity of 6 nm holds 36 pi nm^3
    diameters = ureg.Quantity([60.0], "angstrom")
    percent = swelling(diameters, area="100 nm^2", foil_thickness="10 nm")
    assert percent.magnitude == pytest.approx(100 * 36 * np.pi / (1000 - 36 * np.pi))
    assert percent.units == ureg.percent
    assert swelling(ureg.Quantity(np.empty(0), "nm"), area="1 nm^2", foil_thickness="1 nm").magnitude == 0


def test_cavities_cannot_fill_more_than_the_foil():
    with pytest.raises(SwellingError, match="foil only 1000 nm"):
        swelling(ureg.Quantity([20.0], "nm"), area="100 nm^2", foil_thickness="10 nm")
