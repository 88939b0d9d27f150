"""Locations: which backend a path or a Zarr store gets, and how a new store begins."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from defectkit.errors import OutputError, StorageError
from defectkit.files import new_folder, replaced_file
from defectkit.storage import schema
from defectkit.storage.backend import SEAL, Backend
from defectkit.storage.damage import check_zip, damage
from defectkit.storage.folder import FolderBackend
from defectkit.storage.zipped import ZipBackend

if TYPE_CHECKING:
    import zarr.abc.store

    Location = str | Path | zarr.abc.store.Store

KINDS = ("images", "labels", "predictions", "results")
"""The groups below the root of a store."""


def create_at(location: Location) -> Backend:
    """Make an empty store and return its backend.

    Raises
    ------
    OutputError
        If there is something at ``location`` already, or it cannot be written.
    """
    if not isinstance(location, (str, Path)):
        return _create_in(location)
    path = Path(location)
    if path.suffix == ".zip":
        if path.exists():
            raise OutputError(f"{path} is there already; open it, or choose another name")
        with replaced_file(path) as temporary, zipfile.ZipFile(temporary, "w") as archive:
            for key, text in _beginnings().items():
                archive.writestr(key, text)
        return ZipBackend(path)
    with new_folder(path) as folder:
        for key, text in _beginnings().items():
            (folder / key).parent.mkdir(exist_ok=True)
            (folder / key).write_text(text, encoding="utf-8")
    return FolderBackend(path)


def backend_of(location: Location) -> Backend:
    """Return the backend of the store at ``location``.

    Raises
    ------
    StorageError
        If there is no store.
    SchemaError
        If it is of another schema than this defectkit reads.
    """
    import zarr
    from zarr.errors import NodeNotFoundError

    backend: Backend
    if not isinstance(location, (str, Path)):
        from defectkit.storage.anystore import ZarrBackend

        backend = ZarrBackend(location)
    elif Path(location).is_dir():
        backend = FolderBackend(Path(location))
    elif Path(location).is_file():
        backend = ZipBackend(Path(location))
    else:
        raise StorageError(f"there is no store at {location}; make one with Store.create")
    with damage(backend.address):
        try:
            if isinstance(backend, ZipBackend):
                check_zip(backend.path)
            root = zarr.open_group(backend.zarr_store(), mode="r", zarr_format=3)
        except (NodeNotFoundError, FileNotFoundError, zipfile.BadZipFile) as error:
            raise StorageError(f"{backend.address} is no store of defectkit: {error}") from error
        schema.check(root.attrs.asdict(), "store", where=backend.address)
    return backend


def _create_in(store: zarr.abc.store.Store) -> Backend:
    from defectkit.storage.anystore import ZarrBackend

    backend = ZarrBackend(store)
    if not backend.is_empty():
        raise OutputError(f"{backend.address} holds something already; open it, or give an empty store")
    backend.write({key: text.encode() for key, text in _beginnings().items()})
    return backend


def _beginnings() -> dict[str, str]:
    """Return the metadata of an empty store, that of the root last."""
    groups = {f"{kind}/{SEAL}": schema.group_metadata({}) for kind in KINDS}
    return {**groups, SEAL: schema.group_metadata(schema.description("store"))}
