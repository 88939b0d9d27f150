from __future__ import annotations

import json
from pathlib import Path

import pytest
from defectkit_detectron2 import Detectron2
from safetensors.torch import load_file, save_file

from defectkit.detectors.model_folder import NAMES
from defectkit.errors import DetectorError


@pytest.fixture
def folder(trained: Detectron2, tmp_path: Path) -> Path:
    trained.save(tmp_path / "model")
    return tmp_path / "model"


def test_a_folder_holds_no_pickle(folder: Path) -> None:
    assert {p.name for p in folder.iterdir()} == {
        *NAMES,
        "view.json",
        "config.yaml",
        "config-kind.txt",
        "weights.safetensors",
    }
    assert "workspace" not in json.loads((folder / "detector.json").read_text())["options"]


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
        ("detector.json", '{"detector": "detectron2", "options": {"colour": "red"}}', "colour"),
        ("view.json", '{"types": []}', "damaged"),
    ],
)
def test_a_damaged_folder_is_told(folder: Path, name: str, content: str | None, match: str) -> None:
    (folder / name).unlink()
    if content is not None:
        (folder / name).write_text(content)
    with pytest.raises(DetectorError, match=match):
        Detectron2.load(folder)
