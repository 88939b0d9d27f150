from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import attrs
import numpy as np
import PIL.Image
import pytest

from defectkit.errors import PairingError, StorageError
from defectkit.formats.images.reading import read_image
from defectkit.records import Calibration, Image, Source, Specimen
from defectkit.storage import Store, pixels


def image(name: str, dtype: str = "uint16", shape: tuple[int, int] = (6, 9), **facts: Any) -> Image:
    array = np.random.default_rng(len(name)).integers(0, 100, shape).astype(dtype)
    return attrs.evolve(Image.from_array(name, array), **facts)


@pytest.mark.parametrize("dtype", ["uint8", "int16", "uint32", "float32", "float64", "bool"])
def test_pixels_keep_value_and_dtype(store: Store, dtype: str) -> None:
    given = image("a", dtype)
    assert store.add_images([given]) == ("a",)
    (found,) = store.images()
    assert found.dtype == given.dtype
    assert found.shape == given.shape
    assert np.array_equal(found.pixels, given.pixels)
    assert found.digest() == given.digest()


def test_what_is_known_of_an_image_is_kept(store: Store) -> None:
    calibration = Calibration(
        pixel_size_y="0.25 nm/px",
        pixel_size_x="0.5 nm/px",
        pixel_size_source=Source.PREFIX_TABLE,
        foil_thickness="100 nm",
        foil_thickness_source=Source.ASSUMED,
    )
    specimen = Specimen(alloy="FeCrAl", dose="1.8 dpa", temperature="382 degC", irradiation="neutron", area="A")
    store.add_images([image("a", calibration=calibration, specimen=specimen, notes=("inverted",), cautions=("odd",))])
    (found,) = store.images(["a"])
    assert (found.calibration, found.specimen, found.notes) == (calibration, specimen, ("inverted",))
    assert found.cautions == ("odd",)
    assert found.is_assumed


def test_images_of_many_shapes_added_in_turns(store: Store) -> None:
    first = [image("a"), image("b", "float32"), image("cc", shape=(3, 4)), image("ddd")]
    store.add_images(first)
    store.add_images([image("e")])
    assert store.image_names() == ("a", "b", "cc", "ddd", "e")
    for given in first:
        (found,) = store.images([given.name])
        assert found.digest() == given.digest()


def test_more_pixels_than_one_shard_holds(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pixels, "SHARD_BYTES", 300)
    given = [Image.from_array(f"{k:02d}", np.full((6, 9), k, np.uint16)) for k in range(11)]
    store.add_images(iter(given))
    assert [int(i.pixels[0, 0]) for i in store.images()] == list(range(11))


def test_images_are_stored_once(store: Store) -> None:
    store.add_images([image("a")])
    with pytest.raises(PairingError, match="images a already"):
        store.add_images([image("b"), image("a")])
    with pytest.raises(PairingError, match="given twice"):
        store.add_images([image("c"), image("c")])
    assert store.image_names() == ("a",)
    with pytest.raises(PairingError, match="no image 'b'"):
        list(store.images(["b"]))


def test_no_image_is_no_harm(store: Store) -> None:
    assert store.add_images([]) == ()
    assert store.refer_to_images([]) == ()
    assert store.image_names() == ()
    assert list(store.images()) == []


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "photos" / "a.png"
    path.parent.mkdir()
    PIL.Image.fromarray(np.arange(12, dtype=np.uint8).reshape(3, 4)).save(path)
    return path


def test_a_reference_reads_the_file(store: Store, photo: Path) -> None:
    store.refer_to_images([read_image(photo, pixel_size="1 nm/px")])
    (found,) = store.images()
    assert found.path == photo
    assert (found.shape, found.dtype) == ((3, 4), np.uint8)
    assert found.pixels[2, 3] == 11
    assert found.required_calibration().pixel_size_nm == (1.0, 1.0)


def test_a_reference_follows_when_store_and_file_move_together(tmp_path: Path, photo: Path) -> None:
    Store.create(tmp_path / "a.zarr").refer_to_images([read_image(photo)])
    there = tmp_path / "there"
    there.mkdir()
    shutil.move(tmp_path / "a.zarr", there / "a.zarr")
    shutil.move(photo.parent, there / "photos")
    (found,) = Store.open(there / "a.zarr").images()
    assert found.path == there / "photos" / "a.png"
    assert found.pixels[2, 3] == 11


def test_a_changed_or_missing_file_is_an_error(store: Store, photo: Path) -> None:
    store.refer_to_images([read_image(photo)])
    PIL.Image.fromarray(np.zeros((3, 4), np.uint8)).save(photo)
    (found,) = store.images()
    with pytest.raises(StorageError, match="have changed"):
        found.source.read()
    photo.unlink()
    with pytest.raises(StorageError, match="is not at"):
        found.source.read()


def test_an_image_without_a_file_cannot_be_referred_to(store: Store) -> None:
    with pytest.raises(StorageError, match="not read from a file"):
        store.refer_to_images([image("a")])
    assert store.image_names() == ()


def test_damaged_pixels_are_found(tmp_path: Path) -> None:
    store = Store.create(tmp_path / "a.zarr")
    store.add_images([image("a", shape=(60, 90))])
    group = tmp_path / "a.zarr" / "images" / "000000"
    chunk = group / "pixels_0" / "c" / "0" / "0" / "0"
    content = bytearray(chunk.read_bytes())
    content[: len(content) // 2] = bytes(len(content) // 2)
    chunk.write_bytes(bytes(content))
    (found,) = store.images()
    with pytest.raises(StorageError, match="image 'a' is damaged"):
        found.source.read()
    shutil.rmtree(group / "pixels_0")
    with pytest.raises(StorageError, match="'pixels_0' is missing"):
        list(store.images())
    (group / "facts" / "c" / "0" / "0").write_bytes(b"nonsense")
    with pytest.raises(StorageError, match="damaged"):
        store.image_names()


def test_small_images_take_little_room(tmp_path: Path) -> None:
    Store.create(tmp_path / "a.zarr").add_images([image("a"), image("b")])
    assert sum(p.stat().st_size for p in (tmp_path / "a.zarr").rglob("*") if p.is_file()) < 10_000
