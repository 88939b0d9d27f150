from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from defectkit.errors import LabelReadError, PairingError
from defectkit.formats import write_labels
from defectkit.records import DefectType, Image, Instances, LabelSet, Prediction, Taxonomy
from defectkit.storage import Store
from defectkit.workflows import measure_labels, read_side
from defectkit.workflows.sides import joined_taxonomy, store_at

SHAPE = (32, 32)
SQUARE = [(4, 4), (4, 12), (12, 12), (12, 4)]


def square(**columns: Any) -> Instances:
    return Instances.from_polygons([SQUARE], types=["bdot"], shape=SHAPE, **columns)


LABELS = LabelSet(name="people", instances={"a": square(), "b": square()})
IMAGES = {n: Image.from_array(n, np.zeros(SHAPE, np.uint8), pixel_size="1 nm/px") for n in ("a", "b")}


def predictions() -> list[Prediction]:
    scored = square(scores=np.array([0.5]))
    return [Prediction(image=n, instances=scored, detector="blob", capped=True, notes=("hm",)) for n in ("a", "b")]


def test_label_files_are_read_with_their_report(tmp_path: Path) -> None:
    write_labels(LABELS, tmp_path / "labels.json", format="coco", images=IMAGES)
    side = read_side(tmp_path / "labels.json", images=IMAGES)
    assert isinstance(side.labels, LabelSet)
    assert side.labels.images == ("a", "b")
    assert side.taxonomy is side.labels.taxonomy
    one = {"a": IMAGES["a"]}
    with pytest.raises(PairingError, match="were not given"):
        read_side(tmp_path / "labels.json", images=one)
    partial = read_side(tmp_path / "labels.json", images=one, unpaired="leave-out")
    assert partial.without_image == ("b.png",)


def test_labels_and_predictions_are_read_from_stores(tmp_path: Path) -> None:
    store = Store.create(tmp_path / "both.zarr")
    store.add_labels(LABELS)
    store.write_predictions("blob@1", predictions())
    people = read_side(tmp_path / "both.zarr", images=IMAGES, key="people@1").labels
    assert isinstance(people, LabelSet)
    assert people.digest() == LABELS.digest()
    found = read_side(tmp_path / "both.zarr", images=IMAGES, key="blob@1").labels
    assert not isinstance(found, LabelSet | Mapping)
    assert [(p.image, p.capped, p.notes) for p in found] == [("a", True, ("hm",)), ("b", True, ("hm",))]
    with pytest.raises(PairingError, match=r"--truth-set, --predicted-set\); it holds people@1, blob@1"):
        read_side(tmp_path / "both.zarr", images=IMAGES)
    with pytest.raises(PairingError, match="no set 'blob@2'"):
        read_side(tmp_path / "both.zarr", images=IMAGES, key="blob@2")


@pytest.mark.parametrize("key", ["people@1", "blob@1"])
def test_what_a_store_says_of_images_that_are_not_given(tmp_path: Path, key: str) -> None:
    store = Store.create(tmp_path / "both.zarr")
    store.add_labels(LABELS)
    store.write_predictions("blob@1", predictions())
    one = {"a": IMAGES["a"]}
    with pytest.raises(PairingError, match="1 images that were not given: b"):
        read_side(tmp_path / "both.zarr", images=one, key=key)
    side = read_side(tmp_path / "both.zarr", images=one, key=key, unpaired="leave-out")
    names = side.labels.images if isinstance(side.labels, LabelSet) else tuple(p.image for p in side.labels)
    assert (names, side.without_image) == (("a",), ("b",))


def test_an_empty_store_is_no_side(tmp_path: Path) -> None:
    Store.create(tmp_path / "empty.zarr")
    with pytest.raises(PairingError, match="it holds neither labels nor predictions"):
        read_side(tmp_path / "empty.zarr", images=IMAGES)


def test_the_folder_of_an_analysis_is_its_store(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    measure_labels(LABELS, IMAGES.values()).save(tmp_path / "out" / "results.zarr")
    assert store_at(tmp_path / "out") == store_at(tmp_path / "out" / "results.zarr")
    side = read_side(tmp_path / "out", images=IMAGES)
    assert isinstance(side.labels, LabelSet)
    assert side.labels.digest() == LABELS.digest()


def test_a_key_without_a_store_and_a_missing_file_are_errors(tmp_path: Path) -> None:
    (tmp_path / "labels.json").write_text("{}")
    assert store_at(tmp_path / "labels.json") is None
    with pytest.raises(PairingError, match="no store"):
        read_side(tmp_path / "labels.json", images=IMAGES, key="people@1")
    with pytest.raises(LabelReadError, match="no such file"):
        read_side(tmp_path / "missing.json", images=IMAGES)


def test_taxonomies_are_joined_and_the_first_wins() -> None:
    mine = Taxonomy(types=(DefectType(name="pit", title="mine"),))
    yours = Taxonomy(types=(DefectType(name="pit", title="yours"), DefectType(name="bump")))
    joined = joined_taxonomy([mine, yours])
    assert joined.names == ("pit", "bump")
    assert joined["pit"].title == "mine"
    assert joined_taxonomy([]).names == Taxonomy.standard().names
