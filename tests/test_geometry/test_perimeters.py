from __future__ import annotations

import numpy as np
import pytest
from skimage.measure import perimeter_crofton

from defectkit.errors import GeometryError
from defectkit.geometry.masks import masks_to_runs
from defectkit.geometry.perimeters import STEPS, direction_weights, perimeters
from defectkit.geometry.runs import Runs
from defectkit.geometry.shape import heywood_circularities


def entries(mask, step):
    """Pixels whose predecessor one step back is outside, from the dense mask."""
    padded = np.pad(mask, 3)
    return np.count_nonzero(padded & ~np.roll(padded, step, axis=(0, 1)))


def by_integration(mask, spacing, directions):
    """The Crofton sum with each direction's share of the half circle found by brute force."""
    angle = np.linspace(0, np.pi, 400_000, endpoint=False)
    steps = np.multiply(STEPS[directions], spacing)
    own = np.arctan2(steps[:, 0], steps[:, 1])
    apart = np.abs(angle - own[:, None])
    share = np.bincount(np.minimum(apart, np.pi - apart).argmin(axis=0), minlength=directions) / angle.size * np.pi
    between = np.prod(spacing) / np.hypot(*steps.T)
    return sum(entries(mask, s) * d * w for s, d, w in zip(STEPS[directions], between, share, strict=True))


def test_equals_scikit_image(blobs, blob_runs):
    assert np.allclose(perimeters(blob_runs), [perimeter_crofton(mask, directions=4) for mask in blobs], rtol=1e-13)


@pytest.mark.parametrize("directions", [4, 8])
@pytest.mark.parametrize("spacing", [(1.0, 1.0), (0.3, 0.3), (1.0, 2.0), (3.0, 1.0)])
def test_equals_the_sum_over_dense_masks(blobs, blob_runs, spacing, directions):
    ours = perimeters(blob_runs, spacing, directions)
    expected = [by_integration(mask, spacing, directions) for mask in blobs[::3]]
    assert np.allclose(ours[::3], expected, rtol=1e-4)


@pytest.mark.parametrize("directions", [4, 8])
def test_directions_share_half_a_turn(directions):
    for spacing in ((1.0, 1.0), (1.0, 5.0)):
        steps = np.multiply(STEPS[directions], spacing)
        between = np.prod(spacing) / np.hypot(*steps.T)
        assert (direction_weights(spacing, directions) / between).sum() == pytest.approx(np.pi)


@pytest.mark.parametrize("radius", [5, 6, 7, 8, 10, 12, 16, 20, 25])
def test_a_disc_has_a_heywood_factor_of_one(disc, radius):
    """Within 0.5 % for r >= 5 px, averaged over places on the grid."""
    rng = np.random.default_rng(radius)
    runs = masks_to_runs(disc(31.5 + rng.random(2), radius) for _ in range(300))
    assert heywood_circularities(runs).mean() == pytest.approx(1, abs=0.005)


@pytest.mark.parametrize("directions", [4, 8])
@pytest.mark.parametrize("spacing", [(1.0, 2.0), (2.0, 1.0), (0.5, 1.0), (1.0, 1.5)])
def test_a_disc_on_anisotropic_pixels_too(disc, spacing, directions):
    rng = np.random.default_rng(3)
    runs = masks_to_runs(disc(47.5 + rng.random(2), 20, spacing=spacing, shape=(96, 96)) for _ in range(60))
    assert heywood_circularities(runs, spacing, directions).mean() == pytest.approx(1, abs=0.005)


@pytest.mark.parametrize(("directions", "short", "long"), [(4, 0.948, 1.027), (8, 0.985, 1.0135)])
def test_straight_edges_are_off_by_as_much_as_documented(directions, short, long):
    row, col = np.indices((700, 700)) - 349.5
    ratios = []
    for degrees in (0, 10, 13.3, 22.5, 30, 35.8, 45):
        turn = np.radians(degrees)
        along = row * np.cos(turn) + col * np.sin(turn)
        across = col * np.cos(turn) - row * np.sin(turn)
        square = (np.abs(along) < 200) & (np.abs(across) < 200)
        ratios.append(perimeters(masks_to_runs([square]), directions=directions)[0] / 1600)
    assert short - 0.004 < min(ratios) < short + 0.01
    assert long - 0.01 < max(ratios) < long + 0.004


def test_holes_count():
    ring = np.ones((30, 30), bool)
    ring[10:20, 10:20] = False
    inner = np.zeros((30, 30), bool)
    inner[10:20, 10:20] = True
    whole, hole, both = perimeters(masks_to_runs([np.ones((30, 30), bool), inner, ring]))
    assert both == pytest.approx(whole + hole, rel=0.02)


def test_perimeter_scales_with_the_pixel(blob_runs):
    assert np.allclose(perimeters(blob_runs, (0.25, 0.25)), 0.25 * perimeters(blob_runs))


@pytest.mark.parametrize("directions", [4, 8])
def test_masks_beyond_int32(directions):
    side = 2**31 - 1
    wide = Runs(
        row=np.arange(3, dtype=np.int32),
        start=np.zeros(3, np.int32),
        end=np.full(3, side, np.int32),
        offsets=np.array([0, 3]),
    )
    upright = sum(
        direction_weights(directions=directions)[k] for k, (rows, _) in enumerate(STEPS[directions]) if rows == 1
    )
    two_down = sum(
        direction_weights(directions=directions)[k] for k, (rows, _) in enumerate(STEPS[directions]) if rows == 2
    )
    assert perimeters(wide, directions=directions)[0] == pytest.approx(side * (upright + 2 * two_down), rel=1e-6)


@pytest.mark.parametrize("directions", [4, 8])
def test_empty_masks(directions):
    assert perimeters(Runs.empty(), directions=directions).shape == (0,)
    assert perimeters(Runs.empty(2), directions=directions).tolist() == [0, 0]


@pytest.mark.parametrize("directions", [2, 16, "4", None])
def test_directions_are_four_or_eight(directions):
    with pytest.raises(GeometryError, match="only 4 and 8 are known"):
        perimeters(Runs.empty(1), directions=directions)
    with pytest.raises(GeometryError, match="only 4 and 8 are known"):
        direction_weights(directions=directions)


def test_spacing_must_be_two_positive_numbers():
    with pytest.raises(GeometryError, match="spacing is"):
        perimeters(Runs.empty(1), (0.0, 1.0))
