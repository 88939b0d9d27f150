from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import attrs
import pytest
import torch
from defectkit_detectron2 import Detectron2

from defectkit.detectors import TrainingSet
from defectkit.errors import DetectorError
from defectkit.records import Instances, LabelSet

LONG = """
import sys
from defectkit.detectors import TrainingSet
from defectkit.testing.synthetic import synthetic_dataset
from defectkit_detectron2 import Detectron2

images, labels = synthetic_dataset(3, 2, shape=(96, 96), counts={"bdot": 5}, n_lines=0)
whole = TrainingSet(images=images, labels=labels)
detector = Detectron2(
    iterations=16, batch_size=1, crop_size=64, checkpoint_every=3, evaluate_every=7, device="cpu", workspace=sys.argv[1]
)
if __name__ == "__main__":
    import torch

    torch.set_num_threads(1)
    detector.fit(whole, whole)
"""


def weights(detector: Detectron2) -> dict[str, torch.Tensor]:
    return detector.required().model.network.state_dict()


def same(first: dict[str, torch.Tensor], second: dict[str, torch.Tensor]) -> bool:
    return all(torch.equal(value, second[name]) for name, value in first.items())


def test_the_same_seed_gives_the_same_network_and_predictions(brief: Detectron2, scenes: TrainingSet) -> None:
    torch.manual_seed(1)
    first = brief.fit(scenes, scenes)
    torch.manual_seed(2)
    again = brief.fit(scenes, scenes)
    assert same(weights(first), weights(again))
    low = [attrs.evolve(d, min_score=0.01) for d in (first, again)]
    image = next(iter(scenes.images.values()))
    (one,), (other,) = (list(d.predict([image])) for d in low)
    assert one.instances == other.instances
    assert not same(weights(first), weights(attrs.evolve(brief, seed=1).fit(scenes)))


def test_a_killed_training_goes_on_to_the_same_result(tmp_path: Path) -> None:
    script = tmp_path / "long.py"
    script.write_text(LONG)
    killed, whole = tmp_path / "killed", tmp_path / "whole"
    process = subprocess.Popen([sys.executable, str(script), str(killed)])
    try:
        deadline = time.monotonic() + 240
        while not list(killed.glob("*/history.csv")):
            assert process.poll() is None, "it ended before it was killed"
            assert time.monotonic() < deadline, "no checkpoint came"
            time.sleep(0.01)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    (checkpoint,) = killed.glob("*/checkpoint.pt")
    stopped_at = torch.load(checkpoint, weights_only=True)["iteration"]
    assert 3 <= stopped_at < 16
    for folder in (killed, whole):
        subprocess.run([sys.executable, str(script), str(folder)], check=True)
    resumed, straight = (torch.load(next(f.glob("*/checkpoint.pt")), weights_only=True) for f in (killed, whole))
    assert resumed["iteration"] == straight["iteration"] == 16
    assert same(straight["network"], resumed["network"])
    assert resumed["history"] == straight["history"]


def test_losses_and_validation_are_kept_as_curves(brief: Detectron2, scenes: TrainingSet, tmp_path: Path) -> None:
    few = scenes.only(list(scenes.images)[:1])
    watched = attrs.evolve(brief, workspace=str(tmp_path), tensorboard=True, checkpoint_metric="validation_loss")
    fitted = watched.fit(few, few)
    (folder,) = tmp_path.iterdir()
    header = (folder / "history.csv").read_text().splitlines()[0].split(",")
    assert {"loss", "loss_mask", "learning_rate", "validation_loss", "validation_f1"} <= set(header)
    assert (folder / "history.png").read_bytes().startswith(b"\x89PNG")
    assert list((folder / "tensorboard").glob("events.*"))
    assert (folder / "best.safetensors").is_file()
    told = {m.name for m in fitted.card().metrics}
    assert told | {"find_precision"} == {"find_precision", "find_recall", "find_f1_score"}  # none if nothing is found
    assert fitted.card().trained_on[0].n_images == 1


def test_two_processes_share_a_batch(brief: Detectron2, scenes: TrainingSet) -> None:
    few = scenes.only(list(scenes.images)[:2])
    fitted = attrs.evolve(brief, processes=2, batch_size=2, patience=1).fit(few, few)
    assert "2 crops" in fitted.card().description
    with pytest.raises(DetectorError, match="cannot be shared evenly"):
        attrs.evolve(brief, processes=2, batch_size=3).fit(few)


def test_a_gpu_that_is_not_there_is_an_error(
    brief: Detectron2, scenes: TrainingSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(DetectorError, match="no CUDA GPU"):
        attrs.evolve(brief, device="cuda").fit(scenes)
    with pytest.raises(DetectorError, match="mixed precision"):
        attrs.evolve(brief, mixed_precision=True).fit(scenes)
    with pytest.raises(DetectorError, match="no device"):
        attrs.evolve(brief, device="abacus").fit(scenes)


def test_nothing_to_learn_from_is_an_error(brief: Detectron2, scenes: TrainingSet) -> None:
    empty = LabelSet(name="none", instances={n: Instances.empty(i.shape) for n, i in scenes.images.items()})
    with pytest.raises(DetectorError, match="nothing to learn"):
        brief.fit(TrainingSet(images=scenes.images, labels=empty))
    with pytest.raises(DetectorError, match="patience"):
        attrs.evolve(brief, patience=2).fit(scenes)


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"iterations": 0}, "iterations"),
        ({"learning_rate": -1.0}, "learning_rate"),
        ({"min_score": 1.0}, "min_score"),
        ({"tensorboard": True}, "workspace"),
        ({"overlap": 4096}, "overlap"),
        ({"anchors": "none"}, "anchors"),
    ],
)
def test_options_are_checked(options: dict[str, object], match: str) -> None:
    with pytest.raises((DetectorError, ValueError), match=match):
        Detectron2(**options)  # type: ignore[arg-type]  # wrong on purpose
