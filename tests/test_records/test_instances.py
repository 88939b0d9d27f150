from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from defectkit import Defect, Instances, Prediction, Split, Taxonomy
from defectkit.errors import GeometryError, RecordError, UnknownDefectTypeError
from defectkit.geometry.runs import Runs
from defectkit.records import from_json, to_json

SQUARE = np.array([[1.0, 1.0], [1.0, 5.0], [5.0, 5.0], [5.0, 1.0]])


def squares(n: int = 3) -> Instances:
    return Instances.from_polygons(
        [SQUARE + i for i in range(n)],
        types=["bdot", "loop_111", "loop_100"][:n],
        shape=(10, 10),
        scores=np.linspace(0.2, 0.8, n),
    )


def test_a_defect_is_the_typed_view_of_a_row() -> None:
    defect = squares()[1]
    assert isinstance(defect, Defect)
    assert (defect.id, defect.type, defect.area_px, defect.box) == (1, "loop_111", 16, (2, 2, 6, 6))
    assert defect.polygon is not None
    assert np.array_equal(defect.polygon, SQUARE + 1)
    assert defect.mask().sum() == 16
    assert [d.type for d in squares()] == ["bdot", "loop_111", "loop_100"]
    assert squares()[-1].id == 2
    with pytest.raises(IndexError):
        squares()[3]


def test_none_at_all() -> None:
    none = Instances.empty((4, 5), ["bdot"])
    assert (len(none), none.types, list(none), none.type_names) == (0, ("bdot",), [], ())
    assert none.areas.shape == (0,)
    assert none.boxes.shape == (0, 4)
    assert none.is_labels


def test_taking_keeps_the_columns_together() -> None:
    some = squares().take([2, 0])
    assert some.ids.tolist() == [2, 0]
    assert some.type_names == ("loop_100", "bdot")
    assert np.array_equal(some.polygons.vertices[:4], SQUARE + 2)
    assert squares().take(np.array([False, True, False])).ids.tolist() == [1]


def test_a_score_keeps_what_is_at_least_it_and_every_label() -> None:
    assert squares().above(0.5).ids.tolist() == [1, 2]
    labels = Instances.from_polygons([SQUARE], types=["bdot"], shape=(10, 10))
    assert len(labels.above(0.99)) == 1


def test_of_one_type() -> None:
    assert squares().of_type("bdot").ids.tolist() == [0]
    with pytest.raises(UnknownDefectTypeError, match="cavity"):
        squares().of_type("cavity")


def test_folding_sub_types() -> None:
    taxonomy = Taxonomy.standard()
    some = Instances.from_polygons([SQUARE, SQUARE + 1], types=["loop_100_open", "bdot"], shape=(10, 10))
    folded = some.fold_types(taxonomy, ("bdot", "loop_111", "loop_100"))
    assert folded.type_names == ("loop_100", "bdot")
    with pytest.raises(UnknownDefectTypeError, match="loop_100_open"):
        some.fold_types(taxonomy, ("bdot",))


def test_equality_is_of_content_and_not_of_codes() -> None:
    a = squares(2)
    b = Instances.from_runs(
        a.runs,
        types=a.type_names,
        shape=a.shape,
        known_types=("loop_111", "cavity"),
        scores=a.scores,
        polygons=a.polygons,
    )
    assert a == b
    assert a != a.take([1, 0])
    assert a != "something else"


@pytest.mark.parametrize(
    ("columns", "fault"),
    [
        ({"scores": np.zeros(3)}, "scores"),
        ({"ids": np.array([4, 4])}, "not distinct"),
        ({"type_codes": np.array([0, 9])}, "outside the"),
        ({"types": ("a", "a")}, "not distinct"),
        ({"given_boxes": np.zeros((2, 3))}, "given_boxes"),
    ],
)
def test_columns_that_contradict_each_other(columns: dict[str, Any], fault: str) -> None:
    good = squares(2)
    values = {"shape": good.shape, "types": good.types, "type_codes": good.type_codes, "runs": good.runs} | columns
    with pytest.raises(RecordError, match=fault):
        Instances(**values)  # type: ignore[arg-type]  # wrong on purpose


def test_a_mask_outside_its_image() -> None:
    runs = Runs(
        row=np.array([9], np.int32),
        start=np.array([8], np.int32),
        end=np.array([12], np.int32),
        offsets=np.array([0, 1], np.int64),
    )
    with pytest.raises(GeometryError, match="frame"):
        Instances.from_runs(runs, types=["bdot"], shape=(10, 10))


def test_columns_cannot_be_written_to() -> None:
    with pytest.raises(ValueError, match="read-only"):
        squares().scores[0] = 1.0


def test_json_of_instances_and_predictions() -> None:
    some = squares()
    assert from_json(to_json(some), Instances) == some
    prediction = Prediction(image="a", instances=some, detector="blob", settings={"min": "3 nm"}, capped=True)
    again = from_json(to_json(prediction), Prediction)
    assert again.instances == some
    assert (again.capped, again.settings) == (True, {"min": "3 nm"})


def test_a_split_has_no_image_on_both_sides() -> None:
    split = Split(name="a", train=("1", "2"), test=("3",), train_labels="old@1", test_labels="new@1")
    assert from_json(to_json(split), Split) == split
    with pytest.raises(RecordError, match="both sides: 2"):
        Split(name="a", train=("1", "2"), test=("2",), train_labels="x@1", test_labels="x@1")
    with pytest.raises(RecordError, match="twice on the test side"):
        Split(name="a", train=("1",), test=("2", "2"), train_labels="x@1", test_labels="x@1")


@pytest.mark.parametrize("score", [-0.1, 1.1, np.inf])
def test_a_score_lies_between_0_and_1(score: float) -> None:
    mask = np.ones((2, 2), bool)
    with pytest.raises(RecordError, match="does not lie between 0 and 1"):
        Instances.from_masks([mask], types=["loop"], shape=(2, 2), scores=np.array([score]))
