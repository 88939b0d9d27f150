"""Tables: a few columns of equal length and type in one Zarr array, written in large pieces as they come."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from defectkit.errors import StorageError
from defectkit.storage.damage import check_array, damage

if TYPE_CHECKING:
    import zarr

CHUNK_ROWS = 2**19
"""Rows that are compressed together, all columns; the smallest piece that is read."""

SHARD_ROWS = 2**22
"""Rows of all columns that lie in one file of a sharded array; no more rows than these wait in memory to be written."""

_UNSIGNED = (np.uint8, np.uint16, np.uint32, np.int64)
_SIGNED = (np.int8, np.int16, np.int32, np.int64)
_WIDTHS = {
    negative: tuple((np.dtype(t), np.iinfo(t)) for t in types)
    for negative, types in ((False, _UNSIGNED), (True, _SIGNED))
}


class TableWriter:
    """Write one table, piece by piece, without knowing its length beforehand.

    Parameters
    ----------
    folder : pathlib.Path
        The folder of the group that the array is made in.
    name : str
        Its name.
    columns : tuple of str
        The names of the columns, kept in the array's attributes.
    default : int or float
        What most rows hold. A table of nothing else is not written at all. A float makes the columns float64; with an
        integer they get the narrowest type that holds them, and a wider one when a later piece needs it.

    Notes
    -----
    The array has the shape (columns, rows), so a column is contiguous. A table of at most :data:`SHARD_ROWS` is written
    in one go when it is closed; a longer one in shards of that many rows as they fill.
    """

    def __init__(self, folder: Path, name: str, columns: tuple[str, ...], *, default: float = 0) -> None:
        self.name = name
        self.rows = 0
        self._folder = folder
        self._columns = columns
        self._default = default
        self._pieces: list[NDArray[Any]] = []
        self._waiting = 0
        self._written = 0
        self._array: zarr.Array[Any] | None = None

    @property
    def exists(self) -> bool:
        """Whether anything but the default was ever appended, so that there is an array."""
        return self._array is not None

    def append(self, piece: NDArray[Any]) -> None:
        """Add rows: ``piece`` has the shape (columns, rows added)."""
        self.rows += piece.shape[1]
        if self._array is None and not self._pieces and self._is_default(piece):
            return
        if self._array is None and not self._pieces:
            # Whole shards of defaults before the first other row are what the fill value gives.
            self._written = (self.rows - piece.shape[1]) // SHARD_ROWS * SHARD_ROWS
            before = self.rows - piece.shape[1] - self._written
            self._wait(np.full((len(self._columns), before), self._default))
        self._wait(piece)
        while self._waiting >= SHARD_ROWS:
            self._flush(SHARD_ROWS, sharded=True)

    def close(self, *, sharded: bool) -> None:
        """Write what still waits; ``sharded`` puts even a short table into one file."""
        if self._waiting:
            self._flush(self._waiting, sharded=sharded)
        if self._array is not None and self._array.shape[1] != self.rows:
            self._array.resize((len(self._columns), self.rows))

    def _is_default(self, piece: NDArray[Any]) -> bool:
        return bool(np.isnan(piece).all() if np.isnan(self._default) else (piece == self._default).all())

    def _wait(self, piece: NDArray[Any]) -> None:
        if piece.shape[1]:
            self._pieces.append(piece.astype(self._narrowest(piece), copy=True))
            self._waiting += piece.shape[1]

    def _narrowest(self, piece: NDArray[Any]) -> np.dtype[Any]:
        return np.dtype(np.float64) if isinstance(self._default, float) else narrowest(piece)

    def _flush(self, rows: int, *, sharded: bool) -> None:
        waiting = np.concatenate(self._pieces, axis=1)
        piece, rest = waiting[:, :rows], waiting[:, rows:]
        self._pieces = [rest] if rest.shape[1] else []
        self._waiting = rest.shape[1]
        end = self._written + rows
        if self._array is None:
            self._array = self._create(self.name, piece.dtype, end, sharded=sharded)
        elif np.result_type(self._array.dtype, piece.dtype) != self._array.dtype:
            self._array = self._widen(self._array, np.result_type(self._array.dtype, piece.dtype))
        if self._array.shape[1] < end:
            self._array.resize((len(self._columns), end))
        self._array[:, self._written : end] = piece
        self._written = end

    def _create(self, name: str, dtype: np.dtype[Any], rows: int, *, sharded: bool) -> zarr.Array[Any]:
        import zarr
        from zarr.codecs import BloscCodec

        chunk = max(1, min(rows, CHUNK_ROWS))
        shard = min(-(-rows // chunk) * chunk, SHARD_ROWS)
        return zarr.create_array(
            zarr.storage.LocalStore(self._folder),
            name=name,
            shape=(len(self._columns), rows),
            dtype=dtype,
            chunks=(len(self._columns), chunk),
            shards=(len(self._columns), shard) if sharded else None,
            compressors=[BloscCodec(cname="zstd", clevel=5, shuffle="shuffle")],
            fill_value=self._default,
            attributes={"columns": list(self._columns)},
        )

    def _widen(self, narrow: zarr.Array[Any], dtype: np.dtype[Any]) -> zarr.Array[Any]:
        """Write what is there again with a wider type, shard by shard, and put it in the place of the narrow one."""
        import zarr

        beside = f"{self.name}~"
        wide = self._create(beside, dtype, narrow.shape[1], sharded=True)
        for start in range(0, self._written, SHARD_ROWS):
            stop = min(start + SHARD_ROWS, self._written)
            wide[:, start:stop] = narrow[:, start:stop]
        shutil.rmtree(self._folder / self.name)
        (self._folder / beside).rename(self._folder / self.name)
        return zarr.open_array(zarr.storage.LocalStore(self._folder), path=self.name, mode="r+")


def narrowest(values: NDArray[Any]) -> np.dtype[Any]:
    """Return the narrowest integer type that holds all ``values``.

    Examples
    --------
    >>> narrowest(np.array([3, 255])), narrowest(np.array([-1, 300])), narrowest(np.array([70000]))
    (dtype('uint8'), dtype('int16'), dtype('uint32'))
    """
    low, high = (int(values.min()), int(values.max())) if values.size else (0, 0)
    return next(t for t, bounds in _WIDTHS[low < 0] if bounds.min <= low and high <= bounds.max)


class TableReader:
    """Read rows of one table.

    Parameters
    ----------
    array : zarr.Array, shape (columns, rows)
    where : str
        Its address, for messages.

    Raises
    ------
    StorageError
        If it is no such array.
    """

    def __init__(self, array: zarr.Array[Any], where: str) -> None:
        import zarr

        if not isinstance(array, zarr.Array) or array.ndim != 2 or array.dtype.kind not in "biuf":
            raise StorageError(f"{where} is no table of numbers; the store is damaged")
        self.rows = int(array.shape[1])
        self._array = array
        self._where = where

    def read(self, start: int, stop: int) -> NDArray[Any]:
        """Return rows ``start`` to ``stop``, shape (columns, stop - start), of the type they are stored in.

        Raises
        ------
        StorageError
            If the table is shorter, or a piece of it cannot be read.
        """
        if stop > self.rows:
            raise StorageError(f"{self._where} has {self.rows} rows, but {stop} are needed; the store is damaged")
        with damage(self._where):
            check_array(self._array, (self._array.shape[0], stop - start), self._where)
            return np.asarray(self._array[:, start:stop])
