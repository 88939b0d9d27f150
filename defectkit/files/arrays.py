"""Arrays: NumPy files from outside, whose heads are compared with their sizes before memory is taken."""

from __future__ import annotations

import math
import zipfile
import zlib
from collections.abc import Iterable
from pathlib import Path
from tokenize import TokenError
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from defectkit.errors import DecodingError

MAX_RATIO = 500
"""How many times larger than its file all of an archive may be, from :data:`SMALL_BYTES` on."""

SMALL_BYTES = 2**26


def read_arrays(path: Path, names: Iterable[str] | None = None) -> dict[str, NDArray[Any]]:
    """Return arrays of an ``npz`` file, all or those named.

    Nothing in the file is run: arrays of objects, which are pickles, are refused.

    Parameters
    ----------
    path : pathlib.Path
    names : iterable of str, optional

    Raises
    ------
    DecodingError
        If the file is missing or no such file, lacks an array, or has one whose head says another size than it has.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            wanted = names if names is not None else [n.removesuffix(".npy") for n in archive.namelist()]
            members = {name: archive.getinfo(f"{name}.npy") for name in wanted}
            total = sum(member.file_size for member in members.values())
            if total > SMALL_BYTES and total > MAX_RATIO * path.stat().st_size:
                raise DecodingError(f"{path}: it says that it has {total} bytes, which no such file has")
            return {name: _array(archive, member, f"{path}, {name!r}") for name, member in members.items()}
    except DecodingError:
        raise
    except KeyError as error:
        raise DecodingError(f"{path}: an array is missing: {error}") from error
    except (OSError, ValueError, EOFError, RuntimeError, NotImplementedError, zipfile.BadZipFile, zlib.error) as error:
        raise DecodingError(f"{path}: its arrays cannot be read: {error}") from error


def _array(archive: zipfile.ZipFile, member: zipfile.ZipInfo, where: str) -> NDArray[Any]:
    with archive.open(member) as file:
        shape, fortran, dtype = _head(file, where)
        n_bytes = math.prod(shape) * dtype.itemsize
        if dtype.hasobject or n_bytes != member.file_size - file.tell():
            raise DecodingError(f"{where}: its head does not fit its size, or it holds more than numbers and text")
        content = file.read(n_bytes)
    if len(content) != n_bytes:
        raise DecodingError(f"{where}: it is cut off")
    return np.frombuffer(content, dtype).reshape(shape, order="F" if fortran else "C").copy()


def _head(file: IO[bytes], where: str) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    version = np.lib.format.read_magic(file)
    if version not in ((1, 0), (2, 0)):
        raise DecodingError(f"{where}: version {version} of the format is not read")
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    try:
        shape, fortran, dtype = read(file)
    except (SyntaxError, TokenError, TypeError, AttributeError) as error:  # NumPy reads it as an expression of Python
        raise DecodingError(f"{where}: its head cannot be understood") from error
    if any(side < 0 for side in shape):
        raise DecodingError(f"{where}: its shape is {shape}")
    return shape, fortran, dtype
