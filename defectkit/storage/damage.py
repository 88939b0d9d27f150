"""Damage: whatever a store raises that nobody here wrote is told as damage, and is bounded before memory is taken."""

from __future__ import annotations

import math
import os
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from defectkit.errors import DefectkitError, StorageError

if TYPE_CHECKING:
    import zarr

SETTING = "DEFECTKIT_MAX_STORED_RATIO"
"""The environment variable that raises, or lowers, :data:`MAX_RATIO`."""

MAX_RATIO = 500
"""How many times larger than it is stored something may be, from :data:`SUSPICIOUS_BYTES` on."""

SUSPICIOUS_BYTES = 2**28

MAX_ROWS = 2**25
"""Rows that are read at once of a table that is not stored, since it holds nothing but its default."""

MAX_CHUNKS = 100_000
"""Chunks that are read at once."""


@contextmanager
def damage(where: str) -> Iterator[None]:
    """Tell any exception but our own as damage of the store.

    Zarr, its codecs, zipfile, xarray and cattrs each raise their own kinds on bytes that nobody here wrote.

    Arrays that are opened meanwhile check their chunks, see :mod:`defectkit.storage.blosc`.

    Raises
    ------
    StorageError
    """
    from defectkit.storage.blosc import checked_blosc

    try:
        with checked_blosc():
            yield
    except DefectkitError:
        raise
    except Exception as error:
        said = str(error).partition("\n")[0][:200]
        raise StorageError(f"{where} is damaged: {said or type(error).__name__}. Restore it from a copy") from error


def max_ratio() -> int:
    """Return how many times larger than it is stored an array may be.

    Raises
    ------
    StorageError
        If the setting is no positive whole number.
    """
    given = os.environ.get(SETTING)
    if given is None:
        return MAX_RATIO
    if not (given.isascii() and given.isdecimal() and len(given) <= 15 and int(given) > 0):
        raise StorageError(f"{SETTING} is {given[:40]!r}; it has to be a whole number, for instance 10000")
    return int(given)


def check_array(array: zarr.Array[Any], shape: tuple[int, ...], where: str) -> None:
    """Refuse to read a part of an array of this shape that would take far more memory than its chunks justify.

    Raises
    ------
    StorageError
        Naming the setting that allows it.
    """
    chunk = array.shards or array.chunks
    n_chunks = math.prod(-(-side // max(1, step)) for side, step in zip(shape, chunk, strict=True))
    if n_chunks > MAX_CHUNKS:
        raise StorageError(f"{where} is cut into {n_chunks} pieces; at most {MAX_CHUNKS} are read. It is damaged")
    needed = max(math.prod(shape), math.prod(chunk), math.prod(array.chunks)) * max(1, array.dtype.itemsize)
    if needed > SUSPICIOUS_BYTES:
        check_ratio(needed, array.nbytes_stored(), where)


def check_ratio(needed: int, stored: int, where: str) -> None:
    """Refuse what is far larger than it is stored.

    Raises
    ------
    StorageError
        Naming the setting that allows it.
    """
    if needed > SUSPICIOUS_BYTES and needed > max_ratio() * stored:
        raise StorageError(
            f"{where} says that it has {needed} bytes, but {stored} are stored. If that is right, set the environment "
            f"variable {SETTING} to {-(-needed // max(1, stored))} or more"
        )


def check_zip(path: Path) -> None:
    """Refuse a zip file with members that unpack to far more than they hold.

    Raises
    ------
    StorageError
    """
    with damage(str(path)), zipfile.ZipFile(path) as archive:
        for member in archive.infolist():
            check_ratio(member.file_size, member.compress_size, f"{path}, {member.filename!r}")
