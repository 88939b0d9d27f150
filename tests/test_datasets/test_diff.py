from __future__ import annotations

import numpy as np
import pytest

from defectkit import Instances, LabelSet
from defectkit.datasets.differences import KINDS, diff
from defectkit.errors import PairingError

SQUARE = np.array([[0.0, 0.0], [0.0, 12.0], [12.0, 12.0], [12.0, 0.0]])
SHAPE = (80, 80)


def labels(name: str, *defects: tuple[np.ndarray, str], image: str = "a") -> LabelSet:
    polygons, types = [p for p, _ in defects], [t for _, t in defects]
    return LabelSet(name=name, instances={image: Instances.from_polygons(polygons, types=types, shape=SHAPE)})


BEFORE = labels("before", (SQUARE + 2, "bdot"), (SQUARE + 30, "loop_111"), (SQUARE + 60, "loop_100"))


@pytest.mark.parametrize(
    ("after", "kinds"),
    [
        ([(SQUARE + 2, "bdot"), (SQUARE + 30, "loop_111"), (SQUARE + 60, "loop_100")], []),
        ([(SQUARE + 2, "bdot"), (SQUARE + 30, "loop_111")], [("removed",)]),
        ([(SQUARE + 5, "bdot"), (SQUARE + 30, "loop_111"), (SQUARE + 60, "loop_100")], [("moved",)]),
        ([(SQUARE + 2, "bdot"), (SQUARE * 1.3 + 28.2, "loop_111"), (SQUARE + 60, "loop_100")], [("reshaped",)]),
        ([(SQUARE + 2, "loop_111"), (SQUARE + 30, "loop_111"), (SQUARE + 60, "loop_100")], [("retyped",)]),
        ([(SQUARE * 1.3 + 4, "bdot"), (SQUARE + 30, "loop_111"), (SQUARE + 60, "loop_100")], [("moved", "reshaped")]),
    ],
)
def test_each_kind_of_change(after: list[tuple[np.ndarray, str]], kinds: list[tuple[str, ...]]) -> None:
    found = diff(BEFORE, labels("after", *after))
    assert [change.kinds for change in found.changes] == kinds
    assert bool(found) == bool(kinds)
    assert found.n_unchanged == 3 - len(kinds)


def test_what_hardly_overlaps_is_another_defect() -> None:
    found = diff(BEFORE, labels("after", (SQUARE + 13, "bdot"), (SQUARE + 30, "loop_111"), (SQUARE + 60, "loop_100")))
    assert sorted(change.kinds for change in found.changes) == [("added",), ("removed",)]


def test_counts_are_by_image_and_type() -> None:
    found = diff(BEFORE, labels("after", (SQUARE + 5, "bdot"), (SQUARE + 30, "loop_100")))
    counts = found.counts()
    assert list(counts.columns) == list(KINDS)
    assert counts.xs(("a", "all")).to_dict() == {"added": 0, "removed": 1, "moved": 1, "reshaped": 0, "retyped": 1}
    assert counts.loc[("a", "bdot"), "moved"] == 1
    frame = found.to_frame()
    assert frame["change"].tolist() == ["moved", "retyped", "removed"]
    assert frame["id_after"].isna().tolist() == [False, False, True]


def test_images_of_one_side_are_named_and_not_counted() -> None:
    found = diff(BEFORE, labels("after", (SQUARE, "bdot"), image="b"))
    assert (found.images, found.images_added, found.images_removed) == ((), ("b",), ("a",))
    assert found.changes == ()
    assert found
    assert found.counts().empty


def test_labels_of_two_images_are_not_compared() -> None:
    other = LabelSet(name="other", instances={"a": Instances.empty((4, 4))})
    with pytest.raises(PairingError, match="not labels of one image"):
        diff(BEFORE, other)
