"""Folders: a new one, or one in the place of another, is there whole or not at all."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from defectkit.errors import OutputError
from defectkit.files import placing
from defectkit.files.faults import writing
from defectkit.files.marker import Marker
from defectkit.files.swapping import swap_folders
from defectkit.files.work import WORK_NAME, Work, claimed, flush, remove


@contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """Give an empty folder beside ``path``; move it there when the block ends well, remove it when it does not.

    Parameters
    ----------
    path : pathlib.Path
        It is not there, or is an empty folder. The folders above it are made.

    Raises
    ------
    OutputError
        If ``path`` is a file or a folder that holds something, another run is writing it, or it cannot be written: told
        before the block runs.

    Examples
    --------
    >>> import tempfile
    >>> place = Path(tempfile.mkdtemp()) / "labels"
    >>> with new_folder(place) as folder:
    ...     _ = (folder / "a.txt").write_text("1")
    ...     place.exists()
    False
    >>> (place / "a.txt").read_text()
    '1'
    """
    target = Path(path).resolve()
    work = Work.of(target)
    with claimed(work, timeout_s=0, busy=f"another run is writing {path}; wait for it, or give another folder"):
        _check_empty(target, path)
        work.new.mkdir()
        yield work.new
        flush(work.new)
        _check_empty(target, path)
        placing.place(work, Marker(run=secrets.token_hex(8)), Marker())


@contextmanager
def replaced_folder(path: Path) -> Iterator[Path]:
    """Give an empty folder beside ``path``; when the block ends well it takes the place of the whole folder ``path``.

    Where the system can exchange two folders in one step, ``path`` is never missing. Elsewhere it is for a moment, and
    what a run leaves that is killed then is finished by the next one, or by the next reader (see
    :func:`defectkit.files.whole`). If the block fails, ``path`` is as it was.

    Parameters
    ----------
    path : pathlib.Path
        A folder that holds nothing but what is to be replaced; that is up to the caller.

    Raises
    ------
    OutputError
        If the folder cannot be written.
    """
    work = Work.of(Path(path).resolve())
    with claimed(work):
        work.new.mkdir()
        yield work.new
        flush(work.new)
        if not work.place.exists():
            work.new.rename(work.place)
        elif not swap_folders(work.new, work.place):
            work.place.rename(work.old)
            try:
                work.new.rename(work.place)
            except BaseException:
                work.old.rename(work.place)
                raise
            remove(work.old)


def _check_empty(target: Path, path: Path) -> None:
    with writing(path):
        if target.exists() and not target.is_dir():
            raise OutputError(f"{path} is a file; give a new or an empty folder")
        present = sorted(entry.name for entry in target.iterdir()) if target.is_dir() else []
    present = [name for name in present if not name.startswith(WORK_NAME)]
    if present:
        raise OutputError(f"{path} already holds {present[0]}; give a new or an empty folder")
