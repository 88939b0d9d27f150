"""Results: xarray data sets in Zarr, with their units, attributes and texts, written whole."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from defectkit.errors import DecodingError, OutputError, StorageError
from defectkit.files import replaced_folder, whole
from defectkit.files.decoding import read_json
from defectkit.storage import schema
from defectkit.storage.backend import SEAL, escape
from defectkit.storage.damage import damage
from defectkit.storage.xarrays import read_dataset, write_dataset

if TYPE_CHECKING:
    import xarray
    import zarr.abc.store

    Results = xarray.Dataset | Mapping[str, xarray.Dataset]


def save_results(results: Results, path: str | Path) -> Path:
    """Write results to a folder of their own, such as ``results.zarr``.

    Parameters
    ----------
    results : xarray.Dataset or mapping of str to xarray.Dataset
        One table, or several by name. Texts may be of any kind; durations (``timedelta64``) are not stored: give a
        number with ``units``.
    path : str or pathlib.Path
        The folder. Results that are there already are replaced, when the new ones are complete; a folder that holds
        anything else is not touched.

    Returns
    -------
    pathlib.Path
        The folder.

    Raises
    ------
    OutputError
        If there is something else at ``path``, or it cannot be written.
    StorageError
        If the results hold something that has no place in the file.

    Examples
    --------
    >>> import tempfile, xarray
    >>> table = xarray.Dataset({"size": ("defect", [1.5, 2.0], {"units": "nanometer"})})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     load_results(save_results(table, f"{folder}/results.zarr"))["size"].attrs["units"]
    'nanometer'
    """
    target = Path(path)
    if target.exists() and not _holds_results(target):
        raise OutputError(f"{target} is there already and holds other things than results; choose another name")
    with replaced_folder(target) as folder:
        write_results(results, folder)
    return target


def load_results(path: str | Path) -> xarray.Dataset | Any:
    """Read what :func:`save_results` wrote: as it was given: one data set, or a dict of several by name.

    Beside a run that writes them anew, the old results or the new ones are read, never some of each. Everything is read
    into memory. Texts come back as objects, tuples in attributes as lists.

    Raises
    ------
    StorageError
        If there are no results at ``path``.
    SchemaError
        If they were written by a newer schema.
    """
    from zarr.storage import LocalStore

    folder = Path(path)

    def read() -> xarray.Dataset | dict[str, xarray.Dataset]:
        if not folder.is_dir():
            raise StorageError(f"{folder} is not there, or is no folder of results")
        return read_results(LocalStore(folder, read_only=True), "", where=str(folder))

    return whole(folder, read)


def write_results(results: Results, folder: Path) -> None:
    """Write results as a group into an empty folder.

    They are encoded in memory first: it takes Zarr a thread for each file that it writes itself.
    """
    from zarr.storage import MemoryStore

    files: dict[str, Any] = {}
    store = MemoryStore(files)
    if isinstance(results, Mapping) and not hasattr(results, "data_vars"):
        names = list(results)
        for name, dataset in results.items():
            write_dataset(dataset, store, escape(name), where=f"results {name!r}")
        seal = schema.group_metadata(schema.description("results", tables=names)).encode()
    else:
        table: xarray.Dataset = results  # type: ignore[assignment]  # no mapping of tables: a table
        write_dataset(table.assign_attrs(schema.description("results", tables=None)), store, "", where="results")
        seal = files[SEAL].to_bytes()
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.to_bytes())
    (folder / SEAL).write_bytes(seal)


def read_results(store: zarr.abc.store.Store, prefix: str, *, where: str) -> xarray.Dataset | dict[str, xarray.Dataset]:
    """Read the results in the group ``prefix`` of a store."""
    import zarr
    from zarr.errors import NodeNotFoundError

    with damage(where):
        try:
            group = zarr.open_group(store, path=prefix, mode="r", zarr_format=3)
        except (NodeNotFoundError, FileNotFoundError) as error:
            raise StorageError(f"{where} holds no results of defectkit") from error
        names = schema.check(group.attrs.asdict(), "results", where=where).get("tables")
    if names is None:
        return read_dataset(store, prefix, where=where)
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise StorageError(f"{where} is damaged: it does not name its tables")
    start = f"{prefix}/" if prefix else ""
    return {name: read_dataset(store, start + escape(name), where=f"{where}, {name!r}") for name in names}


def _holds_results(path: Path) -> bool:
    """Tell whether a folder holds results and nothing else, or nothing."""
    try:
        attributes = read_json(path / SEAL).get("attributes", {})
    except (DecodingError, AttributeError):
        return path.is_dir() and not any(path.iterdir())
    known = isinstance(attributes, dict) and attributes.get(schema.ATTRIBUTE)
    return isinstance(known, dict) and known.get("kind") == "results" and all(map(_is_of_zarr, path.rglob("*")))


def _is_of_zarr(path: Path) -> bool:
    """Tell whether a path may be one that Zarr made: metadata, a chunk, or a folder on the way to one."""
    if path.is_symlink():
        return False
    return path.is_dir() or path.name == SEAL or path.name == "c" or path.name.isdecimal()
