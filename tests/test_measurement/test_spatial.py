"""Spatial statistics against sums written out, and against what is expected of points at random."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, strategies as st
from numpy.typing import NDArray

from defectkit.errors import RecordError
from defectkit.measurement.spatial import nearest_neighbour_distances, pair_correlation, random_envelope, ripley_k

FRAME = (40.0, 60.0)
RADII = np.array([1.0, 5.0, 12.0, 20.0])
coordinates = st.tuples(st.floats(0, 40), st.floats(0, 60))
many = st.lists(coordinates, min_size=2, max_size=12, unique=True).map(np.array)


@given(many)
def test_k_is_the_sum_over_pairs(points: NDArray[np.float64]) -> None:
    n, area = len(points), FRAME[0] * FRAME[1]
    expected = np.zeros(len(RADII))
    for a, b in itertools.permutations(points, 2):
        dy, dx = np.abs(a - b)
        if np.hypot(dy, dx) <= RADII[-1]:
            expected += (np.hypot(dy, dx) <= RADII) / ((FRAME[0] - dy) * (FRAME[1] - dx))
    assert ripley_k(points, FRAME, RADII) == pytest.approx(area**2 / (n * (n - 1)) * expected)


@given(many)
def test_nearest_neighbours_are_the_smallest_distances(points: NDArray[np.float64]) -> None:
    apart = np.hypot(*(points[:, None] - points[None]).transpose(2, 0, 1))
    np.fill_diagonal(apart, np.inf)
    assert nearest_neighbour_distances(points) == pytest.approx(apart.min(axis=1))


def test_points_at_random_have_the_k_of_discs_on_average() -> None:
    rng = np.random.default_rng(1)
    drawn = [ripley_k(rng.uniform((0, 0), FRAME, (50, 2)), FRAME, RADII) for _ in range(2000)]
    error = np.std(drawn, axis=0) / np.sqrt(len(drawn))
    assert np.all(np.abs(np.mean(drawn, axis=0) - np.pi * RADII**2) < 4 * error)


def test_clusters_and_lattices_are_told_from_points_at_random() -> None:
    rng = np.random.default_rng(2)
    low, high = random_envelope(96, FRAME, RADII, n_simulations=99)
    centers = rng.uniform((5, 5), (35, 55), (12, 2))
    clusters = (centers[:, None] + rng.normal(0, 0.7, (12, 8, 2))).reshape(-1, 2)
    lattice = np.stack(np.meshgrid(np.arange(2.5, 40, 5), np.arange(2.5, 60, 5), indexing="ij"), -1).reshape(-1, 2)
    assert ripley_k(clusters, FRAME, RADII)[0] > high[0]
    assert ripley_k(lattice, FRAME, RADII)[0] == 0 <= low[0]
    assert pair_correlation(clusters, FRAME, np.array([0.0, 2.0, 10.0]))[0] > 5


def test_units_scale_out() -> None:
    points = np.random.default_rng(3).uniform((0, 0), FRAME, (30, 2))
    scaled = ripley_k(points * 2.5, (FRAME[0] * 2.5, FRAME[1] * 2.5), RADII * 2.5)
    assert scaled == pytest.approx(ripley_k(points, FRAME, RADII) * 2.5**2)


def test_too_few_points() -> None:
    assert np.isnan(nearest_neighbour_distances(np.zeros((1, 2)))).all()
    assert np.isnan(ripley_k(np.zeros((1, 2)), FRAME, RADII)).all()


@pytest.mark.parametrize(
    ("points", "radii", "message"),
    [
        (np.array([[50.0, 1.0], [1.0, 1.0]]), RADII, "outside the frame"),
        (np.ones((2, 2)), np.array([1.0, 30.0]), "half the shorter side"),
        (np.ones((2, 2)), np.array([2.0, 1.0]), "rise"),
    ],
)
def test_what_cannot_be(points: NDArray[np.float64], radii: NDArray[np.float64], message: str) -> None:
    with pytest.raises(RecordError, match=message):
        ripley_k(points, FRAME, radii)
