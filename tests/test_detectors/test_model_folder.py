from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from defectkit import Image, Instances
from defectkit.detectors import ModelCard, ReportedMetric, TrainingData
from defectkit.detectors.learning.model_folder import (
    SelfTest,
    check_self_test,
    read_card,
    read_self_test,
    read_settings,
    write_model_folder,
)
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
    write_model_folder(folder, card=CARD, settings={"a": 1}, self_test=self_test())
    assert read_card(folder) == CARD
    assert read_settings(folder) == {"a": 1}
    again = read_self_test(folder)
    assert again is not None
    assert np.array_equal(again.image.pixels, self_test().image.pixels)
    assert again.image.required_calibration().pixel_size_nm == (0.3, 0.3)
    assert again.expected == found()
    readme = (folder / "README.md").read_text()
    assert "# x 1" in readme
    assert "new@1" in readme
    assert "0.4 to 0.6" in readme


def test_a_model_without_a_self_test(tmp_path: Path) -> None:
    write_model_folder(tmp_path / "model", card=CARD, settings={})
    assert read_self_test(tmp_path / "model") is None


def test_a_model_is_saved_into_a_new_folder(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("kept")
    with pytest.raises(OutputError, match="not empty"):
        write_model_folder(tmp_path, card=CARD, settings={})
    assert [p.name for p in tmp_path.iterdir()] == ["mine.txt"]


@pytest.mark.parametrize("changed", [found(0.0, kind="loop_111"), found(3.0), Instances.empty((20, 20), ["bdot"])])
def test_a_model_that_answers_otherwise_is_not_trusted(changed: Instances, tmp_path: Path) -> None:
    check_self_test(self_test(), found(), folder=tmp_path)
    with pytest.raises(DetectorError, match="self-test image"):
        check_self_test(self_test(), changed, folder=tmp_path)


def test_a_folder_without_a_model(tmp_path: Path) -> None:
    with pytest.raises(DetectorError, match=r"no saved detector lies here \(card.json is missing\)"):
        read_card(tmp_path)
    (tmp_path / "settings.json").write_text("{")
    with pytest.raises(DetectorError, match="damaged"):
        read_settings(tmp_path)
