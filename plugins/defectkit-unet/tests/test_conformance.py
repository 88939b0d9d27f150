from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import attrs
import pytest
from defectkit_unet.detector import UNetDetector

from defectkit.detectors import detect
from defectkit.errors import DetectorError
from defectkit.records import Image, Instances, Prediction
from defectkit.testing import DetectorSuite


class SuiteOnScenes(DetectorSuite):
    cls = UNetDetector
    options: ClassVar[dict[str, Any]] = {"iterations": 2, "batch_size": 2, "crop_size": 64, "learning_rate": 1e-5}

    @pytest.fixture(autouse=True)
    def use(self, fitted: UNetDetector, make_scene: Callable[..., tuple[Image, Instances]]) -> None:
        self.fitted, self.make_scene = fitted, make_scene

    def scenes(self) -> Sequence[tuple[Image, Instances]]:
        return [self.make_scene(seed, shape=(160, 128)) for seed in (20, 21)]


class TestTrained(SuiteOnScenes):
    def make(self) -> UNetDetector:
        return attrs.evolve(self.fitted, **self.options)


def test_an_untrained_one_cannot_predict(make_scene: Callable[..., tuple[Image, Instances]]) -> None:
    def predictions() -> list[Prediction]:
        return list(detect(UNetDetector(), [make_scene(0)[0]]))

    with pytest.raises(DetectorError, match="not trained"):
        predictions()
