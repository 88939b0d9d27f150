from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import attrs
import numpy as np
import pytest

from defectkit.errors import (
    OutputError,
    PairingError,
    RecordError,
    SealedError,
    StorageError,
    UnknownDefectTypeError,
    UnknownSetError,
)
from defectkit.records import DefectType, Image, Instances, LabelSet, Taxonomy
from defectkit.storage import Store
from tests.test_storage.conftest import discs, label_set


def test_a_label_set_comes_back_as_it_was(store: Store) -> None:
    taxonomy = Taxonomy(types=(*Taxonomy.standard().types, DefectType(name="wart", color="#123456")))
    labels = label_set(annotator="first group", parent="old@1", description="all of them", taxonomy=taxonomy)
    store.add_labels(labels)
    found = store.labels("new@1")
    assert found.digest() == labels.digest()
    assert dict(found.instances) == dict(labels.instances)
    assert attrs.evolve(found, instances={}).taxonomy == taxonomy
    assert (found.annotator, found.parent, found.description) == ("first group", "old@1", "all of them")


def test_the_tables_of_types_are_kept_image_by_image(store: Store) -> None:
    a = Instances.empty((4, 4), ["bdot"])
    b = Instances.empty((4, 4), ["loop_111", "bdot"])
    store.add_labels(LabelSet(name="new", instances={"a": a, "b": b, "c": a}))
    assert {n: i.types for n, i in store.iter_labels("new@1")} == {"a": a.types, "b": b.types, "c": a.types}


def test_every_column_is_kept(store: Store) -> None:
    given = np.array([[1.25, 2.5, 9.0, 11.5], [np.nan] * 4, [0, 0, 1, 1]])
    instances = discs(3, ids=np.array([7, -3, 2**62]), scores=np.array([0.5, np.nan, 1.0]), given_boxes=given)
    triangle = [(1.0, 2.0), (9.125, 3.5), (4.0, 12.0)]
    drawn = Instances.from_polygons([triangle], types=["bdot"], shape=(40, 60))
    store.add_labels(LabelSet(name="new", instances={"scored": instances, "drawn": drawn}))
    found = store.labels("new@1")
    assert found["scored"] == instances
    assert found["drawn"] == drawn
    assert found["drawn"][0].polygon is not None


def test_an_empty_set_and_empty_images_are_sets_like_any(store: Store) -> None:
    store.add_labels(LabelSet(name="none", instances={}))
    store.add_labels(LabelSet(name="bare", instances={"a": Instances.empty((5, 6))}))
    assert len(store.labels("none@1")) == 0
    assert store.labels("bare@1")["a"] == Instances.empty((5, 6))
    assert store.seal("bare@1").n_images == 1
    assert store.verify("none@1") == LabelSet(name="x", instances={}).digest()


def test_empty_masks_are_kept(store: Store) -> None:
    nothing = Instances.from_masks([np.zeros((5, 6), bool)] * 2, types=["bdot", "bdot"], shape=(5, 6))
    store.add_labels(LabelSet(name="new", instances={"a": nothing}))
    assert store.labels("new@1")["a"] == nothing


def test_versions_stand_side_by_side(store: Store) -> None:
    assert store.next_version("new") == "1"
    store.add_labels(label_set())
    store.add_labels(label_set(version="2", seed=5))
    store.add_labels(label_set(name="old", version="draft"))
    assert store.label_sets() == ("new@1", "new@2", "old@draft")
    assert store.next_version("new") == "3"
    assert store.next_version("old") == "1"
    assert store.labels("new@1").digest() != store.labels("new@2").digest()


def test_a_sealed_version_cannot_be_written_again(store: Store) -> None:
    store.add_labels(label_set())
    with pytest.raises(SealedError, match="new version"):
        store.add_labels(label_set(seed=9))
    assert store.labels("new@1").digest() == label_set().digest()


def test_an_unknown_version_lists_the_known_ones(store: Store) -> None:
    store.add_labels(label_set())
    with pytest.raises(UnknownSetError, match=r"new@2.*Known: new@1"):
        store.labels("new@2")
    with pytest.raises(UnknownSetError, match="Name its version: new@1"):
        store.labels("new")


def test_some_images_can_be_read(store: Store) -> None:
    labels = label_set(6)
    store.add_labels(labels)
    some = store.labels("new@1", images=["image-5", "image-2"])
    assert dict(some.instances) == {n: labels[n] for n in ("image-2", "image-5")}
    with pytest.raises(PairingError, match="no image 'image-7'"):
        store.labels("new@1", images=["image-7"])


