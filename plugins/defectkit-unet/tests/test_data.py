from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from defectkit_unet.data.crop import Source
from defectkit_unet.data.drawn import FecralSource, RandomisedSource
from defectkit_unet.data.feeding import feed
from defectkit_unet.data.labelled import LabelledSource, covered_pixels, dark
from defectkit_unet.data.mixture import Mixture
from defectkit_unet.data.warping import Scene
from defectkit_unet.recipe.agreement import agree

from defectkit.records import Image, Instances
from defectkit.synthesis import TYPES, Ellipses

DiscScene = tuple[Image, Instances]


def mixture(seed: int = 0) -> Mixture:
    sources: dict[str, tuple[Source, float]] = {
        "randomised": (RandomisedSource(), 2.0),
        "fecral": (FecralSource(seed=1), 1.0),
    }
    return Mixture(sources=sources, side=64, batch_size=3, seed=seed)


def test_a_batch_depends_on_seed_and_number_alone() -> None:
    first, again, other, seed = mixture()[4], mixture()[4], mixture()[5], mixture(1)[4]
    for name in first:
        np.testing.assert_array_equal(first[name], again[name])
    assert not np.array_equal(first["image"], other["image"])
    assert not np.array_equal(first["image"], seed["image"])


def test_batches_have_the_shapes_that_networks_and_losses_expect() -> None:
    batch = mixture()[0]
    assert {name: value.shape for name, value in batch.items()} == {
        "image": (3, 1, 64, 64),
        "object": (3, 32, 32),
        "foreground": (3, 32, 32),
        "shape": (3, 5, 32, 32),
        "types": (3, 32, 32),
        "weight": (3, 32, 32),
    }
    assert batch["image"].dtype == np.float32


@pytest.mark.parametrize("workers", [0, 1])
def test_workers_change_nothing(workers: int) -> None:
    batches = list(feed(mixture(), 1, 4, workers=workers))
    assert len(batches) == 3
    for k, batch in enumerate(batches):
        torch.testing.assert_close(batch["image"], torch.from_numpy(mixture()[k + 1]["image"]))


def test_fecral_has_its_three_types() -> None:
    source = FecralSource(seed=1)
    types = {int(t) for k in range(0, 120, 12) for t in source.crop(k, 160, np.random.default_rng(k)).ellipses.types}
    assert {TYPES[t] for t in types} == {"bdot", "loop_111", "loop_100"}


def test_crops_show_defects_at_many_sizes(make_scene: Callable[..., DiscScene]) -> None:
    image, truth = make_scene(0, shape=(256, 256), n=12)
    source = LabelledSource(scenes=[Scene.of(np.asarray(image.pixels), Ellipses.of(truth, TYPES))])
    rng = np.random.default_rng(0)
    sizes = [np.median(found) for k in range(40) if len(found := source.crop(k, 64, rng).ellipses.diameters)]
    assert min(sizes) < 13 and max(sizes) > 28


def test_bright_defects_are_turned_dark(make_scene: Callable[..., DiscScene]) -> None:
    image, truth = make_scene(3)
    for given in (np.asarray(image.pixels), 255 - np.asarray(image.pixels)):
        pixels, mask = np.asarray(dark(given, covered_pixels(truth))), covered_pixels(truth)
        assert pixels[mask].mean() < pixels[~mask].mean() - 40


def squares(*corners: tuple[int, int]) -> Instances:
    masks = np.zeros((len(corners), 40, 40), dtype=bool)
    for mask, (row, column) in zip(masks, corners, strict=True):
        mask[row : row + 8, column : column + 8] = True
    return Instances.from_masks(masks, types=["loop"] * len(corners), shape=(40, 40))


def test_two_passes_of_labels_become_one_with_trust() -> None:
    both = agree(squares((4, 4), (24, 24)), squares((5, 5), (4, 28)))
    assert both.trust.tolist() == [1.0, 0.7, 0.5]
    np.testing.assert_allclose(both.centers, [[8.5, 8.5], [28.0, 28.0], [8.0, 32.0]])
    np.testing.assert_allclose(both.diameters, both.diameters[0], rtol=1e-6)


def test_one_empty_pass() -> None:
    assert agree(squares((4, 4)), squares()).trust.tolist() == [0.7]
    assert len(agree(squares(), squares())) == 0
