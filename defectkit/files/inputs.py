"""Inputs: an output never is, holds or lies in what is read."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable
from pathlib import Path

from defectkit.errors import OutputError


def is_there(path: Path) -> bool:
    """Return whether there is a file or folder; at a path that is too long for the system there is none."""
    try:
        return path.exists()
    except OSError as error:
        if error.errno != errno.ENAMETOOLONG:
            raise
        return False


def check_apart(output: str | os.PathLike[str], inputs: Iterable[str | os.PathLike[str]]) -> None:
    """Raise if an output is one of the inputs, holds one, or lies in one that is a folder.

    Links are followed, and folders are compared as the system knows them, so that another spelling of a path is the
    same place.

    Parameters
    ----------
    output : str or path
        It need not be there.
    inputs : iterable of str or path
        Those that are not there are left to whoever reads them.

    Raises
    ------
    OutputError
        Naming both.
    """
    target = Path(output).expanduser().resolve()
    for given in inputs:
        source = Path(given).expanduser().resolve()
        if not source.exists():
            continue
        if _is_same(target, source):
            fault = "is the input"
        elif source.is_dir() and any(_is_same(above, source) for above in target.parents):
            fault = "lies in the input"
        elif any(_is_same(above, target) for above in source.parents):
            fault = "holds the input"
        else:
            continue
        raise OutputError(f"the output {output} {fault} {given}; give a place apart from what is read")


def _is_same(one: Path, other: Path) -> bool:
    if one == other:
        return True
    try:
        return one.samefile(other)
    except OSError:
        return False
