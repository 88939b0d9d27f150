"""Scenes with dark discs and rings, and a network that was trained on them for a few steps."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from defectkit.detectors import TrainingSet
from defectkit.records import Image, Instances
from defectkit.testing import disc_scene, training_set

torch = pytest.importorskip("torch", reason="torch is not installed: python -m pip install torch")

from defectkit_unet.detector import UNetDetector  # noqa: E402  # it needs torch

Scene = tuple[Image, Instances]
FEW: dict[str, Any] = {
    "iterations": 3,
    "batch_size": 2,
    "crop_size": 64,
    "watch_every": 2,
    "device": "cpu",
    "license": "CC0-1.0",
}


@pytest.fixture(scope="session")
def make_scene() -> Callable[..., Scene]:
    return functools.partial(disc_scene, types=("bdot",))


@pytest.fixture(scope="session")
def make_training_set() -> Callable[[Iterable[Scene]], TrainingSet]:
    return training_set


@pytest.fixture(scope="session")
def fitted(make_scene: Callable[..., Scene]) -> UNetDetector:
    """Fine-tuned for a moment: it is about as good as what it started from."""
    return UNetDetector(**{**FEW, "learning_rate": 1e-5}).fit(training_set(map(make_scene, range(3))))
