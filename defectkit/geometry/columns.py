"""Columns: the flat arrays that runs and polygons are made of, checked and read-only."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from defectkit.errors import GeometryError

Int32s: TypeAlias = NDArray[np.int32]
Int64s: TypeAlias = NDArray[np.int64]
Float64s: TypeAlias = NDArray[np.float64]
Bools: TypeAlias = NDArray[np.bool_]


def column(value: Any, dtype: type[np.generic], *, ndim: int, what: str) -> NDArray[Any]:
    """Return ``value`` as a read-only, C-contiguous view of itself (a copy where it is not contiguous).

    Parameters
    ----------
    value : numpy.ndarray
        The array; its dtype must be ``dtype`` already, so that no value is ever rounded or wrapped on the way in.
    dtype : type
        The NumPy scalar type that is allowed.
    ndim : int
        The number of dimensions that is allowed.
    what : str
        The name of the column in messages.

    Returns
    -------
    numpy.ndarray
        The array, not writeable through this reference.

    Raises
    ------
    GeometryError
        If ``value`` is not an array of that dtype and dimension.
    """
    if not isinstance(value, np.ndarray):
        raise GeometryError(
            f"{what} is a {type(value).__name__}; give a numpy array of {np.dtype(dtype)}: "
            f"np.asarray({what}, np.{np.dtype(dtype)})"
        )
    if value.dtype != dtype:
        raise GeometryError(
            f"{what} holds {value.dtype}, but {np.dtype(dtype)} is needed: convert it with "
            f".astype(np.{np.dtype(dtype)})"
        )
    if value.ndim != ndim:
        raise GeometryError(f"{what} has {value.ndim} dimensions, but {ndim} are needed")
    return read_only(value if value.flags.c_contiguous else value.copy())


def read_only(array: NDArray[Any]) -> NDArray[Any]:
    """Return a view of an array through which it cannot be written."""
    view = array.view()
    view.flags.writeable = False
    return view


def check_offsets(offsets: Int64s, length: int, *, what: str) -> None:
    """Raise unless ``offsets`` cuts a column of ``length`` entries into consecutive slices.

    Raises
    ------
    GeometryError
        If ``offsets`` is empty, does not start at 0, does not end at ``length`` or decreases anywhere.
    """
    if offsets.size == 0:
        raise GeometryError("offsets is empty; N slices need N + 1 offsets, so no slice at all is [0]")
    if offsets[0] != 0 or offsets[-1] != length:
        raise GeometryError(
            f"offsets runs from {offsets[0]} to {offsets[-1]}, but it must run from 0 to the number of {what}, {length}"
        )
    decreasing = offsets[1:] < offsets[:-1]
    if decreasing.any():
        first = int(np.argmax(decreasing))
        raise GeometryError(
            f"offsets decreases from {offsets[first]} to {offsets[first + 1]} at slice {first}; slices must be in order"
        )


def resolve_indices(indices: ArrayLike, size: int) -> Int64s:
    """Return ``indices`` into a sequence of ``size`` entries as non-negative integers.

    Parameters
    ----------
    indices : array_like
        Integers (negative ones count from the end, repeats allowed), or one boolean for each entry.
    size : int
        The number of entries.

    Returns
    -------
    numpy.ndarray, shape (K,), int64
        The positions meant.

    Raises
    ------
    GeometryError
        If an index is out of range or ``indices`` is neither integers nor ``size`` booleans.
    """
    array = np.asarray(indices)
    if array.ndim == 1 and array.size == 0:
        return np.zeros(0, np.int64)
    if array.ndim != 1 or array.dtype.kind not in "iub" or (array.dtype.kind == "b" and array.size != size):
        raise GeometryError(
            f"indices has shape {array.shape} and dtype {array.dtype}; "
            f"give integers in one dimension or {size} booleans"
        )
    if array.dtype.kind == "b":
        return np.flatnonzero(array).astype(np.int64)
    wrong = (array < -size) | (array >= size)
    if wrong.any():
        raise GeometryError(f"index {array[wrong][0]} is out of range for {size} entries")
    positions = array.astype(np.int64)
    return np.where(positions < 0, positions + size, positions)


def gather(offsets: Int64s, positions: Int64s) -> tuple[Int64s, Int64s]:
    """Return where the entries of the slices ``positions`` lie, and the offsets of those slices laid end to end.

    Returns
    -------
    entries : numpy.ndarray, shape (E,), int64
        Indices into the column that ``offsets`` cuts.
    new_offsets : numpy.ndarray, shape (K + 1,), int64
        The offsets of the taken slices.
    """
    begin = offsets[positions]
    lengths = offsets[positions + 1] - begin
    new_offsets = offsets_of(lengths)
    entries = np.repeat(begin - new_offsets[:-1], lengths) + np.arange(new_offsets[-1])
    return entries, new_offsets


def offsets_of(lengths: Int64s) -> Int64s:
    """Return the offsets (N + 1,) of consecutive slices of the given ``lengths`` (N,)."""
    offsets = np.zeros(lengths.size + 1, np.int64)
    np.cumsum(lengths, out=offsets[1:])
    return offsets


def joined_offsets(parts: Iterable[Int64s]) -> Int64s:
    """Return the offsets of several cut columns laid end to end."""
    given = list(parts)
    joined = np.concatenate([np.zeros(1, np.int64), *(part[1:] for part in given)])
    begin, before = 1, 0
    for part in given:
        joined[begin : begin + part.size - 1] += before
        begin, before = begin + part.size - 1, before + int(part[-1])
    return joined


def slice_sums(values: NDArray[Any], offsets: Int64s) -> NDArray[Any]:
    """Return the sum of each slice of ``values``; an empty slice sums to 0."""
    filled = offsets[1:] > offsets[:-1]
    sums = np.zeros(offsets.size - 1, values.dtype)
    if filled.any():
        sums[filled] = np.add.reduceat(values, offsets[:-1][filled])
    return sums
