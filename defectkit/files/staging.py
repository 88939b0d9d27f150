"""Staging: an area in which several writers at a time build things out of sight; what a dead one left can be told."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from defectkit.errors import OutputError
from defectkit.files.faults import writing
from defectkit.files.lock import is_locked, locked

_TARGET = "target.txt"
_TRIES = 20


@contextmanager
def staged(area: Path, target: str) -> Iterator[Path]:
    """Give an empty folder in ``area`` to build ``target`` in; it is removed when the block ends, unless moved away.

    A lock is held while the block runs, so that :func:`left_in` does not take the folder for one of a dead writer. What
    dead writers left in the area is removed first.

    Raises
    ------
    OutputError
        If nothing can be written there.
    """
    sweep(area)
    with ExitStack() as stack:
        home = area / uuid.uuid4().hex
        for attempt in range(_TRIES):  # another writer may remove the empty area, or look at the new lock
            try:
                stack.enter_context(locked(home.with_suffix(".lock"), timeout_s=1))
                break
            except OutputError as error:
                if attempt == _TRIES - 1 or not isinstance(error.__cause__, FileNotFoundError):
                    raise
        try:
            with writing(area.parent):
                folder = home / "group"
                folder.mkdir(parents=True)
                (home / _TARGET).write_text(target, encoding="utf-8")
            yield folder
        finally:
            shutil.rmtree(home, ignore_errors=True)
    _remove_if_empty(area)


def left_in(area: Path) -> tuple[tuple[str, Path], ...]:
    """Return what dead writers have left in ``area``: what each was to become, and where it lies."""
    if not area.is_dir():
        return ()
    found = []
    for home in sorted(p for p in area.iterdir() if p.is_dir()):
        if not is_locked(home.with_suffix(".lock")):
            target = home / _TARGET
            found.append((target.read_text(encoding="utf-8") if target.is_file() else "something", home))
    return tuple(found)


def sweep(area: Path) -> tuple[tuple[str, Path], ...]:
    """Remove what writers that are no longer alive have left in ``area``, and return what that was."""
    left = left_in(area)
    with writing(area.parent):
        for _, home in left:
            shutil.rmtree(home, ignore_errors=True)
        if area.is_dir():
            for lock in area.glob("*.lock"):
                if not lock.with_suffix("").exists():
                    with suppress(OutputError), locked(lock, timeout_s=0):
                        pass
            _remove_if_empty(area)
    return left


def _remove_if_empty(area: Path) -> None:
    with suppress(OSError):  # another writer is at work in it, or has removed it
        area.rmdir()
