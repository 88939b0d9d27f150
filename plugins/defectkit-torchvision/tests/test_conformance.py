from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import attrs
import pytest
from defectkit_torchvision.detector import TorchvisionMaskRCNN

from defectkit.detectors import TrainingSet, detect
from defectkit.errors import DetectorError
from defectkit.records import Image, Instances, Prediction
from defectkit.testing import DetectorSuite


class SuiteOnScenes(DetectorSuite):
    cls = TorchvisionMaskRCNN
    options: ClassVar[dict[str, Any]] = {"iterations": 2, "evaluate_every": 2, "crop_size": 64}

    @pytest.fixture(autouse=True)
    def use(self, fitted: TorchvisionMaskRCNN, make_scene: Callable[..., tuple[Image, Instances]]) -> None:
        self.fitted, self.make_scene = fitted, make_scene

    def scenes(self) -> Sequence[tuple[Image, Instances]]:
        return [self.make_scene(seed, shape=(160, 128)) for seed in (20, 21)]


class TestTrained(SuiteOnScenes):
    def make(self) -> TorchvisionMaskRCNN:
        return attrs.evolve(self.fitted, **self.options)

    def test_the_card_names_every_option(self) -> None:
        assert set(self.fitted.options()) <= set(self.make().card().settings)


class TestUntrained(SuiteOnScenes):
    """It cannot predict and says so; what the suite asks of predictions is asked of what it becomes."""

    def predict(self, detector: Any, images: Sequence[Image]) -> list[Prediction]:
        if detector.trained is not None or not images:
            return super().predict(attrs.evolve(detector, trained=self.fitted.trained), images)
        with pytest.raises(DetectorError, match="not trained"):
            list(detect(detector, images))
        return super().predict(self.fitted, images)


def test_what_cannot_be_learned_from_is_refused(
    make_scene: Callable[..., Any], make_training_set: Callable[..., TrainingSet]
) -> None:
    with pytest.raises(DetectorError, match="no labelled defect"):
        TorchvisionMaskRCNN().fit(make_training_set([make_scene(0, n=0)]))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"backbone": "vgg"}, "no backbone 'vgg'; choose one of mobilenet_v2, resnet50"),
        ({"max_detections": 0}, "max_detections is 0"),
        ({"min_score": 1.0}, "min_score is 1.0"),
        ({"tile": 64, "overlap": 64}, "cannot overlap"),
        ({"tensorboard": True}, "needs a workspace"),
    ],
)
def test_options_that_cannot_be_are_refused(options: dict[str, Any], said: str) -> None:
    with pytest.raises(DetectorError, match=said):
        TorchvisionMaskRCNN(**options)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"iterations": 0}, "iterations is 0"),
        ({"learning_rate": 0.0}, "not positive"),
        ({"checkpoint_metric": "luck"}, "choose one of validation_f1, validation_loss"),
        ({"patience": 2}, "there are none"),
        ({"device": "cuda"}, "finds no CUDA GPU on this machine"),
        ({"device": "abacus"}, "knows no device 'abacus'"),
        ({"device": "mps"}, "not supported"),
        ({"device": "cpu", "mixed_precision": True}, "for a GPU, but the device is cpu"),
        ({"initial_weights": "nowhere.pth"}, "nowhere.pth"),
    ],
)
def test_trainings_that_cannot_be_are_refused(
    options: dict[str, Any],
    said: str,
    make_scene: Callable[..., Any],
    make_training_set: Callable[..., TrainingSet],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    with pytest.raises(DetectorError, match=said):
        TorchvisionMaskRCNN(**options).fit(make_training_set([make_scene(0)]))
