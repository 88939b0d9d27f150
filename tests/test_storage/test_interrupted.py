from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import zarr

from defectkit.errors import OutputError, SealedError, StorageError
from defectkit.files.staging import staged
from defectkit.storage import Store
from tests.test_storage import writing
from tests.test_storage.conftest import label_set


def start(path: Path, first: int, last: int) -> subprocess.Popen[str]:
    command = [sys.executable, writing.__file__, str(path), str(first), str(last)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


@pytest.mark.parametrize("name", ["a.zarr", "a.zarr.zip"])
def test_a_writer_killed_at_any_moment_leaves_whole_versions_only(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    Store.create(path)
    delays = random.Random(7)
    next_version = 1
    for _ in range(6):
        process = start(path, next_version, 10_000)
        time.sleep(delays.uniform(0, 0.3))
        process.kill()
        said, _ = process.communicate()
        store = Store.open(path)
        sealed = sorted(int(key.partition("@")[2]) for key in store.label_sets())
        assert sealed == list(range(1, len(sealed) + 1))
        assert len(sealed) >= int(said.split()[-1] if said.split() else next_version - 1)
        for number in sealed[next_version - 1 :]:
            assert store.verify(f"new@{number}") == writing.version(number).digest()
        next_version = len(sealed) + 1
    swept = store.sweep()
    assert {remains.name.partition("@")[0] for remains in swept} <= {"labels/new"}
    assert store.interrupted() == ()
    store.add_labels(writing.version(next_version))
    assert store.verify(f"new@{next_version}") == writing.version(next_version).digest()


def test_the_remains_of_a_dead_writer_are_listed_and_ignored(tmp_path: Path) -> None:
    store = Store.create(tmp_path / "a.zarr")
    store.add_labels(label_set())
    left = tmp_path / "a.zarr" / ".staging" / "0123"
    (left / "group" / "runs").mkdir(parents=True)
    (left / "target.txt").write_text("labels/new@2")
    (remains,) = store.interrupted()
    assert remains.name == "labels/new@2"
    assert str(remains) == f"labels/new@2 was begun and never sealed; it is ignored. Its remains lie in {left}"
    assert store.label_sets() == ("new@1",)
    assert store.sweep() == (remains,)
    assert store.interrupted() == ()
    assert not left.exists()
    assert store.label_sets() == ("new@1",)


def test_what_a_living_writer_builds_is_not_swept(tmp_path: Path) -> None:
    store = Store.create(tmp_path / "a.zarr")
    with staged(tmp_path / "a.zarr" / ".staging", "labels/new@2") as folder:
        assert store.interrupted() == ()
        assert store.sweep() == ()
        assert folder.is_dir()
    assert not folder.exists()


def test_a_copy_of_a_store_that_was_cut_short(tmp_path: Path) -> None:
    """The copy has the chunks of a label set but not yet its metadata."""
    store = Store.create(tmp_path / "a.zarr")
    store.add_labels(label_set())
    (tmp_path / "a.zarr" / "labels" / "new@1" / "zarr.json").unlink()
    assert store.label_sets() == ()
    (remains,) = store.interrupted()
    assert remains.name == "labels/new@1"
    with pytest.raises(StorageError, match=r"interrupted copy.*sweep"):
        store.add_labels(label_set())
    store.sweep()
    store.add_labels(label_set())
    assert store.verify("new@1") == label_set().digest()


def test_a_copy_into_memory_that_was_cut_short() -> None:
    keys: dict[str, Any] = {}
    store = Store.create(zarr.storage.MemoryStore(keys))
    store.add_labels(label_set())
    del keys["labels/new@1/zarr.json"]
    assert store.label_sets() == ()
    assert [r.name for r in store.interrupted()] == ["labels/new@1"]
    store.sweep()
    assert not [key for key in keys if "new@1" in key]
    store.add_labels(label_set())
    del keys["labels/new@1/zarr.json"]
    store.add_labels(label_set())
    assert store.verify("new@1") == label_set().digest()
    assert store.interrupted() == ()


def test_metadata_is_copied_last() -> None:
    class Dying(zarr.storage.MemoryStore):
        async def set(self, key: str, value: object, byte_range: object = None) -> None:
            if "new@1" in key and key.endswith("labels/new@1/zarr.json"):
                raise ConnectionError("gone")
            await super().set(key, value)  # type: ignore[arg-type]  # as zarr gave it

    store = Store.create(Dying())
    with pytest.raises(ConnectionError, match="gone"):
        store.add_labels(label_set())
    assert store.label_sets() == ()
    assert [r.name for r in store.interrupted()] == ["labels/new@1"]


def test_a_store_that_is_open_for_reading_only() -> None:
    memory = zarr.storage.MemoryStore()
    Store.create(memory)
    with pytest.raises(StorageError, match="reading only"):
        Store.open(memory.with_read_only(True)).add_labels(label_set())


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store.create(tmp_path / "a.zarr")

    def refuse(self: Path, *args: object, **kwargs: object) -> None:
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(OutputError, match=r"cannot write .*a\.zarr.*: permission is denied"):
        store.add_labels(label_set())


def test_two_writers_of_one_version(tmp_path: Path) -> None:
    """The second one to finish is refused, and the first one's set stays."""
    path = tmp_path / "a.zarr"
    store = Store.create(path)
    other = Store.open(path)

    def overtaken() -> object:
        yield from label_set(2, seed=1).instances.items()
        other.add_labels(label_set(3))

    with pytest.raises(SealedError):
        store.write_labels(label_set(), overtaken())  # type: ignore[arg-type]  # a generator
    assert store.verify("new@1") == label_set(3).digest()
    assert store.interrupted() == ()
