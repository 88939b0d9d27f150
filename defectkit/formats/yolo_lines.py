"""Lines of YOLO label files: a class, coordinates, and what may follow them."""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.errors import DecodingError, LabelReadError
from defectkit.files.decoding import read_text
from defectkit.formats.region_format import LARGEST_FRACTION

Values = NDArray[np.float64]

COORDINATES_OF_BOX = 4
LARGEST_CLASS = 10**6


@attrs.define(eq=False)
class YoloLine:
    """A line that is not empty.

    Parameters
    ----------
    number : int
        In its file, from 0.
    class_number : int, optional
        None where the line does not begin with one.
    values : array of float, optional
        What follows; None where it is not all numbers.
    """

    number: int
    class_number: int | None
    values: Values | None


@attrs.frozen
class Endings:
    """What follows the coordinates in the lines of a data set.

    Parameters
    ----------
    has_ids : bool
        Whether a last number that does not pair up is the id of a track; else it is a confidence.
    has_pairs : bool
        Whether the last two numbers are a confidence and the id of a track.

    Notes
    -----
    A confidence lies between 0 and 1 and a coordinate is hardly above 1, so a whole number of 2 or more at the end of a
    line is an id; where one line of a data set has one, the lines of that kind all have.

    Examples
    --------
    >>> line = YoloLine(0, 0, np.array([0.1, 0.1, 0.2, 0.1, 0.2, 0.2, 0.91, 7.0]))
    >>> endings = Endings.of([line])
    >>> endings.cut(line.values)
    (array([0.1, 0.1, 0.2, 0.1, 0.2, 0.2]), 0.91)
    """

    has_ids: bool
    has_pairs: bool

    @classmethod
    def of(cls, lines: Iterable[YoloLine]) -> Endings:
        """Return what the lines of a data set show."""
        has_ids = has_pairs = False
        for line in lines:
            values = line.values
            if values is None or values.size <= COORDINATES_OF_BOX or not _is_id(values[-1]):
                continue
            if values.size % 2:
                has_ids = has_ids or _are_fractions(values[:-1])
            else:
                has_pairs = has_pairs or (_are_fractions(values[:-1]) and 0 <= values[-2] <= 1)
        return cls(has_ids, has_pairs)

    def cut(self, values: Values) -> tuple[Values, float]:
        """Return the coordinates of a line, and its confidence; NaN where there is none."""
        if values.size % 2:
            if self.has_ids:
                return values[:-1], math.nan
            return values[:-1], float(values[-1])
        if self.has_pairs and values.size > COORDINATES_OF_BOX + 1:
            return values[:-2], float(values[-2])
        return values, math.nan


def read_lines(file: Path) -> list[YoloLine]:
    """Return the lines of a file that are not empty.

    Raises
    ------
    LabelReadError
        If it cannot be read, or is not text.
    """
    try:
        text = read_text(file)
    except DecodingError as error:
        raise LabelReadError(str(error)) from error
    lines = text.splitlines()
    return [_line(number, parts) for number, line in enumerate(lines) if (parts := line.split())]


def _line(number: int, parts: list[str]) -> YoloLine:
    try:
        values = np.array(parts[1:], dtype=np.float64)
    except ValueError:
        return YoloLine(number, _class(parts[0]), None)
    return YoloLine(number, _class(parts[0]), values)


def _class(text: str) -> int | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return int(value) if value.is_integer() and 0 <= value < LARGEST_CLASS else None


def _is_id(value: float) -> bool:
    return value >= 2 and float(value).is_integer()


def _are_fractions(values: Values) -> bool:
    return bool((np.abs(values) <= LARGEST_FRACTION).all())
