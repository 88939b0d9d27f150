from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import attrs
import numpy as np
import pytest
import torch
from defectkit_torchvision.architecture import Architecture
from defectkit_torchvision.batches import Batches
from defectkit_torchvision.detector import TorchvisionMaskRCNN
from defectkit_torchvision.network import build
from defectkit_torchvision.training import learning_rate, train
from defectkit_torchvision.validation import giving_losses
from torchvision.models.detection import MaskRCNN

from defectkit.detectors import TrainingSet
from defectkit.detectors.learning import CropSampler, Example, History
from defectkit.errors import DetectorError
from defectkit.records import Instances
from defectkit.testing.synthetic import synthetic_dataset

QUICK: dict[str, Any] = {"batch_size": 1, "crop_size": 64, "learning_rate": 0.01, "device": "cpu", "max_detections": 20}

SCHEDULE = TorchvisionMaskRCNN(iterations=100, batch_size=1, learning_rate=0.1, crop_size=64, evaluate_every=10)

TO_BE_KILLED = """
import sys
from defectkit_torchvision.detector import TorchvisionMaskRCNN
from defectkit.detectors import TrainingSet
from defectkit.testing.synthetic import synthetic_dataset

images, labels = synthetic_dataset(5, 2, shape=(96, 96), pixel_size="1 nm", counts={"bdot": 6}, n_lines=0)
side = TrainingSet(images=images, labels=labels)
TorchvisionMaskRCNN(
    batch_size=1, crop_size=64, learning_rate=0.01, device="cpu", max_detections=20,
    iterations=8, evaluate_every=2, workspace=sys.argv[1],
).fit(side, side)
"""


def small_side() -> TrainingSet:
    images, labels = synthetic_dataset(5, 2, shape=(96, 96), pixel_size="1 nm", counts={"bdot": 6}, n_lines=0)
    return TrainingSet(images=images, labels=labels)


def small_network() -> MaskRCNN:
    sizes = [(8.0 * 2**k,) for k in range(5)]
    return build(
        Architecture(backbone="mobilenet_v2", types=("bdot",), anchor_sizes=sizes, aspect_ratios=(0.5, 1.0, 2.0))
    )


def weights(detector: TorchvisionMaskRCNN) -> dict[str, torch.Tensor]:
    return detector.required().model.network.state_dict()


def assert_same_weights(one: TorchvisionMaskRCNN, other: TorchvisionMaskRCNN) -> None:
    for name, value in weights(one).items():
        assert torch.equal(value, weights(other)[name]), name


def test_a_killed_training_ends_as_it_would_have(tmp_path: Path) -> None:
    """The process is killed with SIGKILL after its first checkpoint; the resumed training gives the same weights."""
    killed = subprocess.Popen([sys.executable, "-c", TO_BE_KILLED, str(tmp_path / "killed")])
    try:
        deadline = time.monotonic() + 120
        while not list((tmp_path / "killed").glob("*/checkpoint.pt")):
            assert killed.poll() is None, "it ended before it wrote a checkpoint"
            assert time.monotonic() < deadline, "it wrote no checkpoint"
            time.sleep(0.01)
    finally:
        killed.send_signal(signal.SIGKILL)
        assert killed.wait() == -signal.SIGKILL
    (checkpoint,) = (tmp_path / "killed").glob("*/checkpoint.pt")
    at = torch.load(checkpoint, weights_only=True)["iteration"]
    assert at in (2, 4, 6)
    side, options = small_side(), QUICK | {"iterations": 8, "evaluate_every": 2}
    torch.manual_seed(at)
    resumed = TorchvisionMaskRCNN(**options, workspace=str(tmp_path / "killed")).fit(side, side)
    whole = TorchvisionMaskRCNN(**options, workspace=str(tmp_path / "whole")).fit(side, side)
    assert_same_weights(resumed, whole)
    image = next(iter(side.images.values()))
    (one,), (other,) = (list(attrs.evolve(d, min_score=0.01).predict([image])) for d in (resumed, whole))
    assert one.instances == other.instances
    histories = [History.from_csv(next(tmp_path.glob(f"{side}/*/history.csv"))).rows for side in ("killed", "whole")]
    assert histories[0] == histories[1]
    assert resumed.card() == whole.card()


