"""Patterns of defects and densities along a line, of whole analyses."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from defectkit.errors import EmptyInputError, PairingError, RecordError, UnitError
from defectkit.records import Image, Instances
from defectkit.workflows import Analysis, measure_labels
from defectkit.workflows.boundary import boundary_profile
from defectkit.workflows.spatial import spatial_statistics

SIDE = 400
PIXEL_NM = 2.0


def disc_at(centers: NDArray[np.int64]) -> Instances:
    masks = np.zeros((len(centers), SIDE, SIDE), bool)
    for mask, (row, column) in zip(masks, centers, strict=True):
        mask[row : row + 3, column : column + 3] = True
    return Instances.from_masks(masks, types=["bdot"] * len(centers), shape=(SIDE, SIDE))


def analysis_of(**centers: NDArray[np.int64]) -> Analysis:
    images = [
        Image.from_array(name, np.zeros((SIDE, SIDE), np.uint8), pixel_size=f"{PIXEL_NM} nm", foil_thickness="100 nm")
        for name in centers
    ]
    return measure_labels({name: disc_at(own) for name, own in centers.items()}, images)


def anywhere(n: int, seed: int) -> NDArray[np.int64]:
    return np.random.default_rng(seed).integers(0, SIDE - 3, (n, 2))


def test_defects_at_random_lie_within_chance_and_clusters_do_not() -> None:
    random = spatial_statistics(analysis_of(a=anywhere(80, 1), b=anywhere(80, 2)))
    assert random.attrs["n_images"] == 2 and random["radius"].attrs["units"] == "nanometer"
    low, high = (random[f"ripley_k_random_{end}"] for end in ("low", "high"))
    inside = (random["ripley_k"] >= low) & (random["ripley_k"] <= high)
    assert inside.sel(defect_type="all").mean() > 0.6
    seeds = anywhere(10, 3)
    rng = np.random.default_rng(4)
    clustered = np.clip(np.repeat(seeds, 8, axis=0) + rng.integers(-12, 12, (80, 2)), 0, SIDE - 3)
    found = spatial_statistics(analysis_of(a=clustered)).sel(defect_type="bdot")
    assert (found["ripley_k"] > found["ripley_k_random_high"]).all()
    assert found["pair_correlation"].values[2] > 3
    assert found["nearest_neighbour_mean"] < found["nearest_neighbour_mean_random_low"]


def test_images_are_weighted_by_their_pairs() -> None:
    """Of two images with the same points, all together are what each is."""
    points, radii = anywhere(40, 5), np.array([20.0, 60.0])
    one = spatial_statistics(analysis_of(a=points), radii_nm=radii, n_simulations=3)
    two = spatial_statistics(analysis_of(a=points, b=points), radii_nm=radii, n_simulations=3)
    assert two["ripley_k"].values == pytest.approx(one["ripley_k"].values)
    assert two["nearest_neighbour_mean"].values == pytest.approx(one["nearest_neighbour_mean"].values)


def test_too_few_defects_have_no_pattern() -> None:
    none = spatial_statistics(analysis_of(a=anywhere(1, 0)), n_simulations=3)
    assert none["ripley_k"].isnull().all() and none["nearest_neighbour_mean"].isnull().all()
    assert none["ripley_k"].sizes == {"defect_type": 2, "radius": 20}


def test_radii_beyond_the_image_are_refused() -> None:
    with pytest.raises(RecordError, match="half the shorter side"):
        spatial_statistics(analysis_of(a=anywhere(5, 0)), radii_nm=np.array([SIDE * PIXEL_NM]))


def test_a_denuded_zone_is_seen_and_the_density_beyond_it_is_unbiased() -> None:
    """Defects at random, none nearer than 60 nm to a slanting line: 1,500 of them in eight images."""
    line = [(100.0, 0.0), (300.0, 400.0)]
    start, end = (np.array(v)[::-1] for v in line)
    along = (end - start) / np.hypot(*(end - start))
    centers = {}
    for seed in range(8):
        drawn = anywhere(300, seed)
        away = np.abs((drawn + 1.5 - start) @ np.array([along[1], -along[0]])) * PIXEL_NM
        centers[f"image {seed}"] = drawn[away > 60][:190]
    analysis = analysis_of(**centers)
    profile = boundary_profile(analysis, dict.fromkeys(centers, line), width="20 nm").sel(defect_type="bdot")
    assert profile["count"].sum() == analysis.n_defects
    assert float(profile["area"].sum()) == pytest.approx(8 * (SIDE * PIXEL_NM) ** 2, rel=1e-9)
    assert profile["count"].values[:3].tolist() == [0, 0, 0] and (profile["areal_density_low"].values[:3] == 0).all()
    beyond = profile.isel(distance=slice(3, 14))
    area = float(profile["area"].values[3:].sum())
    density = analysis.n_defects / area
    held = (beyond["areal_density_low"] <= density) & (density <= beyond["areal_density_high"])
    assert held.sum() >= 8
    assert float(beyond["count"].sum() / beyond["area"].sum()) == pytest.approx(density, rel=0.05)


def test_lines_that_cannot_be_are_refused() -> None:
    analysis = analysis_of(a=anywhere(5, 0))
    with pytest.raises(EmptyInputError, match="no line"):
        boundary_profile(analysis, {}, width="20 nm")
    with pytest.raises(PairingError, match="'b'"):
        boundary_profile(analysis, {"b": [(0, 0), (1, 1)]}, width="20 nm")
    with pytest.raises(RecordError, match="two different vertices"):
        boundary_profile(analysis, {"a": [(0, 0)]}, width="20 nm")
    for width in ("0 nm", "3 nm^2"):
        with pytest.raises(UnitError, match="width of the strips"):
            boundary_profile(analysis, {"a": [(0, 0), (1, 1)]}, width=width)
