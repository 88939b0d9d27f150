"""Size tables: simulated size distributions and hit rates, as CSV files hold them."""

from __future__ import annotations

import csv
import itertools
import math
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import attrs

from defectkit.errors import DecodingError, RecordError
from defectkit.files.cells import unquoted_cell
from defectkit.files.decoding import read_text
from defectkit.files.names import readable
from defectkit.uncertainty.detection_limit import HitRate
from defectkit.units import LENGTH, NUMBER_DENSITY, as_quantity, ureg

if TYPE_CHECKING:
    import xarray

T = TypeVar("T")


@attrs.frozen(kw_only=True)
class SimulatedClass:
    """One class of sizes of a simulation.

    Parameters
    ----------
    defect_type : str
    size_low_nm, size_high_nm : float
    number_density_per_m3 : float
        Of all defects in the class, not per nm.
    """

    defect_type: str
    size_low_nm: float
    size_high_nm: float
    number_density_per_m3: float

    def __attrs_post_init__(self) -> None:
        if not self.defect_type:
            raise RecordError("the defect type is empty")
        if not 0 <= self.size_low_nm < self.size_high_nm < math.inf:
            raise RecordError(f"the sizes {self.size_low_nm:g} to {self.size_high_nm:g} nm do not rise from 0 or more")
        if not 0 <= self.number_density_per_m3 < math.inf:
            raise RecordError(f"the number density {self.number_density_per_m3:g} is negative or not finite")


def read_simulated_sizes(path: str | Path) -> tuple[SimulatedClass, ...]:
    """Return the size classes of a simulation.

    Parameters
    ----------
    path : str or pathlib.Path
        A CSV file with the columns ``defect_type``, ``size_low_nm``, ``size_high_nm`` and ``number_density_per_m3``;
        others are not looked at, so that ``size_classes.csv`` of ``defectkit harden`` is such a file.

    Raises
    ------
    RecordError
        If it cannot be read, a column is missing, a cell is no such number, or classes of one type overlap.
    """
    rows = _read(
        Path(path),
        ("defect_type", "size_low_nm", "size_high_nm", "number_density_per_m3"),
        lambda cells: SimulatedClass(
            defect_type=unquoted_cell(cells[0]),
            size_low_nm=float(cells[1]),
            size_high_nm=float(cells[2]),
            number_density_per_m3=float(cells[3]),
        ),
    )
    return _in_order(rows, readable(str(path)))


def simulated_sizes(table: xarray.Dataset) -> tuple[SimulatedClass, ...]:
    """Return the size classes of a table in memory.

    Parameters
    ----------
    table : xarray.Dataset
        Dimensions ``defect_type`` and ``size_class`` with ``number_density`` in a unit of 1 / volume, and by class
        ``size_low`` and ``size_high`` in a unit of length, as :func:`defectkit.uncertainty.size_classes.size_classes`
        makes it.

    Raises
    ------
    RecordError
        If a variable is missing, or a value is not possible.
    UnitError
        If a unit is missing or of another dimension.
    """
    missing = [
        name for name in ("number_density", "size_low", "size_high", "defect_type") if name not in table.variables
    ]
    if missing:
        raise RecordError(f"table of simulated sizes: it has no {', '.join(missing)}")
    units = {"number_density": NUMBER_DENSITY, "size_low": LENGTH, "size_high": LENGTH}
    scale = {
        name: as_quantity(
            ureg.Quantity(1.0, table[name].attrs.get("units", "")), unit, what=f"table of simulated sizes, {name}"
        ).magnitude
        for name, unit in units.items()
    }
    density = table["number_density"].transpose("defect_type", "size_class").values * scale["number_density"]
    lows, highs = (table[name].values * scale[name] for name in ("size_low", "size_high"))
    rows = [
        SimulatedClass(
            defect_type=str(name), size_low_nm=float(low), size_high_nm=float(high), number_density_per_m3=float(own)
        )
        for name, of_type in zip(table["defect_type"].values, density, strict=True)
        for low, high, own in zip(lows, highs, of_type, strict=True)
    ]
    return _in_order(rows, "table of simulated sizes")


def _in_order(rows: Iterable[SimulatedClass], where: str) -> tuple[SimulatedClass, ...]:
    ordered = sorted(rows, key=lambda row: (row.defect_type, row.size_low_nm))
    for one, other in itertools.pairwise(ordered):
        if one.defect_type == other.defect_type and other.size_low_nm < one.size_high_nm:
            raise RecordError(f"{where}: classes of {one.defect_type!r} overlap at {other.size_low_nm:g} nm")
    return tuple(ordered)


def read_hit_rates(path: str | Path) -> tuple[HitRate, ...]:
    """Return the hit rates of a CSV file with the columns ``size_low_nm``, ``size_high_nm`` and ``hit_rate``.

    Raises
    ------
    RecordError
        If it cannot be read, a column is missing, or a cell is no such number.
    """
    return _read(
        Path(path),
        ("size_low_nm", "size_high_nm", "hit_rate"),
        lambda cells: HitRate(size_low_nm=float(cells[0]), size_high_nm=float(cells[1]), rate=float(cells[2])),
    )


def _read(path: Path, columns: tuple[str, ...], record: Callable[[list[str]], T]) -> tuple[T, ...]:
    where = readable(str(path))
    try:
        rows = tuple(_records(csv.DictReader(read_text(path).splitlines()), columns, record))
    except DecodingError as error:
        raise RecordError(str(error)) from error
    except (csv.Error, ValueError) as error:
        raise RecordError(f"{where}: {error}") from error
    if not rows:
        raise RecordError(f"{where}: it has no row")
    return rows


def _records(rows: csv.DictReader[str], columns: tuple[str, ...], record: Callable[[list[str]], T]) -> Iterator[T]:
    missing = [name for name in columns if name not in (rows.fieldnames or ())]
    if missing:
        raise RecordError(f"the columns {', '.join(columns)} are needed; {', '.join(missing)} is missing")
    for row in rows:
        cells = [row[name] for name in columns]
        if any(cell is None for cell in cells):
            raise RecordError(f"line {rows.line_num}: it has fewer cells than the head line")
        try:
            yield record(cells)
        except ValueError as error:
            raise RecordError(f"line {rows.line_num}: {error}") from error
