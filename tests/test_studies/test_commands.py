from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from defectkit.cli import cli
from defectkit.detectors.pixel_forest import PixelForest
from defectkit.storage import load_results

TRAIN = """
detector = "pixel-forest"
labels = "truth@1"
validation_fraction = 0.34
seed = 2

[options]
n_trees = 3
scales_nm = [1, 3]
samples_per_class = 60

[data]
images = "frames"
pixel_size = "1 nm/px"
labels.truth.path = "truth.json"
labels.truth.format = "coco"
"""


def run(*words: str) -> tuple[int, str, str]:
    done = CliRunner().invoke(cli, list(words), standalone_mode=True)
    return done.exit_code, done.stdout, done.stderr


def test_a_study_is_run_and_gone_on_with(declared: Path) -> None:
    words = ("study", "run", str(declared / "study.toml"), "-o", str(declared / "out"))
    status, shown, said = run(*words)
    assert status == 0, said
    assert "8 runs of 'two folds' on 'study'" in shown
    assert "find F1" in shown
    assert "run 1 of 8" in said
    assert "all 8 runs are done" in said
    result = load_results(declared / "out" / "results.zarr")
    assert result.sizes["run"] == 8
    status, _, said = run(*words)
    assert status == 0
    assert said.count("(kept)") == 8
    status, _, said = run("-q", *words)
    assert (status, said) == (0, "")


@pytest.mark.filterwarnings("default::defectkit.errors.NotFullyReadWarning")
def test_a_study_names_the_images_that_are_not_fully_read(declared: Path) -> None:
    file = declared / "truth.json"
    document = json.loads(file.read_text())
    outside = document["annotations"][0]
    outside["segmentation"] = [[9000, 9000, 9010, 9000, 9010, 9010]]
    file.write_text(json.dumps(document))
    (name,) = [Path(i["file_name"]).stem for i in document["images"] if i["id"] == outside["image_id"]]
    status, _, said = run("-q", "study", "run", str(declared / "study.toml"), "-o", str(declared / "out"))
    assert status == 0, said
    wanted = f"labels truth@1: image {name} is not fully read, 1 regions were refused"
    assert f"warning: {wanted}" in " ".join(said.split())
    assert wanted in load_results(declared / "out" / "results.zarr").attrs["notes"]


def test_faults_of_a_study_end_with_one_message(declared: Path) -> None:
    (declared / "study.toml").write_text("name = 'nothing'")
    status, _, said = run("study", "run", str(declared / "study.toml"), "-o", str(declared / "out"))
    assert status == 2
    assert "[data] is missing" in said
    assert not (declared / "out").exists()


def test_a_detector_is_trained_and_saved(declared: Path) -> None:
    (declared / "train.toml").write_text(TRAIN)
    status, shown, said = run("train", str(declared / "train.toml"), "-o", str(declared / "model"))
    assert status == 0, said
    assert "types bdot, loop_111" in shown
    assert "3 images of truth@1: trained in" in said
    loaded = PixelForest.load(declared / "model")
    assert loaded.n_trees == 3
    assert loaded.card().trained_on[0].n_images == 2
    status, _, said = run("train", str(declared / "train.toml"), "-o", str(declared / "model"))
    assert status == 2
    assert "already holds CARD.md" in said


def test_images_are_held_back_by_name(declared: Path) -> None:
    names = sorted(path.stem for path in (declared / "frames").iterdir())
    text = TRAIN.replace("validation_fraction = 0.34", f"validation = {names[:2]!r}")
    (declared / "train.toml").write_text(text)
    status, _, said = run("train", str(declared / "train.toml"), "-o", str(declared / "model"))
    assert status == 0, said
    assert PixelForest.load(declared / "model").card().trained_on[0].n_images == len(names) - 2


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("seed = 2", "validation = ['one']", "given by name and as a fraction"),
        ("validation_fraction = 0.34", "validation = ['one']", "no image is named 'one'"),
        ("seed = 2", "sed = 2", "sed is unknown"),
        ('labels = "truth@1"\n', "", "labels is missing"),
        ('labels = "truth@1"', 'labels = "mine@1"', "no label set is called 'mine@1'"),
        ('"pixel-forest"', '"blob"', "no option"),
        ("seed = 2", 'split = "initial"', "no split is called 'initial'"),
        ("n_trees = 3", "n_trees = 0", "refuses its options"),
    ],
)
def test_faults_of_a_training_end_with_one_message(declared: Path, old: str, new: str, said: str) -> None:
    assert old in TRAIN
    (declared / "train.toml").write_text(TRAIN.replace(old, new))
    status, _, message = run("train", str(declared / "train.toml"), "-o", str(declared / "model"))
    assert status == 2
    assert said in message
    assert not (declared / "model").exists()


def test_a_detector_that_cannot_learn_is_not_trained(declared: Path) -> None:
    text = 'detector = "blob"\nlabels = "truth@1"\n' + TRAIN[TRAIN.index("[data]") :]
    (declared / "train.toml").write_text(text)
    status, _, message = run("train", str(declared / "train.toml"), "-o", str(declared / "model"))
    assert status == 2
    assert "cannot be trained" in message
