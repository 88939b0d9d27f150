from __future__ import annotations

from typing import Any

import attrs
import numpy as np
import pytest
import torch
from defectkit_detectron2 import Detectron2

from defectkit import Image
from defectkit.detectors import detect
from defectkit.detectors.learning import rescaled
from defectkit.detectors.learning.scoring import f1_scores, find_counts
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


def test_tiles_find_what_the_whole_image_shows(trained: Detectron2, large: Image) -> None:
    """What one is sure of, the other finds: a network that learned for a minute has many scores near any threshold."""
    low = attrs.evolve(trained, min_score=0.3)
    whole = found(attrs.evolve(low, tile=512), large).instances
    tiled = found(attrs.evolve(low, tile=224, overlap=64), large).instances
    sure_whole, sure_tiled = whole.above(0.9), tiled.above(0.9)
    pairs = [match(sure_whole, tiled, iou_threshold=0.5), match(sure_tiled, whole, iou_threshold=0.5)]
    assert min(len(sure_whole), len(sure_tiled)) > 15
    assert sum(p.n_found for p in pairs) / (len(sure_whole) + len(sure_tiled)) > 0.95


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
    network = trained.required().network
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
    back = rescaled(thrice, image.shape)
    assert f1(once, back) > 0.6
    pairs = match(once, back, iou_threshold=0.5)
    assert np.median(thrice.areas[pairs.predicted] / once.areas[pairs.truth]) == pytest.approx(9, rel=0.2)
