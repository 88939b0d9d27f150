from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest

from defectkit import Image, Instances
from defectkit.detectors.learning import (
    Augmentation,
    CropSampler,
    Example,
    History,
    Normalization,
    crop_example,
    example,
    flip,
    rescale,
    rotate,
)
from defectkit.errors import DetectorError, EmptyInputError, MissingCalibrationError, RecordError
from defectkit.units import as_pixel_size

L_SHAPE = np.array([[2.0, 3.0], [2.0, 9.0], [5.0, 9.0], [5.0, 6.0], [12.0, 6.0], [12.0, 3.0]])
STILL = Augmentation(flips=False, rotations=False, contrast=0, brightness=0, gamma=0, noise=0, scale=0)


def l_shapes(shape: tuple[int, int] = (20, 16)) -> Example:
    instances = Instances.from_polygons([L_SHAPE, L_SHAPE + 3], types=["bdot", "loop_111"], shape=shape)
    pixels = np.random.default_rng(0).random(shape).astype(np.float32)
    return Example(pixels=pixels, instances=instances)


def test_gray_values_of_any_depth_come_out_alike() -> None:
    scene = np.random.default_rng(1).random((32, 32))
    normalization = Normalization()
    float_, deep = normalization.apply(scene), normalization.apply((scene * 60000).astype(np.uint16))
    assert float_.dtype == np.float32
    assert (float_.min(), float_.max()) == (0.0, 1.0)
    assert np.abs(float_ - deep).max() < 1e-3
    assert normalization.apply(np.full((3, 3), 7, np.uint8)).max() == 0.0
    with pytest.raises(RecordError, match="percentiles"):
        Normalization(lower=60, upper=40)


@pytest.mark.parametrize("quarters", range(5))
def test_turning_turns_pixels_masks_and_polygons_alike(quarters: int) -> None:
    before = l_shapes()
    after = rotate(before, quarters)
    assert np.array_equal(after.pixels, np.rot90(before.pixels, quarters))
    for old, new in zip(before.instances, after.instances, strict=True):
        assert np.array_equal(new.mask(), np.rot90(old.mask(), quarters))
        assert new.polygon is not None
        refilled = Instances.from_polygons([new.polygon], types=["bdot"], shape=after.pixels.shape)
        assert np.array_equal(refilled[0].mask(), new.mask())


def test_flipping_twice_changes_nothing() -> None:
    before = l_shapes()
    once = flip(before)
    assert np.array_equal(once.instances[0].mask(), np.fliplr(before.instances[0].mask()))
    twice = flip(once)
    assert np.array_equal(twice.pixels, before.pixels)
    assert twice.instances == before.instances


def test_rescaling_by_a_whole_factor_repeats_pixels() -> None:
    masks = [d.mask() for d in l_shapes().instances]
    instances = Instances.from_masks(masks, types=["bdot", "loop_111"], shape=(20, 16))
    larger = rescale(instances, (60, 32))
    for old, new in zip(masks, larger, strict=True):
        assert np.array_equal(new.mask(), np.kron(old, np.ones((3, 2), bool)))
    back = rescale(larger, (20, 16))
    assert [d.area_px for d in back] == [int(m.sum()) for m in masks]
    assert rescale(instances, (20, 16)) is instances


@pytest.mark.parametrize("shape", [(7, 5), (33, 41), (19, 17), (1, 1)])
def test_rescaling_samples_masks_at_centers(shape: tuple[int, int]) -> None:
    masks = [np.random.default_rng(k).random((20, 16)) < 0.5 for k in range(3)]
    instances = Instances.from_masks(masks, types=["bdot"] * 3, shape=(20, 16))
    rows = np.floor((np.arange(shape[0]) + 0.5) * 20 / shape[0]).astype(int)
    columns = np.floor((np.arange(shape[1]) + 0.5) * 16 / shape[1]).astype(int)
    for mask, defect in zip(masks, rescale(instances, shape), strict=True):
        assert np.array_equal(defect.mask(), mask[np.ix_(rows, columns)])


def test_rescaling_fills_drawn_polygons_anew() -> None:
    larger = rescale(l_shapes().instances, (40, 32))
    assert larger[0].polygon is not None
    assert np.array_equal(larger[0].polygon, L_SHAPE * 2)
    assert larger[0].area_px == 4 * l_shapes().instances[0].area_px


