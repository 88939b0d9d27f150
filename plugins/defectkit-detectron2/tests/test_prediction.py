from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import attrs
import numpy as np
import pytest
import torch
from defectkit_detectron2 import Detectron2

from defectkit import Image
from defectkit.detectors import detect
from defectkit.detectors.learning import rescale
from defectkit.detectors.learning.scoring import f1_scores, find_counts
from defectkit.detectors.learning.sliding_window import windows_of
from defectkit.errors import DetectionCapWarning
from defectkit.matching import match
from defectkit.testing.synthetic import synthetic_micrograph


@pytest.fixture(scope="module")
def large() -> Image:
    image, _ = synthetic_micrograph(11, shape=(448, 448), counts={"bdot": 40, "loop_111": 24}, n_lines=0)
    return image


def found(detector: Detectron2, image: Image) -> Any:
    (prediction,) = detect(detector, [image])
    return prediction


def f1(first: Any, second: Any) -> float:
    pairs = match(first, second, iou_threshold=0.5).n_found
    return 2 * pairs / (len(first) + len(second))


def test_it_finds_what_it_learned(trained: Detectron2) -> None:
    counts = []
    for seed in (101, 102):
        image, truth = synthetic_micrograph(seed, shape=(160, 160), counts={"bdot": 6, "loop_111": 4}, n_lines=0)
        counts.append(find_counts(truth, found(trained, image).instances, (0.05,)))
    assert f1_scores(np.sum(counts, axis=0))[0] > 0.5


@pytest.mark.parametrize(("seed", "tile", "overlap"), [(12, 256, 128), (13, 224, 64)])
def test_tiles_find_what_the_whole_image_shows(trained: Detectron2, seed: int, tile: int, overlap: int) -> None:
    image, truth = synthetic_micrograph(seed, shape=(320, 1152), counts={"bdot": 72, "loop_111": 48}, n_lines=0)
    assert len(windows_of(image.shape, tile=tile, overlap=overlap)) > 4
    whole = found(attrs.evolve(trained, tile=1152), image).instances
    tiled = found(attrs.evolve(trained, tile=tile, overlap=overlap), image).instances
    assert len(whole) > 0.6 * len(truth)
    assert f1(whole, tiled) > 0.98


def test_limits_of_proposals_do_not_depend_on_what_else_is_shown(trained: Detectron2) -> None:
    """Where features are the same in a part of an image, the same boxes are proposed: the rest takes none from it."""
    generator = trained.required().model.network.proposal_generator
    generator.eval()
    rng = np.random.default_rng(3)
    wide = {
        name: torch.from_numpy(rng.normal(size=(1, 64, 512 // stride, 1024 // stride)).astype(np.float32))
        for name, stride in zip(generator.in_features, (4, 8, 16, 32, 64), strict=True)
    }
    left = {name: level[..., : level.shape[-1] // 2] for name, level in wide.items()}
    proposed = [
        generator(SimpleNamespace(image_sizes=[size]), levels)[0][0].proposal_boxes.tensor
        for size, levels in (((512, 1024), wide), ((512, 512), left))
    ]
    assert max(map(len, proposed)) > 1000
    inside = [boxes[(boxes[:, 2] < 256)] for boxes in proposed]
    both = (inside[0][:, None] - inside[1][None]).abs().amax(dim=2).amin(dim=1) < 1e-3
    assert len(both) > 100
    assert both.float().mean() > 0.99
    assert abs(len(inside[0]) - len(inside[1])) < 0.01 * len(both)


def test_the_number_of_tiles_at_once_changes_nothing(trained: Detectron2, large: Image) -> None:
    one = found(attrs.evolve(trained, tile=224, overlap=64), large).instances
    four = found(attrs.evolve(trained, tile=224, overlap=64, predict_batch_size=4), large).instances
    assert f1(one, four) > 0.99


def test_reaching_the_limit_is_said(trained: Detectron2, large: Image) -> None:
    few = attrs.evolve(trained, max_detections=5)
    with pytest.warns(DetectionCapWarning, match="stopped at its limit"):
        (prediction,) = detect(few, [large])
    assert prediction.capped
    assert len(prediction.instances) == 5
    assert not found(trained, large).capped


def test_mirror_images_are_looked_at(trained: Detectron2, monkeypatch: pytest.MonkeyPatch) -> None:
    image, truth = synthetic_micrograph(104, shape=(160, 160), counts={"bdot": 8}, n_lines=0)
    network = trained.required().model.network
    shown: list[torch.Tensor] = []
    inference = network.inference

    def watched(inputs: Any, **more: Any) -> Any:
        shown.extend(given["image"] for given in inputs)
        return inference(inputs, **more)

    monkeypatch.setattr(network, "inference", watched)
    plain = found(trained, image).instances
    flipped = found(attrs.evolve(trained, test_time_flips=True), image).instances
    assert len(shown) == 5
    assert torch.equal(shown[1].flip(-1), shown[3])
    assert len(truth) == 8
    assert f1(plain, flipped) > 0.6


def test_another_magnification_shows_the_same(trained: Detectron2) -> None:
    image, _ = synthetic_micrograph(105, shape=(160, 160), counts={"bdot": 8, "loop_111": 3}, n_lines=0)
    size = image.required_calibration().pixel_size_nm[0]
    finer = np.kron(image.pixels, np.ones((3, 3), image.pixels.dtype))
    enlarged = Image.from_array("enlarged", finer, pixel_size=f"{size / 3} nm/px")
    once, thrice = found(trained, image).instances, found(trained, enlarged).instances
    assert len(once) > 3
    back = rescale(thrice, image.shape)
    assert f1(once, back) > 0.6
    pairs = match(once, back, iou_threshold=0.5)
    assert np.median(thrice.areas[pairs.predicted] / once.areas[pairs.truth]) == pytest.approx(9, rel=0.2)
