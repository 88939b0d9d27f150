"""Scenes with dark discs and rings, and a network that was trained on them for a few steps."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import pytest

from defectkit.detectors import TrainingSet
from defectkit.records import Image, Instances, LabelSet

torch = pytest.importorskip("torch", reason="torch is not installed: python -m pip install torch")

from defectkit_unet.detector import UNetDetector  # noqa: E402  # it needs torch

Scene = tuple[Image, Instances]
FEW = {"iterations": 3, "batch_size": 2, "crop_size": 64, "watch_every": 2, "device": "cpu", "license": "CC0-1.0"}


def scene(seed: int, *, shape: tuple[int, int] = (128, 128), n: int = 8, sign: int = 1) -> Scene:
    """Dark discs (bdot) that do not touch, on a bright ground with noise; bright ones with ``sign`` -1."""
    rng = np.random.default_rng(seed)
    rows, columns = np.indices(shape) + 0.5
    pixels, taken = np.full(shape, 128.0), np.zeros(shape, dtype=bool)
    masks: list[np.ndarray] = []
    for _ in range(100 * n):
        if len(masks) == n:
            break
        radius = rng.uniform(6, 10)
        center = [rng.uniform(radius + 2, side - radius - 2) for side in shape]
        distance = np.hypot(rows - center[0], columns - center[1])
        if taken[distance < radius + 4].any():
            continue
        masks.append(distance < radius)
        taken |= masks[-1]
        pixels[masks[-1]] -= sign * 70
    pixels += rng.normal(0, 8, shape)
    image = Image.from_array(f"scene-{seed}", pixels.clip(0, 255).astype(np.uint8), pixel_size="1 nm")
    return image, Instances.from_masks(masks, types=["bdot"] * len(masks), shape=shape)


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
def fitted() -> UNetDetector:
    """Fine-tuned for a moment: it is about as good as what it started from."""
    return UNetDetector(**{**FEW, "learning_rate": 1e-5}).fit(training_set(map(scene, range(3))))
