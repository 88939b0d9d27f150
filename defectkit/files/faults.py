"""Faults of the machine: what the operating system refuses while something is written becomes one sentence."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from defectkit.errors import DefectkitError, OutputError

CAUSES = {
    errno.ENOSPC: "no space is left on the disk; make room and run it again",
    errno.EDQUOT: "the disk quota is used up; make room and run it again",
    errno.EROFS: "the file system is read-only; choose another place",
    errno.EACCES: "permission is denied; choose a place that you may write to",
    errno.EPERM: "the system does not permit it; choose a place that you may write to",
    errno.EIO: "the disk reports an error (input/output error); check it, then run it again",
    errno.ENAMETOOLONG: "the name is too long; choose a shorter one",
    errno.EBUSY: "it is in use by the system; choose another place",
    errno.EEXIST: "a file is where a folder should be; choose another place",
    errno.ENOTDIR: "a part of the path is a file, not a folder; choose another place",
}
"""What the commonest faults mean, and what helps."""


def cause(error: OSError) -> str:
    """Return what an error of the operating system says, and what helps where that is known.

    Examples
    --------
    >>> cause(OSError(errno.ENOSPC, "No space left on device"))
    'no space is left on the disk; make room and run it again'
    """
    known = CAUSES.get(error.errno or 0)
    return known if known is not None else (error.strerror or str(error) or type(error).__name__)


@contextmanager
def writing(place: str | os.PathLike[str]) -> Iterator[None]:
    """Turn every error of the operating system in the block into one that names ``place`` and the cause.

    Parameters
    ----------
    place : str or path
        What is being written, as the user knows it; files on the way to it are not named.

    Raises
    ------
    OutputError
        In place of an :class:`OSError` that is none of defectkit's own.
    """
    try:
        yield
    except OSError as error:
        if isinstance(error, DefectkitError):
            raise
        raise OutputError(
            f"cannot write {_as_known(Path(place))}: {_elsewhere(error, Path(place))}{cause(error)}"
        ) from error


def _as_known(place: Path) -> str:
    """Return a path as the user knows it: what is made in the work folder of a place is to lie in that place."""
    return re.sub(r"([/\\\\])\.([^/\\\\]+)\.defectkit[/\\\\]new(?=[/\\\\]|$)", r"\1\2", str(place))


def _elsewhere(error: OSError, place: Path) -> str:
    """Return the file that an error is about, where it is none on the way to ``place``."""
    name = error.filename
    if not isinstance(name, str | bytes) or Path(os.fsdecode(name)).absolute().is_relative_to(place.absolute().parent):
        return ""
    return f"{os.fsdecode(name)}: "
