from __future__ import annotations

from typing import Any

import attrs
import numpy as np
import pytest

from defectkit import DefectType, Instances, LabelSet, Taxonomy
from defectkit.errors import PairingError, RecordError
from defectkit.records import from_json, to_json

TRIANGLE = np.array([[1.0, 1.0], [8.0, 2.0], [4.0, 8.0]])


def labels(**changes: object) -> LabelSet:
    one = Instances.from_polygons([TRIANGLE], types=["bdot"], shape=(10, 12))
    values: dict[str, Any] = {"name": "new", "instances": {"b": one, "a": Instances.empty((10, 12), ["bdot"])}}
    return LabelSet(**(values | changes))


def test_images_are_sorted_and_an_empty_one_counts() -> None:
    some = labels()
    assert some.images == ("a", "b")
    assert (some.key, len(some), some.n_defects) == ("new@1", 2, 1)
    assert some.counts() == {"bdot": 1}
    assert list(some) == ["a", "b"]


def test_an_image_that_is_not_there() -> None:
    with pytest.raises(PairingError, match="no image 'c'"):
        labels()["c"]


@pytest.mark.parametrize("name", ["a@b", "a/b", "", " a"])
def test_a_name_names_one_set(name: str) -> None:
    with pytest.raises(RecordError, match="name"):
        labels(name=name)


def test_a_type_outside_the_taxonomy() -> None:
    with pytest.raises(RecordError, match="lacks bdot"):
        labels(taxonomy=Taxonomy(types=(DefectType(name="cavity"),)))


def test_the_digest_is_of_the_labels_alone() -> None:
    some = labels()
    assert some.digest() == attrs.evolve(some, description="other words", annotator="B", version="2").digest()
    moved = Instances.from_polygons([TRIANGLE + 0.01], types=["bdot"], shape=(10, 12))
    retyped = Instances.from_polygons([TRIANGLE], types=["loop_111"], shape=(10, 12))
    for other in (moved, retyped, Instances.empty((10, 12))):
        assert some.digest() != attrs.evolve(some, instances={**some.instances, "b": other}).digest()


def test_json() -> None:
    some = labels(parent="old@1", annotator="A")
    again = from_json(to_json(some), LabelSet)
    assert again.digest() == some.digest()
    assert (again.parent, again.taxonomy) == ("old@1", some.taxonomy)
