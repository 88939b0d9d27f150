from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Self

import numpy as np
import pytest

from defectkit.detectors import Capability, Detector, ModelCard
from defectkit.records import Image, Instances, Prediction


class Scripted(Detector):
    """A detector of somebody else that says what it was told to."""

    name = "scripted"
    description = "Says what it was told to."

    def __init__(
        self, answer: Callable[[Iterable[Image]], Iterator[Prediction]], capability: Capability | None = None
    ) -> None:
        self.answer = answer
        self._capability = capability or Capability(types=("bdot", "defect"))

    @property
    def capability(self) -> Capability:
        return self._capability

    def card(self) -> ModelCard:
        return ModelCard(name=self.name, version="0", description="", types=self.capability.types, license="MIT")

    def predict(self, images: Iterable[Image]) -> Iterator[Prediction]:
        yield from self.answer(images)

    def save(self, folder: Path) -> None:
        folder.mkdir()

    @classmethod
    def load(cls, folder: Path) -> Self:
        raise NotImplementedError


@pytest.fixture
def scripted() -> type[Scripted]:
    return Scripted


@pytest.fixture
def make_prediction() -> Callable[..., Prediction]:
    """Make a prediction of squares on a 16 x 16 image, one a score."""

    def make(image: str, *scores: float, types: tuple[str, ...] = ("bdot",), shape=(16, 16), **fields) -> Prediction:
        masks = np.zeros((len(scores), *shape), dtype=bool)
        for i in range(len(scores)):
            masks[i, i : i + 2, :2] = True
        instances = Instances.from_masks(
            masks, types=[types[0]] * len(scores), shape=shape, known_types=types, scores=np.array(scores)
        )
        return Prediction(image=image, instances=instances, detector="scripted", **fields)

    return make


@pytest.fixture
def two_images() -> list[Image]:
    return [Image.from_array(name, np.zeros((16, 16)), pixel_size="0.5 nm/px") for name in ("one", "two")]