def test_an_example_is_at_the_pixel_size_asked_for() -> None:
    source = l_shapes()
    image = Image.from_array("a", source.pixels, pixel_size="0.5 nm")
    made = example(image, source.instances, Normalization(), pixel_size=as_pixel_size("1 nm"))
    assert made.pixels.shape == (10, 8)
    assert example(image, source.instances, Normalization()).pixels.shape == (20, 16)
    with pytest.raises(MissingCalibrationError):
        example(
            Image.from_array("a", source.pixels), source.instances, Normalization(), pixel_size=as_pixel_size("1 nm")
        )


def test_a_crop_leaves_out_what_is_hardly_seen() -> None:
    given = l_shapes()
    part = crop_example(given, 0, 0, (6, 10), min_visible=0.3)
    assert part.pixels.shape == (6, 10)
    assert [d.id for d in part.instances] == [0]
    assert np.array_equal(part.instances[0].mask(), given.instances[0].mask()[:6, :10])
    assert len(crop_example(given, 0, 0, (6, 10), min_visible=0.01).instances) == 2


def test_a_crop_larger_than_its_image_is_mirrored() -> None:
    part = crop_example(l_shapes(), 0, 0, (25, 20))
    assert np.array_equal(part.pixels[20:], part.pixels[15:20][::-1])
    assert part.instances.shape == (25, 20)


def test_crops_are_drawn_by_seed_and_number() -> None:
    sampler = CropSampler(examples=[l_shapes((64, 64))], size=(16, 16), seed=3, defect_fraction=1.0)
    first = list(itertools.islice(sampler, 20))
    again = next(sampler.starting_at(7))
    assert np.array_equal(first[7].pixels, again.pixels)
    assert first[7].instances == again.instances
    assert sum(len(e.instances) > 0 for e in first) > 10
    other = next(iter(CropSampler(examples=[l_shapes((64, 64))], size=(16, 16), seed=4)))
    assert not np.array_equal(first[0].pixels, other.pixels)
    with pytest.raises(EmptyInputError):
        CropSampler(examples=[], size=(4, 4))
    with pytest.raises(RecordError):
        CropSampler(examples=[l_shapes()], size=(0, 4))


def test_no_augmentation_changes_nothing() -> None:
    given = l_shapes()
    same = STILL.apply(given, np.random.default_rng(0))
    assert np.allclose(same.pixels, given.pixels, atol=1e-6)
    assert same.instances == given.instances


def test_augmentation_keeps_shape_range_and_seed() -> None:
    given = l_shapes((24, 24))
    one = [Augmentation().apply(given, np.random.default_rng(k)) for k in range(30)]
    two = [Augmentation().apply(given, np.random.default_rng(k)) for k in range(30)]
    assert all(e.pixels.shape == (24, 24) and 0 <= e.pixels.min() <= e.pixels.max() <= 1 for e in one)
    assert all(np.array_equal(a.pixels, b.pixels) and a.instances == b.instances for a, b in zip(one, two, strict=True))
    assert len({e.instances.areas.tobytes() for e in one}) > 5
    with pytest.raises(RecordError, match="gamma"):
        Augmentation(gamma=-1)


def test_history_goes_to_csv_and_back_and_is_drawn(tmp_path: Path) -> None:
    history = History()
    for k in range(6):
        history.add(k, {"loss": 1 / (k + 1)})
        if k % 2:
            history.add(k, {"validation_f1": [0.2, 0.5, 0.5][k // 2]})
    history.to_csv(tmp_path / "h.csv")
    assert History.from_csv(tmp_path / "h.csv").rows == history.rows
    assert history.best("validation_f1") == (3, 0.5)
    assert history.best("nothing") is None
    assert history.stale("validation_f1", 1)
    assert not history.stale("validation_f1", 2)
    history.to_png(tmp_path / "h.png")
    assert (tmp_path / "h.png").stat().st_size > 5000


def test_a_training_that_diverges_is_stopped() -> None:
    with pytest.raises(DetectorError, match="diverged: loss is nan at iteration 4"):
        History().add(4, {"loss": float("nan")})
