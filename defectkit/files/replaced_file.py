"""ReplacedFile: a file that is there whole or as it was."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from defectkit.errors import OutputError
from defectkit.files.work import Work, claimed, flush


@contextmanager
def replaced_file(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Give a path to write to; what is there when the block ends well takes the place of ``path`` in one step.

    Parameters
    ----------
    path : str or path
        The folders above it are made. Of a link, the file that it leads to is replaced.

    Yields
    ------
    pathlib.Path
        In a folder beside ``path``, with the same name; nothing is there yet.

    Raises
    ------
    OutputError
        If ``path`` is a folder, or it cannot be written; it is as it was then.
    """
    if Path(path).is_dir():
        raise OutputError(f"{path} is a folder; give the name of a file")
    target = Path(path).resolve()
    work = Work.of(target)
    with claimed(work):
        work.new.mkdir()
        made = work.new / target.name
        yield made
        flush(made)
        made.replace(target)


def write_bytes(path: str | os.PathLike[str], content: bytes) -> None:
    """Write a file, whole or not at all.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    with replaced_file(path) as made:
        made.write_bytes(content)


def write_text(path: str | os.PathLike[str], text: str) -> None:
    """Write a text file in UTF-8, whole or not at all.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    write_bytes(path, text.encode())
