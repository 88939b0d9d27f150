"""Frames: the shape of an image in pixels and the spacing of its pixels, checked."""

from __future__ import annotations

import math
import operator
from typing import TypeAlias

from defectkit.errors import GeometryError
from defectkit.geometry.columns import Int64s, check_offsets

Shape: TypeAlias = tuple[int, int]
Spacing: TypeAlias = tuple[float, float]

UNIT_SPACING: Spacing = (1.0, 1.0)
"""Pixels of edge 1: measures come out in pixels."""

LONGEST_SIDE = 2**31 - 1
"""Rows and columns are int32, so no frame has a longer side."""


def check_shape(shape: Shape) -> Shape:
    """Return ``shape`` as two plain integers.

    Raises
    ------
    GeometryError
        If it is not two integers between 0 and :data:`LONGEST_SIDE`.
    """
    try:
        rows, columns = (operator.index(side) for side in shape)
    except (TypeError, ValueError) as error:
        raise GeometryError(f"shape is {shape!r}, but two integers are needed: rows, columns") from error
    if not (0 <= rows <= LONGEST_SIDE and 0 <= columns <= LONGEST_SIDE):
        raise GeometryError(f"shape is {shape!r}, but each side must be between 0 and {LONGEST_SIDE}")
    return rows, columns


def check_spacing(spacing: Spacing) -> Spacing:
    """Return ``spacing`` as two plain floats.

    Raises
    ------
    GeometryError
        If it is not two positive, finite numbers.
    """
    try:
        along_row, along_col = (float(side) for side in spacing)
    except (TypeError, ValueError) as error:
        raise GeometryError(
            f"spacing is {spacing!r}, but two numbers are needed: the height and the width of a pixel"
        ) from error
    if not (0 < along_row < math.inf and 0 < along_col < math.inf):
        raise GeometryError(f"spacing is {spacing!r}, but both numbers must be positive and finite")
    return along_row, along_col


def check_frames(a_frames: Int64s, n_a: int, b_frames: Int64s, n_b: int) -> None:
    """Raise unless the masks of two sides are cut into the same number of frames.

    Raises
    ------
    GeometryError
        If the offsets of a side do not cut its masks into consecutive slices, or the sides differ in their number.
    """
    check_offsets(a_frames, n_a, what="masks")
    check_offsets(b_frames, n_b, what="masks")
    if a_frames.size != b_frames.size:
        raise GeometryError(
            f"one side has {a_frames.size - 1} frames and the other {b_frames.size - 1}; frames go in pairs"
        )
