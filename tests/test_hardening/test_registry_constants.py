"""Constants of the registry that follow from others, computed again."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import linprog
from scipy.spatial.transform import Rotation

from defectkit.hardening import load_material

Floats = NDArray[np.float64]

STIFFNESSES_GPA = {
    "iron": {"c11": 232.2, "c12": 136.4, "c13": 136.4, "c33": 232.2, "c44": 117.0, "c66": 117.0},
    "steel-316l": {"c11": 218.3, "c12": 144.8, "c13": 144.8, "c33": 218.3, "c44": 125.4, "c66": 125.4},
    "titanium": {"c11": 162.5, "c12": 91.8, "c13": 68.9, "c33": 180.6, "c44": 46.8, "c66": (162.5 - 91.8) / 2},
    "zirconium": {"c11": 143.4, "c12": 72.8, "c13": 65.3, "c33": 164.8, "c44": 32.0, "c66": (143.4 - 72.8) / 2},
}


def bounds(*, c11: float, c12: float, c13: float, c33: float, c44: float, c66: float) -> tuple[float, float]:
    """Voigt's and Reuss's bounds of the shear modulus of a polycrystal without texture."""
    c = np.zeros((6, 6))
    c[:3, :3] = [[c11, c12, c13], [c12, c11, c13], [c13, c13, c33]]
    c[3:, 3:] = np.diag([c44, c44, c66])
    s = np.linalg.inv(c)
    upper, diagonal = np.triu_indices(3, 1), np.diag
    voigt = (diagonal(c)[:3].sum() - c[upper].sum() + 3 * diagonal(c)[3:].sum()) / 15
    reuss = 15 / (4 * diagonal(s)[:3].sum() - 4 * s[upper].sum() + 3 * diagonal(s)[3:].sum())
    return float(voigt), float(reuss)


@pytest.mark.parametrize("name", STIFFNESSES_GPA)
def test_a_shear_modulus_is_the_mean_of_its_bounds_and_its_uncertainty_their_distance(name: str) -> None:
    voigt, reuss = bounds(**STIFFNESSES_GPA[name])
    material = load_material(name)
    assert material.shear_modulus.to("GPa").magnitude == pytest.approx((voigt + reuss) / 2, abs=0.05)
    stated = material.uncertainty("shear_modulus")
    assert stated is not None
    assert stated.to("GPa").magnitude == pytest.approx((voigt - reuss) / np.sqrt(12), abs=0.05)


@pytest.mark.parametrize(("name", "measured"), [("iron", 81.6), ("titanium", 43.8), ("zirconium", 36.0)])
def test_moduli_are_those_of_polycrystals_in_handbooks(name: str, measured: float) -> None:
    """Tables of Kaye and Laby, for zirconium the handbook of Samsonov; both as PyDislocDyn aa95755 quotes them."""
    assert load_material(name).shear_modulus.to("GPa").magnitude == pytest.approx(measured, rel=0.01)


def test_burgers_vectors_follow_from_lattice_parameters() -> None:
    mass = 100 / (69 / 55.845 + 17 / 51.996 + 12 / 58.693 + 2 / 95.95)
    edge = (4 * mass * 1e-3 / 7957.5 / 6.02214076e23) ** (1 / 3) * 1e9
    expected = {
        "iron": 0.28665 * np.sqrt(3) / 2,
        "steel-316l": edge / np.sqrt(2),
        "titanium": 0.29506,
        "zirconium": 0.32316,
    }
    for name, length in expected.items():
        assert load_material(name).burgers_vector.to("nm").magnitude == pytest.approx(length, abs=6e-5)


def taylor_factor(rotation: Floats) -> float:
    """The least sum of slips on twelve {111}<110> systems that stretches a crystal along one axis."""
    normals = np.array([(1, 1, 1), (-1, 1, 1), (1, -1, 1), (1, 1, -1)]) / np.sqrt(3)
    directions = np.array([(0, 1, 1), (0, 1, -1), (1, 0, 1), (1, 0, -1), (1, 1, 0), (1, -1, 0)]) / np.sqrt(2)
    products = [np.outer(d, n) for n, d in itertools.product(normals, directions) if abs(n @ d) < 1e-9]
    strain = rotation @ np.diag([1.0, -0.5, -0.5]) @ rotation.T
    rows = np.triu_indices(3)
    slips = np.array([(m + m.T)[rows] / 2 for m in products]).T
    found = linprog(np.ones(24), A_eq=np.hstack([slips, -slips]), b_eq=strain[rows], method="highs")
    assert found.fun is not None
    return float(found.fun)


def test_the_taylor_factor_of_cubic_metals_is_that_of_random_orientations() -> None:
    """The mean of 1,000 orientations has a standard error of 0.01; Bishop and Hill (1951) give 3.06."""
    rotations = Rotation.random(1000, rng=0).as_matrix()
    mean = np.mean([taylor_factor(rotation) for rotation in rotations])
    for name in ("iron", "steel-316l"):
        assert load_material(name).taylor_factor == pytest.approx(mean, abs=0.02)
