"""Removing: an entry of the user's own catalogue goes, with its label sets; the images stay."""

from __future__ import annotations

from pathlib import Path

from defectkit.datasets.catalogue import Catalogue
from defectkit.datasets.own_entry import OwnEntry
from defectkit.datasets.places import own_catalogue
from defectkit.datasets.sources import StoreSource
from defectkit.errors import CatalogueError
from defectkit.files import locked, writing


def files_of_dataset(name: str) -> tuple[Path, ...]:
    """Return what :func:`remove_dataset` removes: the entry, its store and its tags, as far as they are there.

    Raises
    ------
    CatalogueError
        If the entry is not one of the user's own.
    UnknownDatasetError
        If there is no such data set.
    """
    parts = _parts(name)
    if parts.removing.exists() and not parts.entry.exists():
        return tuple(path for path in (parts.removing, parts.store, parts.removing_store) if path.exists())
    item = Catalogue.standard().find(name)
    if item.folder is None or item.folder.resolve() != own_catalogue().resolve() or not parts.entry.is_file():
        raise CatalogueError(
            f"{name!r} is an entry of the registry or of a plugin; only entries of your own, which `defectkit datasets "
            "add` made, can be removed"
        )
    source = item.entry.source
    store = parts.home / source.store if isinstance(source, StoreSource) else None
    is_own = store is not None and store == parts.store and (store.is_dir() or store.is_symlink())
    tags = own_catalogue() / "tags" / f"{name}.toml"
    return (parts.entry, *([parts.store] if is_own else []), *([tags] if tags.is_file() else []))


def finish_removal(name: str) -> None:
    """Clear what a call that was killed at its very end left of a data set that is gone.

    Parameters
    ----------
    name : str

    Raises
    ------
    OutputError
        If it cannot be removed.
    """
    parts = _parts(name)
    if parts.lock.exists() and not any(path.exists() for path in (parts.entry, parts.removing, parts.adding)):
        with writing(parts.home), locked(parts.lock, timeout_s=0, busy=_busy(name)):
            parts.finish_killed()


def remove_dataset(name: str) -> tuple[Path, ...]:
    """Remove an entry of the user's own catalogue, with its store of label sets and its tags.

    Images that the store refers to stay, and so does every file outside the catalogue: of a link, the link alone is
    removed. A call that is killed is finished by the next one that adds or removes a data set of that name.

    Parameters
    ----------
    name : str

    Returns
    -------
    tuple of pathlib.Path
        What was removed.

    Raises
    ------
    CatalogueError
        If the entry is not one of the user's own.
    UnknownDatasetError
        If there is no such data set.
    OutputError
        If something cannot be removed.
    """
    parts = _parts(name)
    with writing(parts.home), locked(parts.lock, timeout_s=0, busy=_busy(name)):
        files = files_of_dataset(name)
        if parts.entry not in files:
            parts.finish_killed()
            return files
        parts.entry.rename(parts.removing)
        for path in files:
            if path != parts.store:
                path.unlink(missing_ok=True)
        parts.finish_killed()
    return files


def _busy(name: str) -> str:
    return f"another run is adding or removing the data set {name!r}; wait for it"


def _parts(name: str) -> OwnEntry:
    return OwnEntry(home=own_catalogue() / "datasets", name=name)
