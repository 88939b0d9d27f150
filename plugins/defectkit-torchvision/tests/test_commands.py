from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import tifffile
from click.testing import CliRunner, Result

from defectkit.cli import cli
from defectkit.detectors import TrainingSet
from defectkit.formats import write_labels
from defectkit.testing.synthetic import synthetic_dataset

CONFIG = """
detector = "torchvision"
labels = "truth@1"
validation_fraction = 0.34
seed = 1

[options]
iterations = 3
evaluate_every = 2
batch_size = 1
crop_size = 64
max_detections = 20
device = "cpu"
workspace = "WORKSPACE"
augmentation = { noise = 0.0, scale = 0.1 }

[data]
images = ["frames"]
pixel_size = "1 nm"
labels.truth.path = "truth.json"
labels.truth.format = "coco"
"""

Run = Callable[..., Result]


@pytest.fixture
def run() -> Run:
    """Run a command line in this process; exceptions that are faults of the program are raised."""

    def invoke(*args: object) -> Result:
        result = CliRunner().invoke(cli, [str(a) for a in args])
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return invoke


@pytest.fixture
def config(tmp_path: Path) -> Path:
    images, labels = synthetic_dataset(2, 3, shape=(96, 96), pixel_size="1 nm", counts={"bdot": 6}, n_lines=0)
    side = TrainingSet(images=images, labels=labels)
    (tmp_path / "frames").mkdir()
    for name, image in side.images.items():
        tifffile.imwrite(tmp_path / "frames" / f"{name}.tif", image.pixels)
    write_labels(labels, tmp_path / "truth.json", format="coco", images=images)
    path = tmp_path / "train.toml"
    path.write_text(CONFIG.replace("WORKSPACE", (tmp_path / "workspace").as_posix()))
    return path


@pytest.mark.filterwarnings("ignore::defectkit.errors.DetectionCapWarning")  # three iterations teach it no restraint
def test_a_model_is_trained_and_used(config: Path, run: Run) -> None:
    home = config.parent
    result = run("train", config, "-o", home / "model")
    assert result.exit_code == 0, result.output
    assert "types bdot" in result.output
    card = json.loads((home / "model" / "card.json").read_text())
    assert card["trained_on"][0]["n_images"] == 2
    assert card["settings"]["augmentation"].startswith("flips True")
    assert "noise 0.0" in card["settings"]["augmentation"]
    assert list((home / "workspace").glob("*/history.png"))

    result = run(
        *("analyze", home / "frames", "--pixel-size", "1 nm", "--foil-thickness", "100 nm"),
        *("--detector", "torchvision", "--model", home / "model", "--min-score", "0.0", "-o", home / "out"),
    )
    assert result.exit_code == 0, result.output
    assert (home / "out").is_dir()


def test_a_gpu_that_is_not_there_ends_the_command(config: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    config.write_text(config.read_text().replace('device = "cpu"', 'device = "cuda"'))
    result = run("train", config, "-o", config.parent / "model")
    assert result.exit_code == 2
    assert "finds no CUDA GPU" in result.output
    assert not (config.parent / "model").exists()


def test_the_plugin_is_listed(run: Run) -> None:
    result = run("plugins")
    assert result.exit_code == 0
    assert "Mask R-CNN of torchvision" in result.output
