"""Run lengths as COCO files hold them: down the columns, plain or packed into text."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from defectkit.errors import LabelReadError
from defectkit.geometry.runs import Runs

Counts = NDArray[np.int64]

_FIRST = 48  # the character "0" stands for five zero bits
_MORE = 0x20
_SIGN = 0x10


def pack_counts(counts: ArrayLike) -> str:
    """Return run lengths as COCO's compressed text.

    Parameters
    ----------
    counts : array_like, shape (K,), int
        Lengths of the runs of background and object in turn, background first.

    Notes
    -----
    From the fourth length on, the difference to the length two before it is packed. A number is cut into groups of five
    bits, the lowest first, until what remains is all sign; each group is a character from "0" on, with bit 5 set where
    another group follows.

    Examples
    --------
    >>> pack_counts([6, 1, 40, 4, 5])
    '61X13mN'
    """
    lengths = np.asarray(counts, dtype=np.int64)
    steps = lengths.copy()
    steps[3:] -= lengths[1:-2]
    text = []
    for step in steps.tolist():
        more = True
        while more:
            group = step & 0x1F
            step >>= 5
            more = step != (-1 if group & _SIGN else 0)
            text.append(chr(_FIRST + (group | _MORE if more else group)))
    return "".join(text)


def unpack_counts(text: str) -> Counts:
    """Return the run lengths that COCO's compressed text holds, shape (K,).

    Raises
    ------
    LabelReadError
        If the text holds another character or ends within a number.

    Examples
    --------
    >>> unpack_counts("61X13mN").tolist()
    [6, 1, 40, 4, 5]
    """
    try:
        groups = np.frombuffer(text.encode("ascii"), dtype=np.uint8).astype(np.int64) - _FIRST
    except UnicodeEncodeError as error:
        raise LabelReadError(f"compressed run lengths hold the character {text[error.start]!r}") from error
    if not groups.size:
        return np.zeros(0, np.int64)
    if groups.min() < 0 or groups.max() >= 2 * _MORE:
        raise LabelReadError("compressed run lengths hold a character that is not between '0' and 'o'")
    last = (groups & _MORE) == 0
    if not last[-1]:
        raise LabelReadError("compressed run lengths end within a number")
    stops = np.flatnonzero(last) + 1
    starts = np.concatenate([[0], stops[:-1]])
    sizes = stops - starts
    if sizes.max() > 12:
        raise LabelReadError("compressed run lengths hold a number of more than 60 bits")
    shifts = 5 * (np.arange(groups.size) - np.repeat(starts, sizes))
    values = np.add.reduceat((groups & 0x1F) << shifts, starts)
    values = np.where(groups[stops - 1] & _SIGN, values - (np.int64(1) << (5 * sizes)), values)
    values[1::2] = np.cumsum(values[1::2])
    values[2::2] = np.cumsum(values[2::2])
    return values


def counts_to_runs(counts: ArrayLike, shape: tuple[int, int]) -> Runs:
    """Return the mask that run lengths down the columns of a frame describe, a ``Runs`` of length 1.

    Parameters
    ----------
    counts : array_like, shape (K,), int
        Background first.
    shape : (int, int)
        Height and width of the frame.

    Raises
    ------
    LabelReadError
        If a length is negative or no integer, or they do not add up to the frame.

    Examples
    --------
    >>> counts_to_runs([1, 2, 3], (2, 3)).to_mask(0, (2, 3)).astype(int)
    array([[0, 1, 0],
           [1, 0, 0]])
    """
    lengths = np.asarray(counts)
    if lengths.ndim != 1 or (lengths.size and lengths.dtype.kind not in "iu"):
        raise LabelReadError("run lengths are not a list of whole numbers")
    lengths = lengths.astype(np.int64)
    height, width = shape
    if ((lengths < 0) | (lengths > height * width)).any() or lengths.sum() != height * width:
        raise LabelReadError(
            f"run lengths add up to {lengths.sum()} pixels, but a frame of {width} x {height} has {height * width}"
        )
    ends = np.cumsum(lengths)[1::2]
    starts = ends - lengths[1::2]
    starts, ends = starts[starts < ends], ends[starts < ends]
    if not starts.size:
        return Runs.empty(1)
    pixels = _spread(starts, ends)
    column, row = np.divmod(pixels, height)
    across = np.sort(row * width + column)
    begins = _begins(across) | (across % width == 0)
    firsts = across[begins]
    lasts = across[np.append(begins[1:], True)]
    return Runs(
        row=(firsts // width).astype(np.int32),
        start=(firsts % width).astype(np.int32),
        end=(lasts % width + 1).astype(np.int32),
        offsets=np.array([0, firsts.size], dtype=np.int64),
    )


def runs_to_counts(runs: Runs, shape: tuple[int, int]) -> list[Counts]:
    """Return the run lengths of each mask down the columns of a frame, background first.

    Examples
    --------
    >>> from defectkit.geometry.masks import masks_to_runs
    >>> mask = np.array([[False, True, False], [True, False, False]])
    >>> runs_to_counts(masks_to_runs([mask]), (2, 3))[0].tolist()
    [1, 2, 3]
    """
    height, width = shape
    counts = []
    for begin, stop in zip(runs.offsets[:-1].tolist(), runs.offsets[1:].tolist(), strict=True):
        own = slice(begin, stop)
        sizes = runs.end[own] - runs.start[own]
        columns = _spread(runs.start[own].astype(np.int64), runs.end[own].astype(np.int64))
        down = np.sort(columns * height + np.repeat(runs.row[own], sizes))
        begins = _begins(down)
        bounds = np.column_stack([down[begins], down[np.append(begins[1:], True)] + 1]) if down.size else down
        lengths = np.diff(np.concatenate([[0], bounds.ravel(), [height * width]]))
        counts.append(lengths if lengths[-1] or lengths.size == 1 else lengths[:-1])
    return counts


def _spread(starts: Counts, ends: Counts) -> Counts:
    """Return every number from each start to before its end."""
    sizes = ends - starts
    before = np.cumsum(sizes) - sizes
    return np.repeat(starts - before, sizes) + np.arange(sizes.sum())


def _begins(ordered: Counts) -> NDArray[np.bool_]:
    """Return where a new stretch of consecutive numbers begins."""
    begins: NDArray[np.bool_] = np.diff(ordered, prepend=-2) != 1
    return begins


def as_counts(value: str | bytes | Sequence[int]) -> Counts:
    """Return the run lengths of a ``counts`` entry, packed or plain.

    Raises
    ------
    LabelReadError
        If it is neither.
    """
    if isinstance(value, str):
        return unpack_counts(value)
    try:
        array = np.asarray(value)
    except (ValueError, OverflowError) as error:
        raise LabelReadError("run lengths are neither text nor a list of whole numbers") from error
    if array.ndim != 1 or (array.size and array.dtype.kind not in "iu"):
        raise LabelReadError("run lengths are neither text nor a list of whole numbers")
    return array.astype(np.int64)
