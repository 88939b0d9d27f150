"""Recovery: what a killed run has left is finished where its result was whole, and forgotten where it was not."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from defectkit.errors import OutputError
from defectkit.files import placing
from defectkit.files.lock import is_locked
from defectkit.files.work import Work, remove

T = TypeVar("T")

_TRIES = 200
_PAUSE_S = 0.05


def recover(work: Work) -> None:
    """Finish what a killed run was putting in its place; the caller is the only writer.

    Raises
    ------
    OSError
        If the system refuses a step; it is tried again by the next run.
    """
    try:
        plan = placing.read_plan(work)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise OutputError(
            f"{work.plan}, which a killed run left, is damaged ({error}); remove {work.folder}"
        ) from error
    if plan is not None:
        run, earlier = plan
        if not placing.is_placed(work, run):
            placing.go_on(work, earlier)
        placing.clear(work, earlier)
    elif work.old.exists():  # of a folder that is replaced as a whole, where no exchange in one step is to be had
        if not os.path.lexists(work.place):
            (work.new if work.new.exists() else work.old).rename(work.place)
        remove(work.old)


def tidy(place: Path) -> None:
    """Finish or clear what killed runs left beside ``place``, where no living one is at work and that can be done."""
    work = Work.of(place.resolve())
    if work.folder.exists() or work.lock.exists():
        from defectkit.files.work import claimed

        with suppress(OutputError), claimed(work, timeout_s=0):
            pass


def whole(folder: Path, read: Callable[[], T]) -> T:
    """Return what ``read`` makes of a folder that a writer may replace meanwhile: of one version of it, never of two.

    The folder that was read must be the one that is there afterwards; else it is read again. What a killed writer left
    half-way is finished first.

    Parameters
    ----------
    folder : pathlib.Path
    read : callable
        Reads all it needs; called again if the folder was replaced.

    Raises
    ------
    OutputError
        If the folder is replaced again and again, faster than it can be read.
    """
    folder = folder.resolve()
    for _ in range(_TRIES):
        _recover_around(folder)
        opened = _opened(folder)
        try:
            try:
                found = read()
            except Exception:
                if _is_still(folder, opened) and not _is_being_replaced(folder):
                    raise
            else:
                if _is_still(folder, opened):
                    return found
        finally:
            if opened is not None:
                os.close(opened)
        time.sleep(_PAUSE_S)
    raise OutputError(f"{folder} is replaced faster than it can be read; wait for the run that writes it")


def _recover_around(folder: Path) -> None:
    """Finish what a killed run began with this folder, or with the one that it lies in."""
    for place in (folder, folder.parent):
        work = Work.of(place)
        if (work.plan.exists() or work.old.exists()) and not is_locked(work.lock):
            from defectkit.files.work import claimed

            try:
                with claimed(work, timeout_s=0):
                    pass
            except OutputError:  # another reader is at it, or nothing can be written here: what is there is read
                continue


def _is_being_replaced(folder: Path) -> bool:
    works = (Work.of(folder), Work.of(folder.parent))
    return any(is_locked(work.lock) and (work.plan.exists() or work.old.exists()) for work in works)


def _opened(folder: Path) -> int | None:
    """Return a descriptor of the folder, which keeps the system from giving its number to another; None if none."""
    try:
        return os.open(folder, os.O_RDONLY)
    except OSError:
        return None


def _is_still(folder: Path, opened: int | None) -> bool:
    try:
        now = folder.stat()
    except OSError:
        return opened is None
    return opened is not None and os.path.samestat(now, os.fstat(opened))
