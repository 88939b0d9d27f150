"""Records are equal by content, and come out of pickle and copy as they went in."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import numpy as np
import PIL.Image
import pytest

import defectkit
from defectkit.conventions import convention
from defectkit.detectors import TrainingSet, detect
from defectkit.detectors.blob import Blob
from defectkit.formats import read_images
from defectkit.hardening import Binning
from defectkit.hardening.catalogue import load_material
from defectkit.records import Image, LabelSet
from defectkit.studies import StudyData
from defectkit.testing.synthetic import synthetic_dataset


def records(seed: int) -> dict[str, Any]:
    images, labels = synthetic_dataset(seed, 2, shape=(96, 96), counts={"bdot": 3}, n_lines=0)
    image = next(iter(images.values()))
    return {
        "Image": image,
        "LabelSet": labels,
        "Instances": labels[image.name],
        "Calibration": image.calibration,
        "Prediction": next(iter(detect(Blob(), [image]))),
        "Analysis": defectkit.measure_labels(labels, images),
        "TrainingSet": TrainingSet(images=images, labels=labels),
        "StudyData": StudyData(name="a", images=images, label_sets={labels.key: labels}),
        "Material": load_material("fecral"),
        "Binning": Binning.of_convention(convention("defectkit")),
        "Convention": convention("jacobs2022"),
    }


KINDS = tuple(records(0))
OF_DATA = ("Image", "LabelSet", "Instances", "Prediction", "Analysis", "TrainingSet", "StudyData")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("again", [copy.deepcopy, lambda record: pickle.loads(pickle.dumps(record))])
def test_a_copy_is_equal(kind: str, again: Callable[[Any], Any]) -> None:
    record = records(0)[kind]
    copied = again(record)
    assert copied == record
    assert record == records(0)[kind]
    if kind != "Instances":
        assert hash(copied) == hash(record)


@pytest.mark.parametrize("kind", OF_DATA)
def test_other_content_is_not_equal(kind: str) -> None:
    assert records(0)[kind] != records(1)[kind]


def test_images_with_other_pixels_or_another_dtype_differ() -> None:
    pixels = np.zeros((4, 6), np.uint8)
    one = Image.from_array("a", pixels)
    assert one == Image.from_array("a", pixels.copy())
    assert one != Image.from_array("a", pixels.astype(np.uint16))
    assert one != Image.from_array("a", np.ones_like(pixels))
    assert one != Image.from_array("b", pixels)
    assert one != attrs.evolve(one, cautions=("doubtful",))


def test_images_of_files_are_equal_by_their_place(tmp_path: Path) -> None:
    PIL.Image.fromarray(np.zeros((4, 6), np.uint8)).save(tmp_path / "a.png")
    (one,), (other,) = (read_images(tmp_path).values() for _ in range(2))
    assert one == other == pickle.loads(pickle.dumps(one))


def test_pixels_are_not_written_into() -> None:
    mine = np.zeros((4, 6))
    image = Image.from_array("a", mine)
    for pixels in (image.pixels, image.box(0, 0, 2, 2)):
        with pytest.raises(ValueError, match="read-only"):
            pixels[0, 0] = 1
    mine[0, 0] = 1
    assert image.pixels[0, 0] == 1


def test_what_a_label_set_holds_is_not_replaced() -> None:
    labels: Any = LabelSet(name="a", instances={})
    with pytest.raises(TypeError):
        labels.instances["one"] = None
