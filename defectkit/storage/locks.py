"""Locks: a file that one process at a time holds, and that is free again when that process dies."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from defectkit.errors import StorageError

_PAUSE_S = 0.05


@contextmanager
def exclusive(path: Path, *, timeout_s: float = 600.0) -> Iterator[None]:
    """Hold the lock file ``path`` while the block runs, waiting for another holder to let go.

    The operating system frees it when the holder ends, however it ends.

    Raises
    ------
    StorageError
        If it is still held by another after ``timeout_s``, or cannot be made.
    """
    deadline = time.monotonic() + timeout_s
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(f"cannot make the lock {path}: {error.strerror}") from error
    while (held := try_lock(path)) is None:
        if time.monotonic() > deadline:
            raise StorageError(f"{path} has been held by another process for {timeout_s:g} s; wait for it or end it")
        time.sleep(_PAUSE_S)
    with held:
        try:
            yield
        finally:
            with suppress(OSError):  # Windows does not remove a file that is open
                path.unlink()


def try_lock(path: Path) -> BinaryIO | None:
    """Return the lock file, open and held until it is closed, or None if another holds it.

    Raises
    ------
    FileNotFoundError
        If there is no folder to make it in.
    StorageError
        If the file cannot be made.
    """
    try:
        file = path.open("a+b")
    except FileNotFoundError:
        raise
    except OSError as error:
        raise StorageError(f"cannot make the lock {path}: {error.strerror}") from error
    if _lock(file) and _is_still(path, file):
        return file
    file.close()
    return None


def is_held(path: Path) -> bool:
    """Return whether some process holds the lock file ``path``."""
    if not path.exists():
        return False
    held = try_lock(path)
    if held is None:
        return True
    held.close()
    return False


def _is_still(path: Path, file: BinaryIO) -> bool:
    """Tell whether the file that was locked is still the one of that name: its holder may have removed it meanwhile."""
    try:
        return os.path.samestat(path.stat(), os.fstat(file.fileno()))
    except FileNotFoundError:
        return False


if sys.platform == "win32":
    import msvcrt

    def _lock(file: BinaryIO) -> bool:
        file.seek(0)
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _lock(file: BinaryIO) -> bool:
        try:
            fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
