from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, ClassVar

import pytest
from defectkit_unet.detector import UNetDetector

from defectkit.detectors.loopnet.detector import LoopNet
from defectkit.records import Image, Instances
from defectkit.testing import TrainableDetectorSuite


class TestConformance(TrainableDetectorSuite):
    cls = UNetDetector
    options: ClassVar[dict[str, Any]] = {"iterations": 2, "batch_size": 2, "crop_size": 64, "learning_rate": 1e-5}
    optional_files = (*TrainableDetectorSuite.optional_files, "unet.json")

    @pytest.fixture(autouse=True)
    def use(self, make_scene: Callable[..., tuple[Image, Instances]]) -> None:
        self.make_scene = make_scene

    def scenes(self) -> Sequence[tuple[Image, Instances]]:
        return [self.make_scene(seed, shape=(160, 128)) for seed in (20, 21)]


def test_any_model_of_loopnet_is_taken(tmp_path: Path) -> None:
    LoopNet(polarity="bright").save(tmp_path / "model")
    loaded = UNetDetector.load(tmp_path / "model")
    assert loaded.polarity == "bright"
    assert loaded.required().model.content == LoopNet().model.content
