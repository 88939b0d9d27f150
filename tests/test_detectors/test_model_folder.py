from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from defectkit import Image, Instances
from defectkit.detectors import ModelCard, ReportedMetric, Tiled, TrainingData
from defectkit.detectors.blob import Blob
from defectkit.detectors.loopnet.detector import LoopNet
from defectkit.detectors.model_folder import (
    Saved,
    SelfTest,
    check_self_test,
    read_card,
    read_saved,
    read_self_test,
    saved_detector,
    write_model_folder,
)
from defectkit.detectors.pixel_forest import PixelForest
from defectkit.errors import DetectorError, OutputError

CARD = ModelCard(
    name="x",
    version="1",
    description="A test.",
    types=("bdot",),
    license="MIT",
    trained_on=(TrainingData(dataset="ti", labels="new@1", labels_digest="0f", n_images=3, n_defects=7),),
    metrics=(ReportedMetric(name="f1_score", value=0.5, low=0.4, high=0.6, measured_on="two images"),),
)
SQUARE = np.array([[2.0, 2.0], [2.0, 12.0], [12.0, 12.0], [12.0, 2.0]])


def found(shift: float = 0.0, *, kind: str = "bdot") -> Instances:
    return Instances.from_polygons([SQUARE + shift], types=[kind], shape=(20, 20), scores=np.array([0.9]))


def self_test() -> SelfTest:
    pixels = np.random.default_rng(0).random((20, 20), np.float32)
    return SelfTest(image=Image.from_array("a", pixels, pixel_size="0.3 nm"), expected=found())


def test_a_model_folder_is_read_as_it_was_written(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    write_model_folder(folder, detector="x", options={"a": 1}, card=CARD, is_trained=True, self_test=self_test())
    assert read_card(folder) == CARD
    assert saved_detector(folder) == "x"
    assert read_saved(folder, "x") == Saved(options={"a": 1}, is_trained=True)
    again = read_self_test(folder)
    assert again is not None
    assert np.array_equal(again.image.pixels, self_test().image.pixels)
    assert again.image.required_calibration().pixel_size_nm == (0.3, 0.3)
    assert again.expected == found()
    readme = (folder / "CARD.md").read_text()
    assert "# x 1" in readme
    assert "new@1" in readme
    assert "0.4 to 0.6" in readme


def test_a_model_without_a_self_test(tmp_path: Path) -> None:
    write_model_folder(tmp_path / "model", detector="x", options={}, card=CARD)
    assert read_self_test(tmp_path / "model") is None


def test_nothing_is_written_over(tmp_path: Path) -> None:
    (tmp_path / "CARD.md").write_text("kept")
    with pytest.raises(OutputError, match=r"already holds CARD\.md"):
        write_model_folder(tmp_path, detector="x", options={}, card=CARD)
    assert [p.name for p in tmp_path.iterdir()] == ["CARD.md"]


@pytest.mark.parametrize("changed", [found(0.0, kind="loop_111"), found(3.0), Instances.empty((20, 20), ["bdot"])])
def test_a_model_that_answers_otherwise_is_not_trusted(changed: Instances, tmp_path: Path) -> None:
    check_self_test(self_test(), found(), folder=tmp_path)
    with pytest.raises(DetectorError, match="self-test image"):
        check_self_test(self_test(), changed, folder=tmp_path)


def test_a_folder_without_a_model(tmp_path: Path) -> None:
    with pytest.raises(DetectorError, match=r"does not hold a saved detector: card\.json is missing"):
        read_card(tmp_path)
    with pytest.raises(DetectorError, match="does not hold a saved detector"):
        read_saved(tmp_path, "x")
    (tmp_path / "settings.json").write_text('{"options": {}}')
    with pytest.raises(DetectorError, match=r"an earlier version of defectkit saved.*train it again"):
        read_saved(tmp_path, "x")


@pytest.mark.parametrize("text", ["[]", "{}", '{"detector": "x"}', '{"detector": 3, "options": {}}', '{"options": []}'])
def test_options_that_are_none_are_told(tmp_path: Path, text: str) -> None:
    (tmp_path / "detector.json").write_text(text)
    with pytest.raises(DetectorError, match="'detector' and 'options' are needed"):
        read_saved(tmp_path, "x")


def test_the_detector_that_a_folder_belongs_to_is_named(tmp_path: Path) -> None:
    write_model_folder(tmp_path / "model", detector="x", options={}, card=CARD)
    for cls in (Blob, LoopNet, PixelForest, Tiled):
        with pytest.raises(DetectorError, match=f"holds the detector 'x', not '{cls.name}'.*--detector x"):
            cls.load(tmp_path / "model")
