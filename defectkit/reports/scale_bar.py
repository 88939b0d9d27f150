"""Scale bars: a round length that fits an image."""

from __future__ import annotations

import math

SHARE = 0.25
"""The largest part of the width that a bar takes."""

UNITS = ((1e6, "mm"), (1e3, "µm"), (1.0, "nm"), (1e-3, "pm"))


def bar_length_nm(width_nm: float) -> float:
    """Return the largest of 1, 2 and 5 times a power of ten, in nm, that fits :data:`SHARE` of the width.

    Examples
    --------
    >>> bar_length_nm(523.0), bar_length_nm(2048 * 0.05)
    (100.0, 20.0)
    """
    limit = width_nm * SHARE
    power = math.floor(math.log10(limit))
    return max(
        factor * 10.0**exponent
        for exponent in (power - 1, power, power + 1)
        for factor in (1, 2, 5)
        if factor * 10.0**exponent <= limit * (1 + 1e-9)
    )


def length_text(length_nm: float) -> str:
    """Return a length with the unit in which it is a number from 1 to 999.

    Examples
    --------
    >>> [length_text(v) for v in (0.5, 20.0, 2000.0)]
    ['500 pm', '20 nm', '2 µm']
    """
    for size, unit in UNITS:
        if length_nm >= size * (1 - 1e-9):
            return f"{length_nm / size:.6g} {unit}"
    return f"{length_nm:.6g} nm"
