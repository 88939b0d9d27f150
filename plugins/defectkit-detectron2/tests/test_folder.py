from __future__ import annotations

import json
from pathlib import Path

import pytest
from defectkit_detectron2 import Detectron2
from safetensors.torch import load_file, save_file

from defectkit.detectors.blob import Blob
from defectkit.errors import DetectorError


@pytest.fixture
def folder(trained: Detectron2, tmp_path: Path) -> Path:
    trained.save(tmp_path / "model")
    return tmp_path / "model"


def test_a_folder_holds_no_pickle(folder: Path) -> None:
    assert {p.name for p in folder.iterdir()} == {
        "README.md",
        "card.json",
        "config.yaml",
        "self_test.json",
        "self_test.npz",
        "settings.json",
        "weights.safetensors",
    }
    assert "workspace" not in json.loads((folder / "settings.json").read_text())["options"]


def test_an_untrained_detector_is_saved_with_its_options(tmp_path: Path) -> None:
    Detectron2(config="reference", overrides={"MODEL.RPN.NMS_THRESH": 0.8}).save(tmp_path / "model")
    loaded = Detectron2.load(tmp_path / "model")
    assert (loaded.config, dict(loaded.overrides)) == ("reference", {"MODEL.RPN.NMS_THRESH": 0.8})


def test_the_self_test_notices_other_weights(folder: Path) -> None:
    path = folder / "weights.safetensors"
    weights = load_file(path)
    save_file({name: value * 0 if "predictor" in name else value for name, value in weights.items()}, path)
    with pytest.raises(DetectorError, match="does not do what it did when it was saved"):
        Detectron2.load(folder)


@pytest.mark.parametrize(
    ("name", "content", "match"),
    [
        ("config.yaml", "SOLVER: {NOTHING: 1}", "no configuration"),
        ("config.yaml", "MODEL: {ROI_HEADS: {NUM_CLASSES: 7}}", "cannot build|not those of"),
        ("config.yaml", None, "damaged"),
        ("weights.safetensors", "nothing", "cannot be read as weights"),
        ("weights.safetensors", None, "no weights lie here"),
        ("settings.json", '{"options": {"colour": "red"}}', "colour"),
        ("settings.json", '{"options": {}, "trained": {}}', "damaged"),
    ],
)
def test_a_damaged_folder_is_told(folder: Path, name: str, content: str | None, match: str) -> None:
    (folder / name).unlink()
    if content is not None:
        (folder / name).write_text(content)
    with pytest.raises(DetectorError, match=match):
        Detectron2.load(folder)


def test_a_model_of_another_detector_is_named(tmp_path: Path) -> None:
    Detectron2().save(tmp_path / "model")
    card = tmp_path / "model" / "card.json"
    card.write_text(card.read_text().replace('"detectron2"', '"blob"'))
    with pytest.raises(DetectorError, match="--detector blob"):
        Detectron2.load(tmp_path / "model")
    assert Blob.name == "blob"