def test_a_finished_training_is_not_repeated_and_its_course_is_drawn(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard", reason="python -m pip install tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    options = QUICK | {"iterations": 3, "evaluate_every": 2, "workspace": str(tmp_path), "tensorboard": True}
    side = small_side()
    first = TorchvisionMaskRCNN(**options).fit(side, side)
    (folder,) = tmp_path.iterdir()
    history = History.from_csv(folder / "history.csv")
    assert [row["iteration"] for row in history.rows if "loss" in row] == [1, 2, 3]
    assert [row["iteration"] for row in history.rows if "validation_f1" in row] == [2, 3]
    assert {"loss_mask", "loss_classifier", "validation_loss"} <= set(history.names)
    assert (folder / "history.png").read_bytes().startswith(b"\x89PNG")
    events = EventAccumulator(str(folder))
    events.Reload()
    assert [event.step for event in events.Scalars("loss")] == [1, 2, 3]
    written = (folder / "checkpoint.pt").stat().st_mtime_ns
    again = TorchvisionMaskRCNN(**options).fit(side, side)
    assert (folder / "checkpoint.pt").stat().st_mtime_ns == written
    assert_same_weights(first, again)
    TorchvisionMaskRCNN(**options | {"seed": 1, "iterations": 1}).fit(side)
    assert len(list(tmp_path.iterdir())) == 2, "another training shares the folder of the first"


def test_a_damaged_checkpoint_is_told(tmp_path: Path) -> None:
    options = QUICK | {"iterations": 1, "workspace": str(tmp_path)}
    side = small_side()
    TorchvisionMaskRCNN(**options).fit(side)
    (checkpoint,) = tmp_path.glob("*/checkpoint.pt")
    checkpoint.write_bytes(b"half of it")
    with pytest.raises(DetectorError, match="cannot be read"):
        TorchvisionMaskRCNN(**options).fit(side)


def test_tensorboard_that_is_missing_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    with pytest.raises(DetectorError, match="pip install tensorboard"):
        TorchvisionMaskRCNN(**QUICK, tensorboard=True, workspace=str(tmp_path)).fit(small_side())


def test_the_seed_decides(tmp_path: Path) -> None:
    side, options = small_side(), QUICK | {"iterations": 2, "min_score": 0.01}
    state = torch.get_rng_state()
    one, again, other = (TorchvisionMaskRCNN(**options, seed=seed).fit(side) for seed in (7, 7, 8))
    assert torch.equal(torch.get_rng_state(), state), "the global random state was changed"
    assert_same_weights(one, again)
    images = list(side.images.values())
    for first, second in zip(one.predict(images), again.predict(images), strict=True):
        assert first.instances == second.instances
    assert any(not torch.equal(value, weights(other)[name]) for name, value in weights(one).items())


def test_a_training_that_brings_nothing_more_is_ended(tmp_path: Path) -> None:
    """With a learning rate of nearly nothing no state is better than the first."""
    options = QUICK | {"iterations": 20, "evaluate_every": 1, "patience": 2, "learning_rate": 1e-12}
    side = small_side()
    ended = TorchvisionMaskRCNN(**options, workspace=str(tmp_path), min_score=0.99).fit(side, side)
    (history,) = tmp_path.glob("*/history.csv")
    assert History.from_csv(history).rows[-1]["iteration"] == 3
    assert "trained for 3 iterations" in ended.card().description


@pytest.mark.parametrize(("metric", "best_at"), [("validation_loss", 1), ("validation_f1", 2)])
def test_the_best_state_is_kept(metric: str, best_at: int) -> None:
    figures = iter([(1.0, 0.4), (0.5, 0.3), (0.7, 0.6), (0.9, 0.6)])
    seen: list[dict[str, torch.Tensor]] = []

    def validate(network: MaskRCNN) -> dict[str, float]:
        seen.append({name: value.clone() for name, value in network.state_dict().items()})
        loss, f1 = next(figures)
        return {"validation_loss": loss, "validation_f1": f1}

    schedule = attrs.evolve(SCHEDULE, iterations=4, evaluate_every=1, checkpoint_metric=metric)
    example = Example(pixels=np.zeros((64, 64), np.float32), instances=Instances.empty((64, 64)))
    batches = Batches(
        sampler=CropSampler(examples=[example], size=(64, 64)),
        types=("bdot",),
        batch_size=1,
        device=torch.device("cpu"),
    )
    network = small_network()
    train(network, batches, schedule, validate=validate, workspace=None)
    kept = network.state_dict()
    assert [all(torch.equal(kept[n], state[n]) for n in kept) for state in seen] == [k == best_at for k in range(4)]


def test_a_training_that_diverges_is_stopped() -> None:
    with pytest.raises(DetectorError, match="diverged"):
        TorchvisionMaskRCNN(**QUICK | {"learning_rate": 1e30, "iterations": 6}).fit(small_side())


def test_the_learning_rate_rises_and_falls() -> None:
    rates = [learning_rate(k, SCHEDULE) for k in range(100)]
    assert np.argmax(rates) in (9, 10)
    assert rates[0] == pytest.approx(0.01)
    assert max(rates) == pytest.approx(0.1)
    assert rates[-1] == pytest.approx(0.001, rel=0.05)
    assert all(np.diff(rates[:10]) > 0)
    assert all(np.diff(rates[10:]) < 0)


def test_losses_on_validation_images_teach_nothing() -> None:
    network = small_network()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    target = {"boxes": torch.tensor([[4.0, 4, 20, 20]]), "labels": torch.tensor([1]), "masks": torch.ones(1, 64, 64)}
    with torch.no_grad(), giving_losses(network):
        losses = network([torch.rand(3, 64, 64)], [target])
    assert set(losses) == {"loss_classifier", "loss_box_reg", "loss_mask", "loss_objectness", "loss_rpn_box_reg"}
    assert not network.training
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
