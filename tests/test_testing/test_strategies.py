from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import Phase, find, given, settings, strategies as st

from defectkit.geometry.polygons import Polygons
from defectkit.geometry.runs import Runs
from defectkit.geometry.sets import union_area
from defectkit.records import Calibration, Image, Instances, LabelSet, from_json, to_json
from defectkit.testing import strategies


@given(strategies.shapes(2, 5))
def test_shapes_keep_to_their_limits(shape: tuple[int, int]) -> None:
    assert all(2 <= side <= 5 for side in shape)


@given(strategies.runs((7, 5), max_defects=3))
def test_runs_lie_in_their_frame(found: Runs) -> None:
    found.validate((7, 5))
    assert len(found) <= 3


@given(strategies.runs((4, 4), min_area=2))
def test_runs_have_the_area_that_is_asked_for(found: Runs) -> None:
    assert (found.areas() >= 2).all()


@given(strategies.disjoint_runs((6, 9), max_defects=3))
def test_disjoint_runs_do_not_overlap(found: Runs) -> None:
    found.validate((6, 9))
    assert len(found) <= 3
    assert found.areas().sum() == union_area(found)
    assert (found.areas() > 0).all()


@given(strategies.boxes_as_runs((6, 9)))
def test_boxes_are_filled(found: Runs) -> None:
    found.validate((6, 9))
    boxes = found.boxes()
    assert np.array_equal(found.areas(), (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1]))
    assert (found.areas() > 0).all()


@given(strategies.polygons((6, 9), margin=2.0))
def test_polygons_lie_in_their_frame_and_its_margin(found: Polygons) -> None:
    assert (found.vertices >= -2).all()
    assert (found.vertices <= (8, 11)).all()
    assert set(np.diff(found.offsets).tolist()) <= {0, *range(3, 11)}


@given(strategies.instances((6, 6), types=("cavity",), scores=st.floats(0, 1)))
def test_instances_are_of_the_types_and_scores_asked_for(found: Instances) -> None:
    assert found.shape == (6, 6)
    assert set(found.type_names) <= {"cavity"}
    assert ((found.scores >= 0) & (found.scores <= 1)).all()
    assert (found.areas > 0).all()


@given(strategies.instances())
def test_instances_are_labels_unless_scores_are_asked_for(found: Instances) -> None:
    assert found.is_labels


@settings(max_examples=25)
@given(strategies.label_sets(min_images=2))
def test_label_sets_come_back_from_json(found: LabelSet) -> None:
    assert len(found) >= 2
    assert from_json(to_json(found), LabelSet).digest() == found.digest()


@given(strategies.calibrations())
def test_calibrations_come_back_from_json(found: Calibration) -> None:
    assert from_json(to_json(found), Calibration) == found


@given(strategies.images((3, 4), dtypes=("uint16", "float32"), calibrated=True))
def test_images_are_of_the_kind_asked_for(found: Image) -> None:
    assert found.shape == found.pixels.shape == (3, 4)
    assert found.dtype.name in ("uint16", "float32")
    assert np.isfinite(found.pixels).all()
    assert found.calibration is not None


@pytest.mark.parametrize(
    ("strategy", "wanted"),
    [
        (strategies.runs((4, 4)), lambda r: len(r) == 0),
        (strategies.runs((4, 4)), lambda r: bool((r.areas() == 0).any())),
        (strategies.runs((4, 4)), lambda r: len(r) > 1 and r.areas().sum() > 16),
        (strategies.polygons((4, 4)), lambda p: 0 in np.diff(p.offsets)),
        (strategies.instances(), lambda i: len(set(i.type_names)) > 1),
        (strategies.label_sets(), lambda s: any(len(i) == 0 for i in s.instances.values())),
        (strategies.calibrations(), lambda c: c.pixel_size_x != c.pixel_size_y),
        (strategies.calibrations(), lambda c: c.foil_thickness is None),
        (strategies.images(), lambda i: i.calibration is None),
        (strategies.images(), lambda i: i.dtype.kind == "f"),
    ],
)
def test_the_odd_cases_come_up(strategy: st.SearchStrategy[Any], wanted: Callable[[Any], bool]) -> None:
    assert find(strategy, wanted, settings=settings(phases=[Phase.generate], max_examples=500)) is not None
