from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from defectkit.errors import SchemaError, StorageError
from defectkit.storage import MIGRATIONS, SCHEMA_VERSION, Migration, Store, migrate
from tests.test_storage.conftest import label_set
from tests.test_storage.test_schema import edit

OLD = SCHEMA_VERSION - 1


def _rename_labels(folder: Path) -> None:
    (folder / "annotations").rename(folder / "labels")


STEP = Migration(source=OLD, description="labels were called annotations", apply=_rename_labels)


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A store of a schema that never was, with its labels elsewhere."""
    folder = tmp_path / "a.zarr"
    Store.create(folder).add_labels(label_set())
    (folder / "labels").rename(folder / "annotations")
    edit(folder / "annotations" / "new@1", schema=OLD)
    edit(folder, schema=OLD)
    return folder


def test_steps_are_applied_and_versions_raised(old: Path) -> None:
    assert migrate(old, migrations=[STEP]) == (STEP,)
    assert Store.open(old).labels("new@1").digest() == label_set().digest()
    assert migrate(old, migrations=[STEP]) == ()


def test_a_zip_file_is_migrated_too(old: Path, tmp_path: Path) -> None:
    packed = tmp_path / "a.zarr.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for file in sorted(p for p in old.rglob("*") if p.is_file()):
            archive.write(file, file.relative_to(old).as_posix())
    assert migrate(packed, migrations=[STEP]) == (STEP,)
    assert Store.open(packed).verify("new@1") == label_set().digest()


def test_a_step_that_fails_leaves_the_store_as_it_was(old: Path) -> None:
    def fail(folder: Path) -> None:
        _rename_labels(folder)
        raise RuntimeError("no")

    with pytest.raises(RuntimeError, match="no"):
        migrate(old, migrations=[Migration(source=OLD, description="fails", apply=fail)])
    assert (old / "annotations" / "new@1").is_dir()
    assert [p.name for p in old.parent.iterdir()] == [old.name]


def test_a_missing_step_is_named(old: Path) -> None:
    with pytest.raises(SchemaError, match=f"no step leads from {OLD} to {SCHEMA_VERSION}"):
        migrate(old, migrations=[])


def test_a_newer_store_cannot_be_migrated(old: Path) -> None:
    edit(old, schema=SCHEMA_VERSION + 1)
    with pytest.raises(SchemaError, match="Upgrade"):
        migrate(old)


def test_what_is_no_store_cannot_be_migrated(tmp_path: Path) -> None:
    (tmp_path / "zarr.json").write_text(json.dumps({"attributes": {}}))
    with pytest.raises(StorageError, match="no store"):
        migrate(tmp_path)
    with pytest.raises(StorageError, match="no store"):
        migrate(tmp_path / "missing")


def test_the_built_in_steps_lead_to_the_present_schema() -> None:
    assert [m.source for m in MIGRATIONS] == list(range(SCHEMA_VERSION - len(MIGRATIONS), SCHEMA_VERSION))
