from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import attrs
import numpy as np
import pytest
import xarray
from PIL import Image as Picture

from defectkit.conventions import DEFECTKIT
from defectkit.formats.labels import write_labels
from defectkit.metrics import DefectPairs, Errors, Find
from defectkit.records import Image, Instances, LabelSet
from defectkit.studies import evaluate_resampleable
from defectkit.studies.uncertainty import StoredComparison
from defectkit.testing.finds import comparison_of_finds
from defectkit.testing.synthetic import Disagreement, second_opinion, synthetic_dataset


def predictions(labels: LabelSet, images: dict[str, Image], seed: int) -> dict[str, Instances]:
    """Somebody's labels with scores: what a detector that errs in known ways would say."""
    other = second_opinion(
        labels,
        Disagreement(
            missed={"bdot": 8, "loop_111": 4},
            added={"bdot": 6, "loop_100": 3},
            retyped={("loop_111", "bdot"): 3},
            shift_px=1.5,
        ),
        seed=seed,
        name="detector",
        pixel_sizes_nm={name: image.required_calibration().pixel_size_nm[0] for name, image in images.items()},
    )
    rng = np.random.default_rng(seed)
    return {name: attrs.evolve(i, scores=rng.random(len(i))) for name, i in other.instances.items()}


@pytest.fixture(scope="session")
def scene() -> tuple[dict[str, Image], LabelSet]:
    return synthetic_dataset(3, 5, shape=(192, 192), counts={"bdot": 9, "loop_111": 5, "loop_100": 3})


@pytest.fixture(scope="session")
def model(scene: tuple[dict[str, Image], LabelSet]) -> Callable[[int], dict[str, Instances]]:
    images, labels = scene
    return lambda seed: predictions(labels, images, seed)


@pytest.fixture(scope="session")
def evaluation(
    scene: tuple[dict[str, Image], LabelSet], model: Callable[[int], dict[str, Instances]]
) -> xarray.Dataset:
    images, labels = scene
    return evaluate_resampleable(labels, model(1), images)


@pytest.fixture(scope="session")
def other_evaluation(
    scene: tuple[dict[str, Image], LabelSet], model: Callable[[int], dict[str, Instances]]
) -> xarray.Dataset:
    images, labels = scene
    return evaluate_resampleable(labels, model(2), images)


def simulated(is_found: list[np.ndarray]) -> xarray.Dataset:
    """An evaluation of images of which nothing is known but which of the defects were found."""
    comparison = comparison_of_finds(is_found)
    parts = [metric.compute(comparison) for metric in (Find(), Errors(), DefectPairs(), StoredComparison())]
    return xarray.merge(parts).assign_attrs(
        overall_types=["bdot"],
        iou_threshold=0.3,
        convention="defectkit",
        convention_settings=json.dumps(DEFECTKIT.settings()),
        length_unit="pixel",
    )


@pytest.fixture(name="simulated")
def simulated_fixture() -> Callable[[list[np.ndarray]], xarray.Dataset]:
    return simulated


STUDY = """
name = "two folds"
seeds = [0, 1]
conventions = ["defectkit", "jacobs2022"]
min_score = 0.25

[data]
images = ["frames"]
pixel_size = "1 nm/px"
labels.truth.path = "truth.json"
labels.truth.format = "coco"

[[labels]]
train = "truth@1"
test = "truth@1"

[[splits]]
splitter = "random-k-fold"
accepted = ["area"]
options.n_splits = 2

[[detectors]]
detector = "pixel-forest"
label = "small"
options = { n_trees = 3, scales_nm = [1, 3], samples_per_class = 60, threshold = 0.5, min_score = 0.0 }
"""


@pytest.fixture
def declared(tmp_path: Path) -> Path:
    """Images, labels and a declaration in one folder."""
    images, labels = synthetic_dataset(3, 3, shape=(64, 64), pixel_size="1 nm/px", counts={"bdot": 4, "loop_111": 2})
    (tmp_path / "frames").mkdir()
    for name, image in images.items():
        Picture.fromarray(image.pixels).save(tmp_path / "frames" / f"{name}.png")
    write_labels(labels, tmp_path / "truth.json", format="coco", images=images)
    (tmp_path / "study.toml").write_text(STUDY)
    return tmp_path
