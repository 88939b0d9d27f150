from __future__ import annotations

import attrs
import numpy as np
import pytest
from hypothesis import given, strategies as st
from numpy.typing import NDArray

from defectkit.errors import GeometryError, MissingCalibrationError, RecordError
from defectkit.geometry.runs import Runs
from defectkit.records import Exclusion, Field, Image, Instances, from_json, to_json

SHAPE = (9, 12)
BOXES = st.tuples(st.integers(0, 9), st.integers(0, 12), st.integers(0, 9), st.integers(0, 12))
POINTS = st.lists(st.tuples(st.floats(-2, 12), st.floats(-2, 15)), max_size=20)


def dense(boxes: list[tuple[int, int, int, int]]) -> NDArray[np.bool_]:
    mask = np.zeros(SHAPE, bool)
    for top, left, bottom, right in boxes:
        mask[top:bottom, left:right] = True
    return mask


@given(st.lists(BOXES, max_size=4), POINTS)
def test_it_counts_what_no_place_covers(
    boxes: list[tuple[int, int, int, int]], points: list[tuple[float, float]]
) -> None:
    mask = dense(boxes)
    field = Field(shape=SHAPE, excluded=tuple(Exclusion.box(box, reason="a box") for box in boxes))
    assert field.n_pixels == (~mask).sum()
    assert (field.left_out().to_mask(0, SHAPE) == mask).all()
    rows, columns = ([p[k] for p in points] for k in (0, 1))
    expected = [0 <= r < 9 and 0 <= c < 12 and not mask[int(r), int(c)] for r, c in points]
    assert field.holds(rows, columns).tolist() == expected


def test_a_mask_is_the_same_as_its_boxes() -> None:
    mask = dense([(0, 3, 4, 5)])
    assert Exclusion.mask(mask, reason="a box") == Exclusion.box((0, 3, 4, 5), reason="a box")
    assert Exclusion.mask(mask, reason="a box").n_pixels == 8


def test_an_excluded_place_is_one_mask_within_the_image() -> None:
    with pytest.raises(RecordError, match="one mask, not 2"):
        Exclusion(reason="two", place=Runs.empty(2))
    with pytest.raises(GeometryError):
        Field(shape=SHAPE, excluded=(Exclusion.box((5, 0, 10, 12), reason="below"),))


def test_the_centroid_decides_what_belongs_to_it() -> None:
    masks = [dense([(2, 0, 6, 4)]), dense([(3, 5, 7, 9)]), dense([(6, 0, 8, 4)])]
    defects = Instances.from_masks(masks, types=["bdot"] * 3, shape=SHAPE)
    field = Field(shape=SHAPE, excluded=(Exclusion.box((5, 0, 9, 12), reason="strip"),))
    assert field.counts(defects).tolist() == [True, False, False]
    assert field.restrict(defects).ids.tolist() == [0]


def test_without_a_pixel_the_outline_or_the_box_decides() -> None:
    field = Field(shape=SHAPE, excluded=(Exclusion.box((5, 0, 9, 12), reason="strip"),))
    specks = [[(r, 1.6), (r, 1.9), (r + 0.3, 1.9)] for r in (1.6, 6.6)]
    assert field.counts(Instances.from_polygons(specks, types=["bdot"] * 2, shape=SHAPE)).tolist() == [True, False]
    boxes = np.array([[1, 1, 2, 2], [6, 1, 7, 2], [np.nan] * 4])
    bare = Instances.from_runs(Runs.empty(3), types=["bdot"] * 3, shape=SHAPE, given_boxes=boxes)
    assert field.counts(bare).tolist() == [True, False, True]


def test_a_whole_field_takes_all_as_they_are() -> None:
    defects = Instances.empty(SHAPE, ["bdot"])
    field = Field(shape=SHAPE)
    assert field.is_whole and field.n_pixels == 108 and field.restrict(defects) is defects


def test_the_area_of_an_image_is_that_of_its_field() -> None:
    image = Image.from_array("one", np.zeros(SHAPE), pixel_size="2 nm/px")
    assert image.field_area_nm2 == 4 * 108
    strip = Exclusion.box((6, 0, 9, 12), reason="information strip")
    assert attrs.evolve(image, excluded=(strip,)).field_area_nm2 == 4 * 72
    with pytest.raises(MissingCalibrationError):
        attrs.evolve(image, calibration=None).field_area_nm2  # noqa: B018  # reading it raises


def test_an_excluded_place_goes_through_json() -> None:
    place = Exclusion.mask(dense([(0, 3, 4, 5), (6, 0, 7, 12)]), reason="exclusion mask")
    assert from_json(to_json(place), Exclusion) == place
