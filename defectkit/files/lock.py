"""Lock: a file that one process at a time holds, and that is free again when that process ends, however it ends."""

from __future__ import annotations

import errno
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from defectkit.errors import LockWarning, OutputError
from defectkit.files.faults import writing

_NO_LOCKS = {errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOTSUP}


@contextmanager
def locked(path: Path, *, timeout_s: float = 600.0, busy: str = "", place: Path | None = None) -> Iterator[None]:
    """Hold the lock file ``path`` while the block runs, waiting for another holder to let go; it is removed afterwards.

    Parameters
    ----------
    path : pathlib.Path
        The folders above it are made.
    timeout_s : float
        How long to wait; with 0 a lock that another holds is an error at once.
    busy : str, optional
        What the error says of a lock that another holds.
    place : pathlib.Path, optional
        What is locked, for other errors; by default the lock file.

    Raises
    ------
    OutputError
        If another process, or another thread of this one, still holds it after ``timeout_s``, or it cannot be made.

    Warns
    -----
    LockWarning
        If the file system has no locks, as some of clusters have none. The block runs all the same, so one writer at a
        time is then up to the user.
    """
    from filelock import FileLock, Timeout

    with writing(place or path):
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(path, timeout=timeout_s, thread_local=False, fallback_to_soft=False)
        is_held = True
        try:
            lock.acquire()
        except Timeout as error:
            waited = f"for {timeout_s:g} s" if timeout_s else "by another run"
            raise OutputError(busy or f"{path} has been held {waited}; wait for that run or end it") from error
        except (OSError, NotImplementedError) as error:
            if isinstance(error, OSError) and error.errno not in _NO_LOCKS:
                raise
            is_held = False
            with suppress(OSError):
                path.unlink()
            warnings.warn(
                f"the file system of {path.parent} has no locks; let only one run at a time write there",
                LockWarning,
                stacklevel=4,
            )
    try:
        yield
    finally:
        if is_held:
            with suppress(OSError):  # Windows does not remove a file that is open
                path.unlink()
            lock.release()


def is_locked(path: Path) -> bool:
    """Return whether some process holds the lock file ``path``; False, too, where the file system has no locks."""
    from filelock import FileLock, Timeout

    if not path.exists():
        return False
    lock = FileLock(path, timeout=0, thread_local=False, fallback_to_soft=False)
    try:
        lock.acquire()
    except Timeout:
        return True
    except (OSError, NotImplementedError):
        return False
    lock.release()
    return False
