from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import attrs
import numpy as np
import pytest
import xarray
from PIL import Image as Picture

from defectkit.formats.labels import write_labels
from defectkit.records import Image, Instances, LabelSet
from defectkit.studies import evaluate_resampleable
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
    n_true = np.array([len(f) for f in is_found])
    every = np.concatenate([np.zeros(0, bool), *is_found])
    images = np.array([f"{k:03d}" for k in range(len(is_found))])
    found = np.flatnonzero(every)
    n = len(found)
    name = np.repeat(images, n_true)

    def side(dim: str, picked: np.ndarray) -> dict[str, tuple[str, np.ndarray]]:
        return {
            f"{dim}_image": (dim, name[picked]),
            f"{dim}_id": (dim, np.arange(len(picked))),
            f"{dim}_type": (dim, np.full(len(picked), "bdot")),
            f"{dim}_size": (dim, np.ones(len(picked))),
            f"{dim}_shape": (dim, np.ones(len(picked))),
        }

    pixels = np.full(len(images), 100)
    return xarray.Dataset(
        {
            "find_recall": ("iou_threshold", [every.mean() if every.size else np.nan]),
            "size_error": (("subset", "defect_type"), np.full((2, 2), 0.0 if every.any() else np.nan)),
            **side("true_defect", np.arange(len(every))),
            **side("predicted_defect", found),
            "predicted_defect_score": ("predicted_defect", np.linspace(0.1, 0.9, n)),
            "predicted_defect_partner_at": (("predicted_defect", "iou_threshold"), found[:, None]),
            "predicted_defect_coco_partner": (
                ("type_rule", "predicted_defect", "coco_iou_threshold"),
                np.broadcast_to(found[None, :, None], (2, n, 10)),
            ),
            "predicted_defect_panoptic_partner": (
                ("type_rule", "predicted_defect"),
                np.broadcast_to(found, (2, n)),
            ),
            "predicted_defect_panoptic_iou": (("type_rule", "predicted_defect"), np.ones((2, n))),
            "image_field_area": ("image", np.ones(len(images))),
            **{
                f"image_{k}": ("image", pixels)
                for k in ("n_pixels", "true_pixels", "predicted_pixels", "shared_pixels")
            },
        },
        coords={"image": images, "iou_threshold": [0.3], "subset": ["all", "found"], "defect_type": ["bdot", "all"]},
        attrs={
            "overall_types": ["bdot"],
            "iou_threshold": 0.3,
            "convention": "defectkit",
            "convention_settings": json.dumps({"image_ddof": 1}),
            "length_unit": "pixel",
        },
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
