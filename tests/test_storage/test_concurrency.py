from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest

from defectkit.errors import PairingError
from defectkit.records import Image
from defectkit.storage import Store
from tests.test_storage import writing
from tests.test_storage.test_interrupted import start


@pytest.mark.parametrize("name", ["a.zarr", "a.zarr.zip"])
def test_a_reader_sees_each_version_whole_or_not_at_all(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    store = Store.create(path)
    last = 25
    process = start(path, 1, last)
    seen: set[str] = set()
    deadline = time.monotonic() + 120
    reads = 0
    while len(seen) < last and time.monotonic() < deadline:
        keys = store.label_sets()
        assert seen <= set(keys)
        for key in sorted(set(keys) - seen):
            number = int(key.partition("@")[2])
            labels = store.labels(key)
            assert len(labels) == writing.N_IMAGES
            assert {len(i) for i in labels.instances.values()} == {number}
            reads += 1
        seen = set(keys)
    assert process.wait(60) == 0
    process.communicate()
    assert reads == last


def test_two_processes_add_to_one_store(tmp_path: Path) -> None:
    path = tmp_path / "a.zarr.zip"
    Store.create(path)
    both = [start(path, 1, 8), start(path, 9, 16)]
    assert [p.wait(120) for p in both] == [0, 0]
    for process in both:
        process.communicate()
    store = Store.open(path)
    assert len(store.label_sets()) == 16
    for key in store.label_sets():
        assert store.verify(key) == writing.version(int(key.partition("@")[2])).digest()


def test_an_image_that_another_writer_has_just_added(tmp_path: Path) -> None:
    store = Store.create(tmp_path / "a.zarr")
    other = Store.open(tmp_path / "a.zarr")

    def overtaken() -> object:
        yield Image.from_array("a", np.zeros((3, 3)))
        other.add_images([Image.from_array("a", np.ones((3, 3)))])

    with pytest.raises(PairingError, match="already"):
        store.add_images(overtaken())  # type: ignore[arg-type]  # a generator
    (found,) = store.images()
    assert found.pixels.all()
