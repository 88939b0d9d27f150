"""Replacing: a folder that is built beside its place and moved there when it is complete."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from defectkit.errors import OutputError


@contextmanager
def replaced_folder(path: Path) -> Iterator[Path]:
    """Give an empty folder beside ``path``; when the block ends well it takes the place of what was at ``path``.

    Two renames lie between the old folder and the new one: a reader at that moment finds neither, never a part of one.
    If the block fails, ``path`` is as it was.

    Raises
    ------
    OutputError
        If the folder cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        area = Path(tempfile.mkdtemp(prefix=f".{path.name}-", dir=path.parent))
    except OSError as error:
        raise OutputError(f"cannot write {path}: {error.strerror}. Choose a folder that can be written") from error
    try:
        new = area / "new"
        new.mkdir()
        yield new
        if path.exists():
            path.rename(area / "old")
        new.rename(path)
    finally:
        shutil.rmtree(area, ignore_errors=True)
