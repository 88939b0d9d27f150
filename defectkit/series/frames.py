"""Frames: in which order they were taken, and time, temperature and dose of each."""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Iterable
from pathlib import Path

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.errors import DecodingError, PairingError, RecordError
from defectkit.files.cells import unquoted_cell
from defectkit.files.decoding import read_text
from defectkit.files.names import readable
from defectkit.records.names import as_names

Floats = NDArray[np.float64]

COLUMNS = ("time_s", "temperature_c", "dose_dpa")
"""Columns of a table of frames, beside ``image``."""

_DIGITS = re.compile(r"(\d+)")


@attrs.frozen(kw_only=True, eq=False)
class FrameTable:
    """The frames of a series in the order in which they were taken.

    Parameters
    ----------
    names : tuple of str
        N names of images.
    time_s : numpy.ndarray, shape (N,)
        Seconds, ascending; NaN for all where no times are known.
    temperature_c : numpy.ndarray, shape (N,)
        Degrees Celsius; NaN where it is not known.
    dose_dpa : numpy.ndarray, shape (N,)
        Displacements per atom; NaN where it is not known.
    """

    names: tuple[str, ...] = attrs.field(converter=as_names)
    time_s: Floats
    temperature_c: Floats
    dose_dpa: Floats

    def __attrs_post_init__(self) -> None:
        known = np.isfinite(self.time_s)
        if known.any() and not known.all():
            raise RecordError("the times of some frames are given, but not of all")
        if np.any(np.diff(self.time_s) <= 0):
            k = int(np.flatnonzero(np.diff(self.time_s) <= 0)[0])
            raise RecordError(f"the frames {self.names[k]!r} and {self.names[k + 1]!r} were taken at one time")

    @property
    def has_times(self) -> bool:
        """Whether times are known."""
        return bool(len(self.names)) and bool(np.isfinite(self.time_s).all())

    @property
    def axis(self) -> Floats:
        """Seconds where they are known, else the numbers of the frames from 0."""
        return self.time_s if self.has_times else np.arange(len(self.names), dtype=np.float64)

    @property
    def axis_unit(self) -> str:
        """The unit of :attr:`axis`."""
        return "second" if self.has_times else "frame"


def series_order(names: Iterable[str]) -> tuple[str, ...]:
    """Return names of frames in the order of the numbers in them.

    Examples
    --------
    >>> series_order(["frame-124", "frame-2", "frame-47"])
    ('frame-2', 'frame-47', 'frame-124')
    """

    def parts(name: str) -> list[tuple[int, str]]:
        return [(int(part), "") if part.isdecimal() else (-1, part) for part in _DIGITS.split(name)]

    return tuple(sorted(as_names(names), key=parts))


def frames_of(names: Iterable[str]) -> FrameTable:
    """Return a table of frames of which the order alone is known, by the numbers in their names."""
    ordered = series_order(names)
    unknown = np.full(len(ordered), np.nan)
    return FrameTable(names=ordered, time_s=unknown, temperature_c=unknown, dose_dpa=unknown)


def read_frame_table(path: Path, names: Iterable[str]) -> FrameTable:
    """Return what a CSV file says of frames, in the order of their times.

    Parameters
    ----------
    path : pathlib.Path
        With the column ``image`` and any of ``time_s``, ``temperature_c`` and ``dose_dpa``. Without times the lines are
        in the order in which frames were taken.
    names : iterable of str
        The frames of the series; the file may name others.

    Raises
    ------
    RecordError
        If it cannot be read or understood; names the line.
    PairingError
        If a frame of the series is not in it.
    """
    where, wanted = readable(str(path)), as_names(names)
    try:
        reader = csv.DictReader(read_text(path).splitlines(), skipinitialspace=True)
        header = [unquoted_cell((name or "").strip()) for name in reader.fieldnames or ()]
        strange = [name for name in header if name not in ("image", *COLUMNS)]
        if strange or "image" not in header or len(set(header)) < len(header):
            raise RecordError(
                f"{where}: its columns are {', '.join(header) or 'none'}; there has to be image, and there may be "
                f"{', '.join(COLUMNS)}"
            )
        reader.fieldnames = header
        rows: dict[str, list[float]] = {}
        for row in reader:
            name = unquoted_cell((row["image"] or "").strip())
            line = f"{where}, line {reader.line_num}"
            if not name or name in rows:
                raise RecordError(f"{line}: {f'the image {name!r} is there twice' if name else 'it names no image'}")
            rows[name] = [_number(row.get(column), line, column) for column in COLUMNS]
    except (DecodingError, csv.Error) as error:
        raise RecordError(f"{where}: {error}") from error
    without = [name for name in wanted if name not in rows]
    if without:
        raise PairingError(f"{where}: there is no line of the frame {without[0]!r}; it needs one for each frame")
    ordered = [name for name in rows if name in set(wanted)]
    if "time_s" in header:
        ordered.sort(key=lambda name: rows[name][0])
    values = np.array([rows[name] for name in ordered], np.float64).reshape(len(ordered), 3)
    return FrameTable(names=ordered, time_s=values[:, 0], temperature_c=values[:, 1], dose_dpa=values[:, 2])


def _number(cell: str | None, line: str, column: str) -> float:
    text = (cell or "").strip()
    if not text:
        return math.nan
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise RecordError(f"{line}: {column} is {text!r}; give a number, without its unit")
    return value
