from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import numpy as np
import pytest
import torch
from defectkit_unet.data.drawn import RandomisedSource
from defectkit_unet.data.labelled import LabelledSource
from defectkit_unet.data.mixture import Mixture
from defectkit_unet.data.warping import Scene
from defectkit_unet.detector import UNetDetector
from defectkit_unet.networks import build
from defectkit_unet.training import Schedule, train_network
from torch import nn

from defectkit.detectors import TrainingSet, detect
from defectkit.detectors.learning.progress import CHECKPOINT
from defectkit.errors import DetectorError
from defectkit.records import Image, Instances
from defectkit.synthesis import TYPES, Ellipses
from defectkit.workflows.detectors import learner_for

DiscScene = tuple[Image, Instances]

CPU = torch.device("cpu")
SCRIPT = """
import sys, torch
from pathlib import Path
from test_training import training
training(Path(sys.argv[1]), int(sys.argv[2]))
"""


def training(workspace: Path | None, iterations: int = 8) -> tuple[nn.Module, list[dict[str, float]]]:
    torch.manual_seed(3)
    torch.set_num_threads(1)
    mixture = Mixture(sources={"randomised": (RandomisedSource(), 1.0)}, side=48, batch_size=2, seed=0)
    schedule = Schedule(iterations=iterations, report_every=2, watch_every=2, workers=0)
    network, history = train_network(build("loopnet", len(TYPES)), mixture, schedule, device=CPU, workspace=workspace)
    return network, history.rows


def same(one: nn.Module, other: nn.Module) -> bool:
    pairs = zip(one.state_dict().values(), other.state_dict().values(), strict=True)
    return all(torch.equal(a, b) for a, b in pairs)


def test_a_training_that_was_killed_ends_with_the_same_weights(tmp_path: Path) -> None:
    expected, rows = training(None)
    here = Path(__file__).parent
    path = os.pathsep.join([str(here), str(here.parent), os.environ.get("PYTHONPATH", "")])
    command = [sys.executable, "-c", SCRIPT, str(tmp_path), "8"]
    process = subprocess.Popen(command, env={**os.environ, "PYTHONPATH": path})
    deadline = time.monotonic() + 120
    while not (tmp_path / CHECKPOINT).is_file() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert (tmp_path / CHECKPOINT).is_file()
    resumed, again = training(tmp_path)
    assert same(resumed, expected)
    assert [row["iteration"] for row in again] == [row["iteration"] for row in rows]


def test_more_iterations_go_on_from_a_checkpoint(tmp_path: Path) -> None:
    training(tmp_path, 4)
    assert [row["iteration"] for row in training(tmp_path, 8)[1]] == [2, 4, 6, 8]


def test_a_damaged_checkpoint_is_said(tmp_path: Path) -> None:
    (tmp_path / CHECKPOINT).write_bytes(b"nothing")
    with pytest.raises(DetectorError, match="cannot be read"):
        training(tmp_path)


def test_a_training_learns(make_scene: Callable[..., DiscScene]) -> None:
    image, truth = make_scene(0, n=10)
    source = LabelledSource(scenes=[Scene.of(np.asarray(image.pixels), Ellipses.of(truth, TYPES))])
    mixture = Mixture(sources={"discs": (source, 1.0)}, side=64, batch_size=4, seed=0)
    schedule = Schedule(iterations=60, report_every=5, watch_every=60, workers=0)
    _, history = train_network(build("loopnet", len(TYPES)), mixture, schedule, device=CPU)
    losses = [row["foreground"] for row in history.rows]
    assert np.mean(losses[-2:]) < 0.9 * losses[0]


def test_the_rate_rises_stays_and_falls() -> None:
    schedule = Schedule(iterations=1000, learning_rate=1.0)
    rates = [schedule.rate(k) for k in (0, 79, 400, 499, 750, 999)]
    assert rates[0] == pytest.approx(1 / 80)
    assert rates[1:4] == pytest.approx([1, 1, 1], abs=1e-4)
    assert 0.4 < rates[4] < 0.6
    assert rates[5] == pytest.approx(0.02, abs=1e-3)


