"""A trainable detector of somebody else: what it takes to write one, and what comes with it."""

from __future__ import annotations

import inspect
import json
from pathlib import Path
from typing import ClassVar

import attrs
import numpy as np
import pytest
from scipy.ndimage import label

from defectkit.detectors import Tiled, TrainableDetector, TrainingSet, detect
from defectkit.detectors.options import machine_option
from defectkit.errors import DetectorError, OutputError
from defectkit.geometry.masks import label_image_to_runs
from defectkit.records import Image, Instances
from defectkit.testing import TrainableDetectorSuite
from defectkit.testing.synthetic import synthetic_dataset


@attrs.frozen(kw_only=True, eq=False)
class Darker(TrainableDetector[float]):
    """Connected patches that are darker than a part of the image's range, which is learned."""

    name: ClassVar[str] = "darker"
    description: ClassVar[str] = "Dark patches below a learned level."
    version: ClassVar[str] = "1"

    fewest_pixels: int = 12
    workspace: str = machine_option("")

    def learn(self, training: TrainingSet, validation: TrainingSet | None) -> float:
        inside = [self._depth(image)[defect.mask()] for image, labels in training for defect in labels]
        return float(np.median(np.concatenate(inside)))

    def find(self, model: float, image: Image) -> Instances:
        patches, _ = label(self._depth(image) > model)
        sizes = np.bincount(patches.ravel())
        runs, _ = label_image_to_runs(np.where(sizes[patches] < self.fewest_pixels, 0, patches))
        types, scores = ["bdot"] * len(runs), np.ones(len(runs))
        return Instances.from_runs(runs, types=types, shape=image.shape, scores=scores, known_types=("bdot",))

    def write(self, model: float, folder: Path) -> None:
        (folder / "level.json").write_text(json.dumps(model))

    def read(self, folder: Path) -> float:
        return float(json.loads((folder / "level.json").read_text()))

    def _depth(self, image: Image) -> np.ndarray:
        pixels = np.asarray(image.pixels, float)
        return (pixels.max() - pixels) / max(np.ptp(pixels), 1.0)


class TestDarker(TrainableDetectorSuite):
    cls = Darker
    is_registered = False


def test_it_is_written_in_few_lines() -> None:
    assert len(inspect.getsource(Darker).splitlines()) < 40


@pytest.fixture
def training() -> TrainingSet:
    images, labels = synthetic_dataset(3, 2, shape=(300, 200), counts={"bdot": 8}, n_lines=0)
    return TrainingSet(images=images, labels=labels)


def test_tiles_show_what_the_whole_shows(training: TrainingSet) -> None:
    fitted = Darker().fit(training)
    image = next(iter(training.images.values()))
    level = np.asarray(image.pixels, np.float64)
    flat = Image.from_array(image.name, np.where(level < np.percentile(level, 5), 0, 200), pixel_size="1 nm/px")
    (whole,), (tiled,) = (list(detect(d, [flat])) for d in (fitted, Tiled(detector=fitted, tile=120, overlap=60)))
    assert len(whole.instances) > 0
    assert sorted(tiled.instances.areas.tolist()) == sorted(whole.instances.areas.tolist())


def test_its_card_has_what_it_saw_and_what_it_reached(training: TrainingSet) -> None:
    card = Darker(license="CC0-1.0").fit(training, training).card()
    assert card.types == ("bdot",)
    assert card.license == "CC0-1.0"
    assert card.pixel_size_range is not None
    low, high = card.pixel_size_range
    sizes = [size for pair in training.pixel_sizes_nm() for size in pair]
    assert (low.magnitude, high.magnitude) == (pytest.approx(min(sizes)), pytest.approx(max(sizes)))
    assert card.trained_on[0].labels_digest
    assert {metric.name for metric in card.metrics} >= {"find_recall", "find_f1_score"}
    assert "2 validation images" in card.metrics[0].measured_on
    assert card.settings == {"license": "CC0-1.0", "fewest_pixels": 12}


def test_images_without_a_pixel_size_leave_the_range_open(training: TrainingSet) -> None:
    bare = {name: attrs.evolve(image, calibration=None) for name, image in training.images.items()}
    fitted = Darker().fit(TrainingSet(images=bare, labels=training.labels))
    assert fitted.capability.pixel_size_range is None
    test = fitted.required().self_test
    assert test is not None
    assert test.image.calibration is None


def test_a_workspace_has_a_folder_for_each_training(training: TrainingSet, tmp_path: Path) -> None:
    def folder(detector: Darker, validation: TrainingSet | None = None) -> Path | None:
        return detector.training_folder(detector.workspace, training, validation)

    there = Darker(workspace=str(tmp_path))
    folders = {folder(there), folder(there, training), folder(attrs.evolve(there, fewest_pixels=3))}
    assert len(folders) == 3
    assert {path.parent for path in folders if path is not None} == {tmp_path}
    assert folder(there) == folder(attrs.evolve(there, workspace=f"{tmp_path}/../{tmp_path.name}"))
    assert folder(Darker()) is None


def test_where_it_runs_is_not_saved(training: TrainingSet, tmp_path: Path) -> None:
    Darker(workspace="elsewhere").fit(training).save(tmp_path / "model")
    assert "elsewhere" not in (tmp_path / "model" / "detector.json").read_text()
    path = tmp_path / "model" / "detector.json"
    saved = json.loads(path.read_text())
    for option in ("workspace", "trained", "colour"):
        path.write_text(json.dumps(saved | {"options": {option: "x"}}))
        with pytest.raises(DetectorError, match=f"'{option}' is no option that a saved detector 'darker' has"):
            Darker.load(tmp_path / "model")
    path.write_text(json.dumps(saved | {"options": {"fewest_pixels": "few"}}))
    with pytest.raises(DetectorError, match=r"options of the saved detector are damaged.*a whole number is needed"):
        Darker.load(tmp_path / "model")


def test_a_model_may_not_write_over_what_every_folder_holds(training: TrainingSet, tmp_path: Path) -> None:
    class Careless(Darker):
        def write(self, model: float, folder: Path) -> None:
            (folder / "card.json").write_text(json.dumps(model))

    with pytest.raises(OutputError, match=r"already holds card\.json"):
        Careless().fit(training).save(tmp_path / "model")
    assert not (tmp_path / "model").exists()


@pytest.mark.parametrize("content", ["", "[", '"dark"', '{"level": 3}'])
def test_damage_to_a_model_is_told_with_its_folder(training: TrainingSet, tmp_path: Path, content: str) -> None:
    Darker().fit(training).save(tmp_path / "model")
    (tmp_path / "model" / "level.json").write_text(content)
    with pytest.raises(DetectorError, match=r"model: the saved detector is damaged: 'darker' cannot read its model$"):
        Darker.load(tmp_path / "model")
