from __future__ import annotations

import numpy as np
import pytest

from defectkit.synthesis import drawn, expose, randomised_micrograph
from defectkit.synthesis.fields import blotches, power_law_field
from defectkit.synthesis.looks import LOOKS
from defectkit.synthesis.population import Population, scatter

SEEDS = range(12)


def test_the_same_seed_gives_the_same_and_others_do_not() -> None:
    (image, truth), (again, same), (other, _) = (randomised_micrograph(seed, shape=(96, 80)) for seed in (4, 4, 5))
    np.testing.assert_array_equal(image.pixels, again.pixels)
    assert truth == same
    assert not np.array_equal(image.pixels, other.pixels)


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_drawn_is_finite_and_in_the_frame(seed: int) -> None:
    scene = drawn((96, 128), np.random.default_rng(seed))
    assert scene.pixels.shape == (96, 128)
    assert np.isfinite(scene.pixels).all()
    assert set(np.unique(scene.ellipses.trust)) <= {0.0, 1.0}
    assert np.isfinite(expose(scene.pixels, np.random.default_rng(seed))).all()


def test_defects_are_dark() -> None:
    darker = []
    for seed in range(40):
        scene = drawn((128, 128), np.random.default_rng(seed))
        sure = scene.ellipses.take(scene.ellipses.trust > 0).instances((128, 128), ("a",) * 6)
        mask = np.zeros((128, 128), dtype=bool)
        for defect in sure:
            mask |= defect.mask()
        if mask.any():
            darker.append(scene.pixels[mask].mean() < scene.pixels[~mask].mean())
    assert np.mean(darker) > 0.9


def test_a_real_ground_shows_through() -> None:
    ground = np.zeros((64, 64), np.float32)
    ground[:, 32:] = 3.0
    both = [drawn((64, 64), np.random.default_rng(seed), backdrop=ground).pixels for seed in SEEDS]
    assert np.mean([image[:, 34:].mean() > image[:, :30].mean() for image in both]) == 1.0


def test_pixel_sizes_make_defects_as_large_as_in_foils() -> None:
    sizes = []
    for seed in SEEDS:
        image, truth = randomised_micrograph(seed)
        if len(truth) > 3:
            diameters = 2 * np.sqrt(truth.areas / np.pi) * image.required_calibration().pixel_size_nm[0]
            sizes.append(np.median(diameters))
    assert min(sizes) > 1.5 and max(sizes) < 120


@pytest.mark.parametrize("name", LOOKS)
def test_every_look_is_dark_somewhere_and_nothing_far_away(name: str) -> None:
    look, _ = LOOKS[name]
    grid = np.linspace(-4, 4, 81)
    along, across = np.meshgrid(grid, grid)
    depth = look(np.hypot(along, across), along, across, 12.0, np.random.default_rng(0))
    assert depth.max() > 0.3
    assert np.abs(depth[np.hypot(along, across) > 3]).max() < 0.05


@pytest.mark.parametrize("exponent", [0.0, 2.0, 3.5])
def test_a_field_has_its_spectrum(exponent: float) -> None:
    field = power_law_field((256, 256), exponent, np.random.default_rng(1))
    power = np.abs(np.fft.rfft2(field)) ** 2
    frequency = np.hypot(np.fft.fftfreq(256)[:, None], np.fft.rfftfreq(256)[None])
    inner = (frequency > 0.02) & (frequency < 0.3)
    slope = np.polyfit(np.log(frequency[inner]), np.log(power[inner]), 1)[0]
    assert slope == pytest.approx(-exponent, abs=0.1)
    assert field.mean() == pytest.approx(0, abs=1e-5)
    assert field.std() == pytest.approx(1, abs=1e-3)


def test_blotches_are_nowhere_bright() -> None:
    assert blotches((64, 64), 12.0, np.random.default_rng(0)).min() == 0


def test_centers_keep_apart() -> None:
    rng = np.random.default_rng(2)
    centers, placed = scatter((200, 200), np.full(30, 8.0), rng)
    assert placed.sum() > 20
    gaps = np.linalg.norm(centers[placed][:, None] - centers[placed][None], axis=2)[np.triu_indices(placed.sum(), 1)]
    assert np.mean(gaps > 0.85 * 16) > 0.95


def test_no_more_room_than_there_is() -> None:
    _, placed = scatter((20, 20), np.full(40, 10.0), np.random.default_rng(0))
    assert placed.sum() < 20


def test_a_population_covers_a_fifth_at_most() -> None:
    for seed in range(50):
        population = Population.draw((160, 160), np.random.default_rng(seed))
        assert population.number * np.pi / 4 * population.size_px**2 * 0.8 <= 0.2 * 160**2
        assert population.looks.sum() == pytest.approx(1)