def test_few_images_bring_a_type_that_was_not_known(
    make_scene: Callable[..., DiscScene], make_training_set: Callable[..., TrainingSet], fitted: UNetDetector
) -> None:
    assert "bdot" in fitted.capability.types
    image, truth = make_scene(50)
    (prediction,) = detect(fitted, [image])
    assert prediction.detector == "unet"
    assert len(prediction.instances) == pytest.approx(len(truth), abs=3)


def test_a_saved_model_is_one_of_the_core(
    fitted: UNetDetector, tmp_path: Path, make_scene: Callable[..., DiscScene]
) -> None:
    from defectkit.detectors.loopnet.detector import LoopNet

    fitted.save(tmp_path / "model")
    image, _ = make_scene(51)
    (of_core,), (of_plugin,) = detect(LoopNet.load(tmp_path / "model"), [image]), detect(fitted, [image])
    assert of_core.instances == of_plugin.instances
    assert LoopNet.load(tmp_path / "model").card().trained_on == fitted.card().trained_on


def test_other_networks_start_from_random_weights(
    make_scene: Callable[..., DiscScene], make_training_set: Callable[..., TrainingSet]
) -> None:
    options: dict[str, Any] = {"iterations": 2, "batch_size": 2, "crop_size": 64, "device": "cpu"}
    training_set = make_training_set([make_scene(0)])
    with pytest.raises(DetectorError, match="set initial_weights"):
        UNetDetector(network="unet", **options).fit(training_set)
    fitted = UNetDetector(network="unet", initial_weights="", **options).fit(training_set, training_set)
    assert {"find_recall", "find_f1_score"} <= {metric.name for metric in fitted.card().metrics}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"network": "vgg"}, "network is 'vgg'"),
        ({"randomised": 1.0}, "randomised is 1.0"),
        ({"iterations": 0}, "iterations is 0"),
        ({"crop_size": 70}, "not a multiple of 16"),
        ({"learning_rate": 0.0}, "has to be above 0"),
        ({"device": "abacus"}, "device is 'abacus'"),
        ({"initial_weights": "nowhere.onnx"}, "nowhere.onnx cannot be read"),
    ],
)
def test_what_cannot_be_is_refused(
    options: dict[str, Any],
    said: str,
    make_scene: Callable[..., DiscScene],
    make_training_set: Callable[..., TrainingSet],
) -> None:
    with pytest.raises(DetectorError, match=said):
        UNetDetector(**options).fit(make_training_set([make_scene(0)]))


def test_nothing_to_learn_from(
    make_scene: Callable[..., DiscScene], make_training_set: Callable[..., TrainingSet]
) -> None:
    with pytest.raises(DetectorError, match="nothing to learn from"):
        UNetDetector().fit(make_training_set([make_scene(0, n=0)]))


def test_an_untrained_one_says_so(make_scene: Callable[..., DiscScene], tmp_path: Path) -> None:
    with pytest.raises(DetectorError, match="not trained"):
        list(UNetDetector().predict([make_scene(0)[0]]))
    assert attrs.evolve(UNetDetector(), seed=1).card().types == ("defect",)


def test_what_goes_on_from_a_saved_model_starts_from_its_weights(fitted: UNetDetector, tmp_path: Path) -> None:
    fitted.save(tmp_path / "first")
    learner = learner_for("loopnet", tmp_path / "first", options={"iterations": 1})
    assert isinstance(learner, UNetDetector)
    assert learner.initial_weights == str(tmp_path / "first" / "loopnet.onnx")
    assert (learner.iterations, learner.crop_size) == (1, fitted.crop_size)
    shipped = learner_for("loopnet", None)
    assert isinstance(shipped, UNetDetector)
    assert shipped.initial_weights == "recipe"
