"""Brush strokes of Label Studio: bytes that pack the red, green, blue and opacity of each pixel as runs."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from defectkit.errors import LabelReadError
from defectkit.formats.fields import describe

CHANNELS = 4
OPAQUE = 128
"""A pixel of at least this opacity is of the stroke."""
MOST_PIXELS = 2**26
"""Pixels that an image may have whose strokes are unpacked."""

_ENDS = "its stroke ends before all pixels are given"


class _Bits:
    """Whole numbers of any number of bits, from the highest bit on, of bytes read one after the other."""

    def __init__(self, packed: bytes) -> None:
        self._packed = packed
        self._bits = np.unpackbits(np.frombuffer(packed, np.uint8))
        self._place = 0

    def take(self, count: int, width: int) -> NDArray[np.int64]:
        """Return the next ``count`` numbers of ``width`` bits each."""
        end = self._place + count * width
        if end > self._bits.size:
            raise LabelReadError(_ENDS)
        taken = self._bits[self._place : end].reshape(count, width)
        self._place = end
        numbers: NDArray[np.int64] = taken @ (1 << np.arange(width - 1, -1, -1, dtype=np.int64))
        return numbers

    def one(self, width: int) -> int:
        """Return the next number of ``width`` bits."""
        end = self._place + width
        if end > self._bits.size:
            raise LabelReadError(_ENDS)
        whole = int.from_bytes(self._packed[self._place // 8 : -(-end // 8)])
        self._place = end
        return whole >> (-end % 8) & ((1 << width) - 1)


def unpacked(packed: Any, shape: tuple[int, int]) -> NDArray[np.bool_]:
    """Return which pixels of an image of this shape a stroke covers.

    Parameters
    ----------
    packed : list of int
        Bytes, as the key ``rle`` holds them.
    shape : (int, int)

    Raises
    ------
    LabelReadError
        If they are no such bytes, or are of an image of another size.

    Notes
    -----
    How many values there are (32 bits), how many bits a value has, less one (5), and the lengths of four kinds of
    counts, less one (4 each); then, until all values are given: a bit that says whether one value is repeated, the kind
    of count (2), the count less one, and the value, or as many values. This is the packing ``rle-pack`` of the project
    thi.ng/umbrella.
    """
    if not isinstance(packed, list) or not all(type(b) is int and 0 <= b <= 255 for b in packed):
        raise LabelReadError(f"its stroke is {describe(packed)}, not a list of bytes")
    n_values = shape[0] * shape[1] * CHANNELS
    if n_values > MOST_PIXELS * CHANNELS:
        raise LabelReadError(f"its stroke is of {shape[1]} x {shape[0]} pixels, more than are unpacked")
    bits = _Bits(bytes(packed))
    if bits.one(32) != n_values:
        raise LabelReadError(f"its stroke is not of {shape[1]} x {shape[0]} pixels")
    width = bits.one(5) + 1
    widths = [bits.one(4) + 1 for _ in range(4)]
    values = np.zeros(n_values, np.uint8)
    place = 0
    while place < n_values:
        repeats = bits.one(1)
        count = min(bits.one(widths[bits.one(2)]) + 1, n_values - place)
        values[place : place + count] = bits.one(width) if repeats else bits.take(count, width)
        place += count
    opacity: NDArray[np.bool_] = values.reshape(*shape, CHANNELS)[..., CHANNELS - 1] >= OPAQUE
    return opacity
