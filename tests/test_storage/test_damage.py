from __future__ import annotations

import json
import shutil
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest

from defectkit.errors import StorageError
from defectkit.records import Instances, LabelSet, Prediction
from defectkit.storage import Store, load_results, save_results
from defectkit.storage.blosc import check_frame
from defectkit.storage.damage import SETTING, check_ratio, damage


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("stores") / "good.zarr"
    rng = np.random.default_rng(0)
    masks = [rng.random((40, 40)) > 0.5 for _ in range(3)]
    drawn = Instances.from_masks(masks, types=["bdot", "bdot", "loop_111"], shape=(40, 40))
    store = Store.create(place)
    store.add_labels(LabelSet(name="truth", instances={"a": drawn, "b": drawn}))
    store.write_predictions("blob@1", [Prediction(image="a", instances=drawn, detector="blob")])
    return place


@pytest.fixture
def store(good: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(good, tmp_path / "store.zarr"))


def read(place: Path) -> None:
    store = Store.open(place)
    for key in store.label_sets():
        store.labels(key)
    for key in store.prediction_sets():
        list(store.predictions(key))


def edited(file: Path, change: str) -> None:
    """Apply ``a.b.c=JSON`` to a JSON file."""
    path, _, value = change.partition("=")
    document = node = json.loads(file.read_text())
    *parents, last = path.split(".")
    for key in parents:
        node = node[key]
    node[last] = json.loads(value)
    file.write_text(json.dumps(document))


@pytest.mark.parametrize(
    ("file", "change"),
    [
        ("runs/zarr.json", "shape=[3, 5]"),
        ("runs/zarr.json", "shape=[5]"),
        ("runs/zarr.json", "shape=[3, 1e9]"),
        ("runs/zarr.json", 'data_type="float64"'),
        ("runs/zarr.json", 'data_type="complex128"'),
        ("runs/zarr.json", 'data_type="nothing"'),
        ("runs/zarr.json", "codecs=[]"),
        ("runs/zarr.json", 'codecs=[{"name": "builtins.exec"}]'),
        ("runs/zarr.json", "chunk_grid=null"),
        ("runs/zarr.json", 'chunk_grid.configuration.chunk_shape=[3, 900000000]'),
        ("runs/zarr.json", 'chunk_grid.configuration.chunk_shape=[0, 0]'),
        ("zarr.json", "attributes.defectkit.n_images=1000000000000"),
        ("zarr.json", "attributes.defectkit.n_images=-1"),
        ("zarr.json", 'attributes.defectkit.n_images="five"'),
        ("zarr.json", "attributes.defectkit.type_tables=[[5]]"),
        ("zarr.json", "attributes.defectkit.type_tables=7"),
        ("zarr.json", 'attributes.defectkit.tables=["images", "../../x"]'),
        ("zarr.json", "attributes.defectkit.tables=[]"),
        ("zarr.json", "attributes.defectkit.about=[]"),
        ("zarr.json", "attributes=[]"),
        ("zarr.json", 'zarr_format="three"'),
    ],
)  # fmt: skip
def test_metadata_that_is_damaged_is_told(store: Path, file: str, change: str) -> None:
    edited(store / "labels" / "truth@1" / file, change)
    with pytest.raises(StorageError):
        read(store)


@pytest.mark.parametrize("text", ["", "[", "[" * 5000, "null", "\xff", '{"zarr_format": 3, "node_type": "array"}'])
@pytest.mark.parametrize("file", ["zarr.json", "labels/truth@1/zarr.json", "predictions/blob@1/runs/zarr.json"])
def test_metadata_that_is_no_json_is_told(store: Path, file: str, text: str) -> None:
    (store / file).write_bytes(text.encode("latin1"))
    with pytest.raises(StorageError):
        read(store)


def test_a_run_of_a_detector_without_a_name_is_told(store: Path) -> None:
    edited(store / "predictions" / "blob@1" / "zarr.json", "attributes.defectkit.about.detector=5")
    with pytest.raises(StorageError, match="which detector"):
        read(store)


def test_a_chunk_is_never_read_past_its_end(store: Path) -> None:
    for chunk in sorted((store / "labels").rglob("c/0/0")):
        whole = chunk.read_bytes()
        for content in (whole[:-7], whole[: len(whole) // 2], whole[:9], b"", whole + b"1", b"\xff" * 64):
            chunk.write_bytes(content)
            with pytest.raises(StorageError, match="damaged"):
                read(store)
        chunk.write_bytes(whole)
    read(store)


@pytest.mark.parametrize(
    ("head", "length"),
    [
        (struct.pack("<4B3I", 2, 1, 1, 4, 100, 100, 81), 80),
        (struct.pack("<4B3I", 9, 1, 1, 4, 100, 100, 80), 80),
        (struct.pack("<4B3I", 2, 1, 1, 0, 100, 100, 80), 80),
        (struct.pack("<4B3I", 2, 1, 1, 4, 100, 0, 80), 80),
        (struct.pack("<4B3I", 2, 1, 1, 4, 2**31, 100, 80), 80),
        (b"\x02\x01", 2),
    ],
)
def test_a_head_that_lies_is_refused(head: bytes, length: int) -> None:
    with pytest.raises(ValueError, match="chunk"):
        check_frame(head, length)
    check_frame(struct.pack("<4B3I", 2, 1, 1, 4, 100, 100, 80), 80)


def test_others_keep_their_codec(good: Path) -> None:
    import zarr
    from zarr.codecs import BloscCodec

    read(good)
    array = zarr.open_group(good, mode="r")["labels/truth@1/runs"]
    assert {type(c) for c in array.compressors} == {BloscCodec}  # type: ignore[union-attr]  # it is an array


def test_results_of_a_shape_that_is_not_stored_are_refused(tmp_path: Path) -> None:
    import xarray

    place = save_results(xarray.Dataset({"size": ("defect", np.arange(9.0))}), tmp_path / "r.zarr")
    edited(place / "size" / "zarr.json", "shape=[4000000000]")
    with pytest.raises(StorageError, match=r"pieces|DEFECTKIT_MAX_STORED_RATIO"):
        load_results(place)
    edited(place / "size" / "zarr.json", "chunk_grid.configuration.chunk_shape=[4000000000]")
    with pytest.raises(StorageError, match="DEFECTKIT_MAX_STORED_RATIO"):
        load_results(place)


def test_a_zip_bomb_is_refused(good: Path, tmp_path: Path) -> None:
    place = tmp_path / "bomb.zarr.zip"
    with zipfile.ZipFile(place, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(good / "zarr.json", "zarr.json")
        archive.writestr("labels/x/zarr.json", b" " * (300 * 2**20))
    with pytest.raises(StorageError, match="DEFECTKIT_MAX_STORED_RATIO"):
        Store.open(place)


def test_the_ratio_can_be_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(StorageError, match=f"{SETTING} to 1000 or more"):
        check_ratio(10**9, 10**6, "x")
    monkeypatch.setenv(SETTING, "1000")
    check_ratio(10**9, 10**6, "x")
    monkeypatch.setenv(SETTING, "many")
    with pytest.raises(StorageError, match="whole number"):
        check_ratio(10**9, 10**6, "x")


def test_an_interrupt_is_no_damage() -> None:
    with pytest.raises(KeyboardInterrupt), damage("x"):
        raise KeyboardInterrupt
