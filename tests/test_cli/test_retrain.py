from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest

from defectkit.detectors import TrainingSet
from defectkit.detectors.pixel_forest import PixelForest
from defectkit.formats import write_labels
from defectkit.records import LabelSet
from defectkit.studies import Retraining, assess_retraining
from defectkit.testing.synthetic import synthetic_dataset

Run = Callable[..., Any]
WEAK: dict[str, Any] = {
    "scales_nm": (1.0, 2.0),
    "n_trees": 1,
    "max_depth": 1,
    "samples_per_class": 20,
    "threshold": 0.9,
}
BETTER = ("n_trees=12", "max_depth=10", "samples_per_class=400", "threshold=null", "scales_nm=[1.0,2.0,4.0]")


@pytest.fixture
def lab(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data set of the user, ``lab/mine``, and a model that is hardly trained, in ``weak``."""
    monkeypatch.setenv("DEFECTKIT_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("DEFECTKIT_CATALOGUE", str(tmp_path / "catalogue"))
    images, labels = synthetic_dataset(0, 5, shape=(128, 128), counts={"bdot": 8}, pixel_size="1 nm/px")
    (tmp_path / "frames").mkdir()
    for image in images.values():
        PIL.Image.fromarray(np.asarray(image.pixels)).save(tmp_path / "frames" / f"{image.name}.png")
    write_labels(labels, tmp_path / "truth.json", format="coco")
    sources = ("--labels", tmp_path / "truth.json", "--pixel-size", "1 nm", "--annotator", "me")
    assert run("datasets", "add", tmp_path / "frames", "--name", "lab", "--label-set", "mine", *sources).exit_code == 0
    PixelForest(**WEAK).fit(TrainingSet(images=images, labels=labels)).save(tmp_path / "weak")
    return tmp_path


def test_a_better_model_is_saved_with_what_it_gained(run: Run, lab: Path) -> None:
    options = [part for option in BETTER for part in ("--detector-option", option)]
    result = run("retrain", lab / "weak", "--data", "lab/mine", *options, "-o", lab / "better")
    assert result.exit_code == 0, result.output
    assert "gain" in result.stdout
    saved = PixelForest.load(lab / "better")
    assert saved.n_trees == 12
    (metric,) = (m for m in saved.card().metrics if "cross-validation in 3 folds" in m.measured_on)
    assert metric.low is not None
    assert metric.low <= metric.value


def test_a_model_that_is_no_better_is_not_saved_unless_it_is_wanted(run: Run, lab: Path) -> None:
    result = run("retrain", lab / "weak", "--data", "lab/mine", "-o", lab / "same")
    assert result.exit_code == 0, result.output
    assert "not saved" in result.stdout
    assert not (lab / "same").exists()
    kept = run("retrain", lab / "weak", "--data", "lab/mine", "--keep", "-o", lab / "same")
    assert kept.exit_code == 0, kept.output
    assert PixelForest.load(lab / "same").n_trees == 1


@pytest.mark.parametrize(
    ("model", "options", "said"),
    [
        ("blob", (), "no detector that is installed goes on from 'blob'"),
        ("nothing", (), "nothing"),
        ("frames", (), "frames"),
        ("weak", ("--detector", "blob"), "detector 'blob' does not go on from 'pixel-forest'"),
        ("weak", ("--detector-option", "trees=3"), "has no option 'trees'"),
    ],
)
def test_what_cannot_be_retrained_is_told(run: Run, lab: Path, model: str, options: tuple[str, ...], said: str) -> None:
    place = lab / model
    result = run("retrain", place if place.exists() else model, "--data", "lab/mine", *options, "-o", lab / "new")
    assert result.exit_code == 2
    assert said in result.stderr
    assert not (lab / "new").exists()


def test_one_image_is_too_few() -> None:
    images, labels = synthetic_dataset(0, 1, shape=(64, 64), counts={"bdot": 2}, pixel_size="1 nm/px")
    weak = PixelForest(**WEAK)
    with pytest.raises(Exception, match="two images and two folds are the least"):
        assess_retraining(weak, weak, images, labels)


def test_the_gain_is_that_of_the_same_images() -> None:
    """A model that equals the current one on every image gains exactly nothing, with no interval."""
    images, labels = synthetic_dataset(3, 4, shape=(96, 96), counts={"bdot": 5}, pixel_size="1 nm/px")

    class Known(PixelForest):
        def fit(self, training: TrainingSet, validation: TrainingSet | None = None) -> Any:
            return trained

    trained = PixelForest(**{**WEAK, "n_trees": 8, "max_depth": 8}).fit(TrainingSet(images=images, labels=labels))
    assessed = assess_retraining(Known(), trained, images, LabelSet(name="a", instances=labels.instances), n_folds=9)
    assert isinstance(assessed, Retraining)
    assert (assessed.gain.value, assessed.gain.low, assessed.gain.high) == (0, 0, 0)
    assert assessed.n_folds == 4
    assert not assessed.is_better
