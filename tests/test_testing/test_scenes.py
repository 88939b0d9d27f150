from __future__ import annotations

import numpy as np

from defectkit.geometry.overlap import mask_iou
from defectkit.testing import disc_scene, training_set


def test_a_scene_is_that_of_its_seed_and_its_defects_do_not_meet() -> None:
    (image, truth), (again, same), (other, _) = disc_scene(5), disc_scene(5), disc_scene(6)
    assert image.digest() == again.digest() != other.digest()
    assert truth.digest() == same.digest()
    assert np.array_equal(mask_iou(truth.runs, truth.runs) > 0, np.eye(len(truth), dtype=bool))


def test_discs_are_darker_than_rings_and_both_than_the_ground() -> None:
    image, truth = disc_scene(0, types=["bdot"])
    mask = truth.runs.to_mask(0, image.shape)
    assert set(truth.type_names) == {"bdot"}
    assert image.pixels[mask].mean() < image.pixels[~mask].mean()


def test_a_training_set_holds_the_scenes_and_what_is_in_them() -> None:
    scenes = [disc_scene(seed, n=3) for seed in (1, 2)]
    training = training_set(scenes)
    assert list(training.images) == ["scene-1", "scene-2"]
    assert [training.labels[image.name].digest() for image, _ in scenes] == [truth.digest() for _, truth in scenes]
