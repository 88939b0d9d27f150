from __future__ import annotations

import attrs
import numpy as np
import pytest
from defectkit_unet.data.crop import Crop
from defectkit_unet.data.warping import LARGEST_PX, SMALLEST_PX, TOO_LARGE_PX, TOO_SMALL_PX, Scene, turn, warp
from defectkit_unet.targets import OFFSET_PX, targets

from defectkit.synthesis import Ellipses


def ellipse(center: tuple[float, float], axes: tuple[float, float], angle: float, **columns: float) -> Ellipses:
    major = np.array([np.sin(angle), np.cos(angle)])
    minor = np.array([np.cos(angle), -np.sin(angle)])
    shape = axes[0] ** 2 * np.outer(major, major) + axes[1] ** 2 * np.outer(minor, minor)
    made = attrs.evolve(Ellipses.circles([center], [1.0]), shapes=shape[None])
    return attrs.evolve(made, **{name: np.full(1, value) for name, value in columns.items()})


def test_the_maps_give_the_ellipse_back() -> None:
    given = ellipse((31.0, 25.0), (12.0, 6.0), 0.6)
    made = targets(given, (64, 64))
    row, column = np.unravel_index(made.object.argmax(), made.object.shape)
    center = (np.array([row, column]) + 0.5) * 2 + OFFSET_PX * made.shape[:2, row, column]
    np.testing.assert_allclose(center, given.centers[0], atol=1e-4)
    log = np.array([[made.shape[2, row, column], made.shape[3, row, column]]] * 2)
    log[1] = made.shape[3:5, row, column]
    np.testing.assert_allclose(np.linalg.eigvalsh(log), np.log([6.0, 12.0]), atol=1e-4)
    assert made.foreground.sum() * 4 == pytest.approx(np.pi * 12 * 6, rel=0.05)
    assert made.object.max() == 1
    assert (made.weight == 1).all()


def test_of_two_defects_each_cell_belongs_to_the_nearer() -> None:
    both = ellipse((20.0, 20.0), (8.0, 8.0), 0).joined(ellipse((20.0, 32.0), (8.0, 8.0), 0))
    made = targets(both, (40, 52))
    assert made.shape[1, 10, 10] > 0 or made.shape[1, 10, 9] == pytest.approx((20 - 19) / OFFSET_PX)
    assert made.shape[1, 10, 12] < 0 < made.shape[1, 10, 13]


def test_what_is_not_trusted_is_neither_learned_nor_denied() -> None:
    made = targets(ellipse((20.0, 20.0), (8.0, 8.0), 0, trust=0.0), (40, 40))
    assert made.object.max() == made.foreground.max() == 0
    assert made.weight[10, 10] == 0
    assert made.weight[0, 0] == 1


def test_trust_is_how_much_a_defect_counts_and_not_how_probable_it_should_be() -> None:
    ground = np.full((40, 40), 0.4, np.float32)
    made = targets(ellipse((20.0, 20.0), (8.0, 8.0), 0, trust=0.7), (40, 40), ground)
    assert made.object.max() == made.foreground.max() == 1
    assert made.weight[10, 10] == pytest.approx(0.7)
    assert made.weight[0, 0] == pytest.approx(0.4)


def test_a_defect_that_reaches_beyond_what_is_known_is_not_learned_there() -> None:
    known = np.ones((40, 40), np.float32)
    known[:, 20:] = 0
    assert targets(ellipse((20.0, 20.0), (8.0, 8.0), 0), (40, 40), known).weight[10, 8:12].tolist() == [1, 1, 0, 0]


def test_nothing_is_said_beyond_what_is_known() -> None:
    known = np.ones((16, 16), np.float32)
    known[:, 9:] = 0
    assert targets(Ellipses.empty(), (16, 16), known).weight[0].tolist() == [1, 1, 1, 1, 0, 0, 0, 0]


def drawn(given: Ellipses, shape: tuple[int, int]) -> np.ndarray:
    """255 with the ellipses at 0."""
    pixels = np.full(shape, 255, np.uint8)
    for defect in given.instances(shape, ()):
        pixels[defect.mask()] = 0
    return pixels


@pytest.mark.parametrize("seed", range(8))
def test_a_warped_image_shows_defects_where_the_warped_table_has_them(seed: int) -> None:
    rng = np.random.default_rng(seed)
    given = ellipse((70.0, 90.0), (22.0, 10.0), 0.5)
    scale = rng.uniform(0.4, 1.4)
    crop: Crop = warp(Scene.of(drawn(given, (160, 200)), given), scale * turn(rng), np.array([75.0, 85.0]), 96)
    dark = crop.pixels < 128
    expected = drawn(crop.ellipses, (96, 96)) == 0
    overlap = (dark & expected).sum() / (dark | expected).sum()
    assert overlap > 0.85


def test_beyond_the_image_nothing_is_known() -> None:
    crop = warp(Scene.of(np.zeros((40, 40), np.uint8), Ellipses.empty()), np.eye(2), np.array([20.0, 20.0]), 64)
    assert crop.known.sum() == 40 * 40
    assert not crop.known[0].any()


@pytest.mark.parametrize(("scale", "trust"), [(0.1, []), (0.22, [0.0]), (1.0, [1.0]), (1.6, [0.0]), (2.4, [])])
def test_defects_of_the_wrong_size_for_this_scale(scale: float, trust: list[float]) -> None:
    given = ellipse((60.0, 60.0), (17.0, 17.0), 0)
    assert 34 * 0.1 < TOO_SMALL_PX < 34 * 0.22 < SMALLEST_PX < 34 < LARGEST_PX - 1 < 34 * 1.6 < TOO_LARGE_PX < 34 * 2.4
    scale = scale * 1.02
    crop = warp(Scene.of(np.zeros((120, 120), np.uint8), given), scale * np.eye(2), np.array([60.0, 60.0]), 64)
    assert crop.ellipses.trust.tolist() == trust
