from __future__ import annotations

from typing import Any, ClassVar

from defectkit_detectron2 import Detectron2

from defectkit.testing import TrainableDetectorSuite


class TestConformance(TrainableDetectorSuite):
    cls = Detectron2
    exceptions: ClassVar[dict[str, str]] = {
        "what_is_there_is_found": "two iterations, which are enough to see how it trains, teach nothing"
    }
    options: ClassVar[dict[str, Any]] = {
        "iterations": 2,
        "batch_size": 1,
        "crop_size": 64,
        "evaluate_every": 2,
        "checkpoint_every": 2,
        "device": "cpu",
    }
