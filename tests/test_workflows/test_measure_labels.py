from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import xarray

from defectkit.errors import EmptyInputError, MissingCalibrationError, PairingError, WorkersError
from defectkit.formats import Repair, RepairReport
from defectkit.records import Image, Instances, LabelSet
from defectkit.workflows import measure_labels

SHAPE = (80, 100)
SQUARE = [(10.0, 10.0), (10.0, 30.0), (30.0, 30.0), (30.0, 10.0)]
MakeImage = Callable[..., Image]


def drawn(*types: str) -> Instances:
    return Instances.from_polygons([SQUARE] * len(types), types=list(types), shape=SHAPE)


def labels(**instances: Instances) -> LabelSet:
    return LabelSet(name="mine", instances=instances)


def test_labels_become_the_same_tables_as_a_detector_gives(make_image: MakeImage) -> None:
    given = labels(one=drawn("loop_111", "bdot"), none=Instances.empty(SHAPE))
    result = measure_labels(given, [make_image("one"), make_image("none")])
    assert result.labels is given
    assert result.predictions == {}
    assert result.instances == given.instances
    assert result.n_defects == 2
    assert result.types == given.types
    assert result.summary["count"].sel(defect_type="all").values.tolist() == [2, 0]
    assert result.defects["polygon_area"].values.tolist() == [100.0, 100.0]
    assert np.isnan(result.defects["score"].values).all()
    assert (result.hardening["total_linear"].sel(image="one") > 0).all()
    assert result.settings["labels"] == {"name": "mine", "version": "1", "digest": given.digest()}


def test_the_number_of_threads_changes_no_bit(make_image: MakeImage) -> None:
    names = [f"image {k}" for k in range(30)]
    given = labels(**{name: drawn(*["loop_111", "bdot"][: k % 3]) for k, name in enumerate(names)})
    images = [make_image(name) for name in names]
    alone = measure_labels(given, images)
    for workers in (2, 5):
        result = measure_labels(given, images, workers=workers)
        for table in ("defects", "summary", "hardening"):
            xarray.testing.assert_identical(getattr(result, table), getattr(alone, table))
    with pytest.raises(WorkersError):
        measure_labels(given, images, workers=0)


def test_a_label_without_its_image_is_refused(make_image: MakeImage) -> None:
    with pytest.raises(PairingError, match="'two'"):
        measure_labels(labels(one=drawn("bdot"), two=drawn("bdot")), [make_image("one")])


def test_an_image_that_nobody_spoke_of_is_left_out_and_named(make_image: MakeImage) -> None:
    result = measure_labels(labels(one=drawn("bdot")), [make_image("one"), make_image("other", pixel_size=None)])
    assert [i.name for i in result.images] == ["one"]
    assert "other" in result.cautions[0] and "left out" in result.cautions[0]


def test_nothing_to_measure_is_refused(make_image: MakeImage) -> None:
    with pytest.raises(EmptyInputError):
        measure_labels(labels(), [make_image("one")])


def test_labelled_images_must_be_calibrated(make_image: MakeImage) -> None:
    with pytest.raises(MissingCalibrationError, match="'one'"):
        measure_labels(labels(one=drawn("bdot")), [make_image("one", pixel_size=None)])


def test_shapes_must_agree() -> None:
    with pytest.raises(PairingError, match="50 x 50"):
        measure_labels(labels(one=drawn("bdot")), [Image.from_array("one", np.zeros((50, 50)), pixel_size="1 nm/px")])


def test_repairs_are_handed_on(make_image: MakeImage) -> None:
    report = RepairReport((Repair(kind="mended", problem="open polygon", what="closed", file="a.json"),))
    assert measure_labels(labels(one=drawn("bdot")), [make_image("one")], repairs=report).repairs is report
