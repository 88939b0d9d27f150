from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zarr

from defectkit.errors import StorageError
from defectkit.geometry.runs import Runs
from defectkit.records import Instances, LabelSet
from defectkit.storage import Store, blocks, tables
from defectkit.storage.tables import TableReader, TableWriter, narrowest
from tests.test_storage.conftest import discs


def written(folder: Path, pieces: list[np.ndarray], *, default: float = 0, sharded: bool = False) -> TableWriter:
    writer = TableWriter(folder, "table", ("a", "b"), default=default)
    for piece in pieces:
        writer.append(piece)
    writer.close(sharded=sharded)
    return writer


def read(folder: Path) -> zarr.Array[Any]:
    return zarr.open_array(zarr.storage.LocalStore(folder), path="table", mode="r")


@pytest.mark.parametrize(
    ("values", "dtype"),
    [
        ([0, 255], "uint8"),
        ([256], "uint16"),
        ([65535], "uint16"),
        ([65536], "uint32"),
        ([2**32], "int64"),
        ([-1, 127], "int8"),
        ([-1, 128], "int16"),
        ([-(2**31)], "int32"),
        ([-(2**63), 2**63 - 1], "int64"),
        ([], "uint8"),
    ],
)
def test_the_narrowest_type_is_chosen(values: list[int], dtype: str) -> None:
    assert narrowest(np.array(values, np.int64)) == np.dtype(dtype)


@pytest.mark.parametrize("sharded", [False, True])
@pytest.mark.parametrize("rows", [1, 9, 10, 11, 20, 37])
def test_pieces_are_joined_whatever_the_shards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows: int, sharded: bool
) -> None:
    monkeypatch.setattr(tables, "SHARD_ROWS", 10)
    monkeypatch.setattr(tables, "CHUNK_ROWS", 5)
    whole = np.arange(1, 2 * rows + 1).reshape(2, rows)
    written(tmp_path, np.array_split(whole, 4, axis=1), sharded=sharded)
    assert np.array_equal(read(tmp_path)[:], whole)
    assert (read(tmp_path).shards is not None) == (sharded or rows >= 10)
    assert read(tmp_path).attrs["columns"] == ["a", "b"]


def test_a_later_piece_widens_what_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "SHARD_ROWS", 10)
    monkeypatch.setattr(tables, "CHUNK_ROWS", 5)
    pieces = [np.full((2, 12), 3), np.full((2, 12), 300), np.full((2, 12), -70000), np.full((2, 3), 2**40)]
    written(tmp_path, pieces)
    assert np.array_equal(read(tmp_path)[:], np.concatenate(pieces, axis=1))
    assert read(tmp_path).dtype == np.int64
    assert [p.name for p in tmp_path.iterdir() if p.is_dir()] == ["table"]


@pytest.mark.parametrize("default", [0, np.nan])
def test_rows_of_defaults_alone_are_not_written(tmp_path: Path, default: float) -> None:
    writer = written(tmp_path, [np.full((2, 5), default), np.full((2, 0), default)], default=default)
    assert not writer.exists
    assert writer.rows == 5
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("default", [0, np.nan])
@pytest.mark.parametrize("before", [1, 10, 25])
@pytest.mark.parametrize("after", [0, 1, 25])
def test_defaults_around_other_rows_are_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, default: float, before: int, after: int
) -> None:
    monkeypatch.setattr(tables, "SHARD_ROWS", 10)
    monkeypatch.setattr(tables, "CHUNK_ROWS", 5)
    pieces = [
        np.full((2, before), default),
        np.full((2, 3), 0.5 if np.isnan(default) else 7),
        np.full((2, after), default),
    ]
    writer = written(tmp_path, pieces, default=default)
    assert writer.exists
    assert np.array_equal(read(tmp_path)[:], np.concatenate(pieces, axis=1), equal_nan=True)


def test_whole_shards_of_defaults_take_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "SHARD_ROWS", 10)
    monkeypatch.setattr(tables, "CHUNK_ROWS", 5)
    writer = TableWriter(tmp_path, "table", ("a", "b"))
    writer.append(np.zeros((2, 35), int))
    writer.append(np.ones((2, 1), int))
    assert sum(piece.shape[1] for piece in writer._pieces) == 6
    writer.close(sharded=True)
    assert sorted(p.name for p in (tmp_path / "table" / "c" / "0").iterdir()) == ["3"]


def test_a_short_table_is_named(tmp_path: Path) -> None:
    written(tmp_path, [np.ones((2, 3), int)])
    with pytest.raises(StorageError, match="here has 3 rows, but 4"):
        TableReader(read(tmp_path), "here").read(0, 4)


@pytest.fixture
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "SHARD_ROWS", 64)
    monkeypatch.setattr(tables, "CHUNK_ROWS", 16)
    monkeypatch.setattr(blocks, "BLOCK_RUNS", 40)
    monkeypatch.setattr(blocks, "BLOCK_IMAGES", 3)
    monkeypatch.setattr(blocks, "SHARDED_ABOVE_IMAGES", 10)


@pytest.mark.usefixtures("small_pieces")
@pytest.mark.parametrize("n_images", [1, 3, 10, 11, 40])
def test_blocks_and_shards_change_nothing(store: Store, n_images: int) -> None:
    given = {f"{k:03d}": discs(k % 4, seed=k, scores=np.full(k % 4, 0.5 if k > 8 else np.nan)) for k in range(n_images)}
    store.write_labels(LabelSet(name="new", instances={}), given.items())
    assert dict(store.iter_labels("new@1")) == given
    some = list(given)[::7]
    assert dict(store.labels("new@1", images=some).instances) == {n: given[n] for n in some}
    assert store.verify("new@1") == LabelSet(name="x", instances=given).digest()


@pytest.mark.usefixtures("small_pieces")
def test_a_larger_number_of_images_is_sharded(tmp_path: Path) -> None:
    for n, sharded in ((10, False), (11, True)):
        store = Store.create(tmp_path / f"{n}.zarr")
        store.write_labels(LabelSet(name="new", instances={}), ((f"{k}", discs(0)) for k in range(n)))
        images = zarr.open_array(tmp_path / f"{n}.zarr" / "labels" / "new@1" / "images", mode="r")
        assert (images.shards is not None) == sharded


def test_a_defect_wider_than_sixteen_bits_can_say(store: Store) -> None:
    """The runs of a box of more than 65535 columns, beside a small one, in a frame of 3 x 100000 pixels."""
    runs = Runs(
        row=np.array([0, 2, 1], np.int32),
        start=np.array([0, 99_000, 70_000], np.int32),
        end=np.array([2, 100_000, 70_003], np.int32),
        offsets=np.array([0, 2, 3], np.int64),
    )
    wide = Instances.from_runs(runs, types=["bdot", "bdot"], shape=(3, 100_000))
    long = Instances.from_masks([np.ones((70_001, 1), bool)], types=["bdot"], shape=(70_001, 1))
    given = {"small": discs(2), "wide": wide, "long": long}
    store.add_labels(LabelSet(name="new", instances=given))
    assert dict(store.labels("new@1").instances) == given


def test_small_defects_take_one_byte_a_number(tmp_path: Path) -> None:
    store = Store.create(tmp_path / "a.zarr")
    store.add_labels(LabelSet(name="new", instances={"a": discs(3, shape=(900, 900))}))
    assert zarr.open_array(tmp_path / "a.zarr" / "labels" / "new@1" / "runs", mode="r").dtype == np.uint8