def test_an_image_given_twice_is_refused_and_nothing_is_left(store: Store) -> None:
    about = LabelSet(name="new", instances={})
    with pytest.raises(PairingError, match="given twice"):
        store.write_labels(about, [("a", discs(1)), ("a", discs(2))])
    assert store.label_sets() == ()
    assert store.interrupted() == ()
    store.write_labels(about, [("a", discs(1))])


def test_an_error_of_the_stream_leaves_nothing(store: Store) -> None:
    def failing() -> object:
        yield "a", discs(2)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        store.write_labels(LabelSet(name="new", instances={}), failing())  # type: ignore[arg-type]  # a generator
    assert store.label_sets() == ()
    assert store.interrupted() == ()


def test_streamed_labels_have_the_digest_of_the_set_in_any_order(store: Store) -> None:
    labels = label_set(5)
    seal = store.write_labels(labels, reversed(list(labels.instances.items())))
    assert seal.digest == labels.digest()
    assert (seal.n_images, seal.n_defects) == (5, labels.n_defects)
    assert store.labels("new@1").digest() == labels.digest()


def test_a_type_that_the_taxonomy_lacks_is_refused(store: Store) -> None:
    strange = Instances.empty((4, 4), ["wart"])
    with pytest.raises(UnknownDefectTypeError, match="wart"):
        store.write_labels(LabelSet(name="new", instances={}), [("a", strange)])


def test_labels_of_another_frame_than_the_stored_image_are_refused(store: Store) -> None:
    store.add_images([Image.from_array("image-0", np.zeros((7, 7)))])
    with pytest.raises(PairingError, match=r"\(7, 7\)"):
        store.add_labels(label_set())
    assert store.label_sets() == ()


@pytest.mark.parametrize("name", ["a b", "ü", "a\\b:c*?", ".hidden", "__x", "..", "%2F", "con. "])
def test_any_name_that_a_label_set_may_have_can_be_stored(store: Store, name: str) -> None:
    labels = label_set(2, name=name.strip())
    store.add_labels(labels)
    assert store.label_sets() == (labels.key,)
    assert store.labels(labels.key).name == labels.name


def test_a_name_too_long_for_the_file_system_is_named(tmp_path: Path) -> None:
    store = Store.create(tmp_path / "a.zarr")
    with pytest.raises(StorageError, match="too long"):
        store.add_labels(label_set(name="x" * 300))
    assert store.label_sets() == ()


def test_a_key_without_a_version_is_refused(store: Store) -> None:
    with pytest.raises(RecordError, match="name@version"):
        store.write_predictions("blob", [])


def test_create_and_open(location: Callable[[], object]) -> None:
    Store.create(location())  # type: ignore[arg-type]  # one of the three kinds
    with pytest.raises(OutputError):
        Store.create(location())  # type: ignore[arg-type]  # one of the three kinds
    assert Store.open(location()).label_sets() == ()  # type: ignore[arg-type]  # one of the three kinds


def test_what_is_no_store_is_not_opened(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("hello")
    for place in ("folder", "file", "missing"):
        with pytest.raises(StorageError, match=place):
            Store.open(tmp_path / place)


def test_damage_is_found(tmp_path: Path) -> None:
    store = Store.create(tmp_path / "a.zarr")
    store.add_labels(label_set(6))
    group = tmp_path / "a.zarr" / "labels" / "new@1"
    chunk = group / "runs" / "c" / "0" / "0"
    whole = chunk.read_bytes()
    chunk.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(StorageError, match="damaged"):
        store.labels("new@1")
    chunk.unlink()
    with pytest.raises(StorageError, match="contradict"):
        store.labels("new@1")
    chunk.write_bytes(whole)
    assert store.verify("new@1") == label_set(6).digest()

    seal = json.loads((group / "zarr.json").read_text())
    seal["attributes"]["defectkit"]["digest"] = "0" * 64
    (group / "zarr.json").write_text(json.dumps(seal))
    with pytest.raises(StorageError, match="sealed with the digest 0000"):
        store.verify("new@1")


def test_a_missing_table_is_named(tmp_path: Path) -> None:
    import shutil

    store = Store.create(tmp_path / "a.zarr")
    store.add_labels(label_set(3))
    shutil.rmtree(tmp_path / "a.zarr" / "labels" / "new@1" / "defects")
    with pytest.raises(StorageError, match="'defects' is missing"):
        store.labels("new@1")


def test_a_set_takes_few_files(tmp_path: Path) -> None:
    store = Store.create(tmp_path / "a.zarr")
    store.write_labels(LabelSet(name="new", instances={}), ((f"{k}", discs(2)) for k in range(300)))
    files = [p for p in (tmp_path / "a.zarr" / "labels" / "new@1").rglob("*") if p.is_file()]
    assert len(files) == 9
    assert not (tmp_path / "a.zarr" / ".staging").exists()
