"""Each field that a digest is of, changed alone, gives another digest."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np
import pytest

from defectkit.geometry.polygons import Polygons
from defectkit.geometry.runs import Runs
from defectkit.records import Calibration, Image, Instances, LabelSet, Specimen
from defectkit.studies.running.digests import image_digest
from defectkit.workflows.detection import image_digest as analysis_digest

SHAPE = (16, 16)
CORNERS = [[(2.0, 2.0), (2.0, 8.0), (8.0, 8.0)], [(9.0, 9.0), (9.0, 14.0), (14.0, 14.0)]]
BOXES = np.array([[2.0, 2.0, 8.0, 8.0], [9.0, 9.0, 14.0, 14.0]])
INSTANCES = attrs.evolve(
    Instances.from_polygons(CORNERS, types=["bdot", "loop_111"], shape=SHAPE, scores=np.array([0.5, 0.75])),
    given_boxes=BOXES,
)
OTHER: dict[str, Any] = {
    "shape": (17, 16),
    "types": ("bdot", "loop_100"),
    "type_codes": np.array([1, 1], np.int16),
    "runs": Runs.concatenate([INSTANCES.runs.take([0]), INSTANCES.runs.take([0])]),
    "scores": np.array([0.5, np.nan]),
    "ids": np.array([0, 7]),
    "polygons": Polygons(vertices=INSTANCES.polygons.vertices + 0.25, offsets=INSTANCES.polygons.offsets),
    "given_boxes": np.array([BOXES[0], np.full(4, np.nan)]),
}


def test_every_field_of_instances_is_changed() -> None:
    assert set(OTHER) == {field.name for field in attrs.fields(Instances) if field.init}


@pytest.mark.parametrize("field", OTHER)
def test_instances_that_differ_have_another_digest(field: str) -> None:
    assert attrs.evolve(INSTANCES, **{field: OTHER[field]}).digest() != INSTANCES.digest()


def test_no_given_boxes_are_not_those_of_the_masks() -> None:
    bare = attrs.evolve(INSTANCES, given_boxes=np.full((2, 4), np.nan))
    assert len({i.digest() for i in (INSTANCES, bare, attrs.evolve(bare, given_boxes=BOXES + 1))}) == 3
    assert attrs.evolve(bare, given_boxes=np.full((2, 4), np.nan)).digest() == bare.digest()


def test_label_sets_that_differ_have_another_digest() -> None:
    labels = LabelSet(name="mine", instances={"a": INSTANCES})
    changed = {field: attrs.evolve(INSTANCES, **{field: value}) for field, value in OTHER.items()}
    others = [LabelSet(name="mine", instances={"a": other}) for other in changed.values()]
    assert len({labels.digest(), *(other.digest() for other in others)}) == len(others) + 1
    assert LabelSet(name="mine", instances={"b": INSTANCES}).digest() != labels.digest()


SIZES = Calibration.square("1 nm", foil_thickness="90 nm")
IMAGE = Image.from_array("a", np.zeros((4, 4), np.uint8), calibration=SIZES)
IMAGES = {
    "name": attrs.evolve(IMAGE, name="b"),
    "pixels": Image.from_array("a", np.ones((4, 4), np.uint8), calibration=SIZES),
    "type of pixels": Image.from_array("a", np.zeros((4, 4), np.uint16), calibration=SIZES),
    "shape": Image.from_array("a", np.zeros((2, 8), np.uint8), calibration=SIZES),
    "pixel size": attrs.evolve(IMAGE, calibration=Calibration.square("2 nm", foil_thickness="90 nm")),
    "foil thickness": attrs.evolve(IMAGE, calibration=Calibration.square("1 nm", foil_thickness="80 nm")),
    "specimen": attrs.evolve(IMAGE, specimen=Specimen(alloy="FeCrAl")),
}


@pytest.mark.parametrize("digest", [analysis_digest, image_digest], ids=["analyze", "study"])
@pytest.mark.parametrize("what", IMAGES)
def test_all_that_a_prediction_may_depend_on_is_in_the_digest_of_an_image(what: str, digest: Any) -> None:
    assert digest(IMAGES[what]) != digest(IMAGE)
    assert digest(attrs.evolve(IMAGE)) == digest(IMAGE)
