from __future__ import annotations

import attrs
import pytest
from defectkit_detectron2 import Detectron2

from defectkit.testing.detectors import DetectorSuite


class TestTrained(DetectorSuite):
    cls = Detectron2

    @pytest.fixture(autouse=True)
    def given(self, trained: Detectron2) -> None:
        self.trained = attrs.evolve(trained, iterations=2, crop_size=64, evaluate_every=2)

    def make(self) -> Detectron2:
        return self.trained


def test_a_detector_that_is_not_trained_says_so(trained: Detectron2) -> None:
    from defectkit.errors import DetectorError

    image = trained.required().self_test.image  # type: ignore[union-attr]  # it was trained with one
    with pytest.raises(DetectorError, match="not trained: train it"):
        list(Detectron2().predict([image]))
