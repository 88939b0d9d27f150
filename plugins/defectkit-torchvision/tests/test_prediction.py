from __future__ import annotations

from collections.abc import Callable

import attrs
import numpy as np
import pytest
from defectkit_torchvision.batches import at_corners
from defectkit_torchvision.detector import TorchvisionMaskRCNN

from defectkit.detectors import detect
from defectkit.detectors.learning.pasting import paste_masks
from defectkit.detectors.learning.scoring import f1_scores, find_counts
from defectkit.detectors.learning.sliding_window import windows_of
from defectkit.errors import DetectionCapWarning
from defectkit.geometry.masks import masks_to_runs
from defectkit.geometry.overlap import iou_pairs, mask_iou
from defectkit.records import Image, Instances

Scene = tuple[Image, Instances]
MakeScene = Callable[..., Scene]


def found(detector: TorchvisionMaskRCNN, image: Image) -> Instances:
    (prediction,) = detect(detector, [image])
    return prediction.instances


def f1_at_half(one: Instances, other: Instances) -> float:
    """The F1 score of two sides at IoU 0.5, where no mask can have two partners unless masks of a side overlap."""
    pairs = iou_pairs(one.runs, other.runs)
    close = pairs.iou >= 0.5
    n = min(len(np.unique(pairs.first[close])), len(np.unique(pairs.second[close])))
    return 2 * n / (len(one) + len(other))


def test_it_learned_what_it_was_shown(fitted: TorchvisionMaskRCNN, make_scene: MakeScene) -> None:
    counts = [
        find_counts(truth, found(fitted, image), (fitted.required().model.min_score,))
        for image, truth in (make_scene(seed) for seed in (40, 41, 42))
    ]
    assert f1_scores(np.sum(counts, axis=0))[0] > 0.8
    image, truth = make_scene(40)
    instances = found(fitted, image)
    pairs = iou_pairs(truth.runs, instances.runs)
    close = pairs.iou > 0.5
    same = [
        truth.type_names[i] == instances.type_names[j]
        for i, j in zip(pairs.first[close], pairs.second[close], strict=True)
    ]
    assert np.mean(same) > 0.7


@pytest.mark.parametrize(("seed", "tile", "overlap"), [(30, 160, 48), (31, 224, 128), (32, 160, 128)])
def test_tiles_and_the_whole_agree(
    fitted: TorchvisionMaskRCNN, make_scene: MakeScene, seed: int, tile: int, overlap: int
) -> None:
    image, truth = make_scene(seed, shape=(320, 1024), n=90)
    assert len(windows_of(image.shape, tile=tile, overlap=overlap)) > 4
    whole = found(attrs.evolve(fitted, max_detections=500), image)
    tiled = found(attrs.evolve(fitted, tile=tile, overlap=overlap, predict_batch_size=2, max_detections=500), image)
    assert len(whole) > 0.7 * len(truth)
    assert f1_at_half(whole, tiled) > 0.98


def test_the_magnification_does_not_matter(fitted: TorchvisionMaskRCNN, make_scene: MakeScene) -> None:
    image, truth = make_scene(50)
    finer = Image.from_array("finer", np.kron(image.pixels, np.ones((2, 2), np.uint8)), pixel_size="0.5 nm")
    coarse, fine = found(fitted, image), found(fitted, finer)
    assert fine.shape == (256, 256)
    assert len(fine) == len(coarse) > 0.7 * len(truth)
    assert fine.areas.sum() == pytest.approx(4 * coarse.areas.sum(), rel=0.05)


def test_gray_values_of_any_depth_mean_the_same(fitted: TorchvisionMaskRCNN, make_scene: MakeScene) -> None:
    image, _ = make_scene(51)
    first = found(fitted, image)
    for pixels in (image.pixels.astype(np.uint16) * 200 + 1000, image.pixels.astype(np.float64) * 1e-6 - 3.0):
        again = found(fitted, Image.from_array("other", pixels, calibration=image.calibration))
        assert again.type_names == first.type_names
        assert mask_iou(first.runs, again.runs).max(axis=1).min() > 0.95


def test_flips_see_the_same_from_all_sides(fitted: TorchvisionMaskRCNN, make_scene: MakeScene) -> None:
    flipping = attrs.evolve(fitted, test_time_flips=True)
    image, truth = make_scene(52)
    mirrored = Image.from_array("mirrored", np.ascontiguousarray(image.pixels[:, ::-1]), calibration=image.calibration)
    straight, other = found(flipping, image), found(flipping, mirrored)
    assert len(straight) == len(other)
    assert np.allclose(np.sort(straight.scores), np.sort(other.scores), atol=1e-3)
    masks = [np.ascontiguousarray(d.mask()[:, ::-1]) for d in other]
    assert mask_iou(straight.runs, masks_to_runs(masks)).max(axis=1).min() > 0.9
    assert f1_scores(find_counts(truth, straight, (0.0,)))[0] > 0.7


def test_the_limit_is_told_and_not_silent(fitted: TorchvisionMaskRCNN, make_scene: MakeScene) -> None:
    image, _ = make_scene(53)
    with pytest.warns(DetectionCapWarning, match="its limit"):
        (prediction,) = detect(attrs.evolve(fitted, max_detections=2), [image])
    assert prediction.capped
    assert len(prediction.instances) == 2
    (free,) = detect(fitted, [image])
    assert not free.capped


def test_the_lowest_score_may_be_set_after_training(fitted: TorchvisionMaskRCNN, make_scene: MakeScene) -> None:
    image, _ = make_scene(54)
    every, few = (found(attrs.evolve(fitted, min_score=score, max_detections=500), image) for score in (0.01, 0.9))
    assert every.scores.min() < 0.1
    assert len(few) < len(every)


def test_masks_are_learned_where_they_are() -> None:
    """What torchvision cuts out of a box and what is pasted back is the same mask, half pixels included."""
    import torch
    from torchvision.models.detection.roi_heads import project_masks_on_boxes

    rows, columns = np.indices((64, 64)) + 0.5
    for seed in range(10):
        rng = np.random.default_rng(seed)
        center, axes = rng.uniform(25, 40, 2), rng.uniform(4, 12, 2)
        mask = ((rows - center[0]) / axes[0]) ** 2 + ((columns - center[1]) / axes[1]) ** 2 < 1
        runs = masks_to_runs([mask])
        top, left, bottom, right = runs.boxes()[0] + rng.uniform(0, 1, 4) * (-1, -1, 1, 1)
        cut = project_masks_on_boxes(
            torch.from_numpy(at_corners(mask[None])),
            torch.tensor([[left, top, right, bottom]], dtype=torch.float32),
            torch.tensor([0]),
            28,
        )
        back = paste_masks(cut.numpy(), np.array([[top, left, bottom, right]]), (64, 64))
        assert mask_iou(runs, back)[0, 0] > 0.98
