from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import pytest
from defectkit_torchvision.detector import TorchvisionMaskRCNN

from defectkit.detectors import TrainingSet
from defectkit.errors import DetectorError
from defectkit.records import Image, Instances
from defectkit.testing import TrainableDetectorSuite


class TestConformance(TrainableDetectorSuite):
    cls = TorchvisionMaskRCNN
    exceptions: ClassVar[dict[str, str]] = {
        "what_is_there_is_found": "two iterations, which are enough to see how it trains, teach nothing"
    }
    options: ClassVar[dict[str, Any]] = {"iterations": 2, "evaluate_every": 2, "crop_size": 64}

    @pytest.fixture(autouse=True)
    def use(self, make_scene: Callable[..., tuple[Image, Instances]]) -> None:
        self.make_scene = make_scene

    def scenes(self) -> Sequence[tuple[Image, Instances]]:
        return [self.make_scene(seed, shape=(160, 128)) for seed in (20, 21)]


def test_what_cannot_be_learned_from_is_refused(
    make_scene: Callable[..., Any], make_training_set: Callable[..., TrainingSet]
) -> None:
    with pytest.raises(DetectorError, match="nothing to learn from"):
        TorchvisionMaskRCNN().fit(make_training_set([make_scene(0, n=0)]))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"backbone": "vgg"}, "backbone is 'vgg'; choose one of mobilenet_v2, resnet50"),
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
        ({"learning_rate": 0.0}, "has to be above 0"),
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
