"""Staging: groups are built out of sight; what a killed writer left can be told from what is being written."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import attrs

from defectkit.errors import StorageError
from defectkit.storage.locks import is_held, try_lock

_TARGET = "target.txt"


@attrs.frozen(kw_only=True)
class Interrupted:
    """Something that was begun in a store and never sealed; no reader sees it.

    Parameters
    ----------
    name : str
        What it was to become, for instance ``labels/new@2``.
    address : str
        Where its remains lie.
    """

    name: str
    address: str

    def __str__(self) -> str:
        return f"{self.name} was begun and never sealed; it is ignored. Its remains lie in {self.address}"


@contextmanager
def staged(area: Path, target: str) -> Iterator[Path]:
    """Give an empty folder in ``area`` to build ``target`` in; it is removed when the block ends, unless moved away.

    While the block runs a lock is held, so that :func:`leftovers` does not take the folder for one of a dead writer.
    """
    held = None
    while held is None:  # a sweeper may hold the new lock for a moment, and another writer may remove the empty area
        try:
            area.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StorageError(f"{area.parent} cannot be written: {error.strerror}") from error
        home = area / uuid.uuid4().hex
        lock = home.with_suffix(".lock")
        with suppress(FileNotFoundError):
            held = try_lock(lock)
    with held:
        try:
            home.mkdir()
            (home / _TARGET).write_text(target, encoding="utf-8")
            folder = home / "group"
            folder.mkdir()
            yield folder
        finally:
            shutil.rmtree(home, ignore_errors=True)
            lock.unlink(missing_ok=True)
    _remove_if_empty(area)


def leftovers(area: Path) -> tuple[Interrupted, ...]:
    """Return what writers that are no longer alive have left in ``area``."""
    if not area.is_dir():
        return ()
    found = []
    for home in sorted(p for p in area.iterdir() if p.is_dir()):
        if not is_held(area / f"{home.name}.lock"):
            target = home / _TARGET
            name = target.read_text(encoding="utf-8") if target.is_file() else "something"
            found.append(Interrupted(name=name, address=str(home)))
    return tuple(found)


def sweep(area: Path) -> tuple[Interrupted, ...]:
    """Remove what writers that are no longer alive have left in ``area``, and return what that was."""
    swept = leftovers(area)
    for remains in swept:
        shutil.rmtree(remains.address)
    if area.is_dir():
        for lock in area.glob("*.lock"):
            held = try_lock(lock)
            if held is not None:
                with held:
                    lock.unlink()
        _remove_if_empty(area)
    return swept


def flush_to_disk(folder: Path) -> None:
    """Have the operating system write all files below ``folder`` to the disk, so that a power cut leaves them whole."""
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("rb") as file:
                os.fsync(file.fileno())


def _remove_if_empty(area: Path) -> None:
    with suppress(OSError):  # another writer is at work in it, or has removed it
        area.rmdir()
