from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import ClassVar

import attrs
import numpy as np
import pytest
from numpy.typing import NDArray

from defectkit.detectors import Capability, Detector, ModelCard
from defectkit.geometry.masks import label_image_to_runs
from defectkit.records import Image, Instances, Prediction, Specimen

SHAPE = (80, 100)


@attrs.frozen(kw_only=True)
class Threshold(Detector):
    """Takes each connected dark region as a defect; remembers which images it was shown."""

    name: ClassVar[str] = "test-threshold"
    description: ClassVar[str] = "Dark regions."

    below: int = 100
    limit: int | None = None
    fails_at: str | None = attrs.field(default=None, eq=False)
    seen: list[str] = attrs.field(factory=list, eq=False)

    @property
    def capability(self) -> Capability:
        return Capability(types=("bdot", "loop_111"), max_detections=self.limit)

    def card(self) -> ModelCard:
        return ModelCard(
            name=self.name,
            version="1",
            description=self.description,
            types=self.capability.types,
            settings={"below": self.below, "limit": self.limit},
            license="MIT",
        )

    def predict(self, images: Iterable[Image]) -> Iterator[Prediction]:
        from scipy.ndimage import label

        for image in images:
            if image.name == self.fails_at:
                raise RuntimeError("the power went out")
            self.seen.append(image.name)
            runs, _ = label_image_to_runs(label(image.pixels < self.below)[0])
            runs = runs.take(np.arange(len(runs))[: self.limit])
            types = ["bdot" if area < 60 else "loop_111" for area in runs.areas()]
            instances = Instances.from_runs(
                runs, types=types, shape=image.shape, known_types=self.capability.types, scores=_scores(len(runs))
            )
            yield Prediction(image=image.name, instances=instances, detector=self.name, detector_version="1")

    def save(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        (folder / "options.json").write_text(json.dumps([self.below, self.limit]))

    @classmethod
    def load(cls, folder: Path) -> Threshold:
        below, limit = json.loads((folder / "options.json").read_text())
        return cls(below=below, limit=limit)


def _scores(n: int) -> NDArray[np.float64]:
    return np.linspace(0.9, 0.3, n) if n > 1 else np.full(n, 0.9)


@pytest.fixture
def detector() -> Threshold:
    return Threshold()


@pytest.fixture
def make_detector() -> Callable[..., Threshold]:
    return Threshold


@pytest.fixture
def make_image() -> Callable[..., Image]:
    """Return an image with ``n`` dark discs of growing size."""

    def make(name: str, n: int = 3, *, pixel_size: str | None = "0.5 nm/px", thickness: str | None = "100 nm") -> Image:
        row, col = np.indices(SHAPE) + 0.5
        pixels = np.full(SHAPE, 180, np.uint8)
        for k in range(n):
            pixels[np.hypot(row - 40, col - 12 - 25 * k) < 3 + 2 * k] = 40
        image = Image.from_array(
            name, pixels, pixel_size=pixel_size, foil_thickness=thickness if pixel_size is not None else None
        )
        return attrs.evolve(image, specimen=Specimen(alloy="FeCrAl"))

    return make
