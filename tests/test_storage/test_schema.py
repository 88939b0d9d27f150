from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import xarray as xr

from defectkit.errors import SchemaError, StorageError
from defectkit.storage import SCHEMA_VERSION, Store, load_results, save_results
from tests.test_storage.conftest import label_set


def edit(group: Path, **facts: Any) -> None:
    file = group / "zarr.json"
    metadata = json.loads(file.read_text())
    metadata["attributes"]["defectkit"] |= facts
    file.write_text(json.dumps(metadata))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    store = Store.create(tmp_path / "a.zarr")
    store.add_labels(label_set())
    return tmp_path / "a.zarr"


def test_a_newer_store_is_refused(folder: Path) -> None:
    edit(folder, schema=SCHEMA_VERSION + 1, written_by="9.9")
    with pytest.raises(SchemaError, match=r"written by defectkit 9\.9 .*Upgrade"):
        Store.open(folder)


def test_an_older_store_says_how_it_is_migrated(folder: Path) -> None:
    edit(folder, schema=SCHEMA_VERSION - 1)
    with pytest.raises(SchemaError, match="migrate"):
        Store.open(folder)


def test_a_newer_label_set_in_a_store_that_is_known_is_refused(folder: Path) -> None:
    edit(folder / "labels" / "new@1", schema=SCHEMA_VERSION + 1)
    with pytest.raises(SchemaError, match="new@1"):
        Store.open(folder).labels("new@1")


@pytest.mark.parametrize("version", ["1", None, -1, 1.5])
def test_a_schema_that_is_no_number_is_damage(folder: Path, version: object) -> None:
    edit(folder, schema=version)
    with pytest.raises(StorageError, match="no version number"):
        Store.open(folder)


def test_another_kind_of_store_is_refused(tmp_path: Path, folder: Path) -> None:
    save_results(xr.Dataset({"a": 1}), tmp_path / "results.zarr")
    with pytest.raises(StorageError, match="'results', not 'store'"):
        Store.open(tmp_path / "results.zarr")
    with pytest.raises(StorageError, match="'store', not 'results'"):
        load_results(folder)


def test_somebody_elses_zarr_is_refused(tmp_path: Path) -> None:
    xr.Dataset({"a": 1}).to_zarr(tmp_path / "other.zarr", zarr_format=3, consolidated=False)
    with pytest.raises(StorageError, match="no store of defectkit"):
        Store.open(tmp_path / "other.zarr")
    with pytest.raises(StorageError, match="no store of defectkit"):
        load_results(tmp_path / "other.zarr")
