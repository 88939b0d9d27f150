from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import xarray

from defectkit.errors import PairingError
from defectkit.formats import read_labels, write_labels
from defectkit.hardening import harden
from defectkit.measurement import measure, summarize
from defectkit.records import Image, Instances, LabelSet, Prediction
from defectkit.records.inputs import images_by_name, instances_by_image

SHAPE = (16, 16)
MASK = np.zeros((1, *SHAPE), bool)
MASK[0, 3:8, 3:8] = True
DOT = Instances.from_masks(MASK, types=["bdot"], shape=SHAPE)
INSTANCES = {"a": DOT, "b": Instances.empty(SHAPE, ("bdot",))}
IMAGES = [Image.from_array(n, np.zeros(SHAPE), pixel_size="1 nm", foil_thickness="90 nm") for n in INSTANCES]
FORMS = {"iterable": lambda: iter(IMAGES), "mapping": lambda: {i.name: i for i in IMAGES}}
SETS = {
    "label set": lambda: LabelSet(name="mine", instances=INSTANCES),
    "mapping": lambda: INSTANCES,
    "predictions": lambda: (Prediction(image=n, instances=i, detector="mine") for n, i in INSTANCES.items()),
}


@pytest.mark.parametrize("instances", SETS.values(), ids=SETS)
@pytest.mark.parametrize(
    "images", [lambda: iter(IMAGES), lambda: {i.name: i for i in IMAGES}], ids=["iterable", "mapping"]
)
def test_images_and_instances_come_in_any_form(images, instances, tmp_path: Path) -> None:
    table = measure(images(), instances())
    xarray.testing.assert_identical(table, measure(IMAGES, INSTANCES))
    summary = summarize(table, images(), instances())
    xarray.testing.assert_identical(summary, summarize(table, IMAGES, INSTANCES))
    hardening = harden(table, images(), material="fecral")
    xarray.testing.assert_identical(hardening, harden(table, {i.name: i for i in IMAGES}, material="fecral"))
    write_labels(instances(), tmp_path / "out.json", format="coco", images=images())
    again = read_labels(tmp_path / "out.json", images={i.name: i for i in IMAGES}).labels
    assert again["a"].runs == DOT.runs


def test_names_are_one_each() -> None:
    with pytest.raises(PairingError, match="two images are named 'a'"):
        images_by_name([IMAGES[0], IMAGES[0]])
    with pytest.raises(PairingError, match="'a' is given as 'b'"):
        images_by_name({"b": IMAGES[0]})
    with pytest.raises(PairingError, match="'a' is there twice"):
        instances_by_image([Prediction(image="a", instances=DOT, detector="mine")] * 2)
