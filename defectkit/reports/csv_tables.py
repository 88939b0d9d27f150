"""CSV tables: results as text that any program reads, with the unit in the name of each column."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from defectkit.errors import OutputError
from defectkit.files import writing
from defectkit.files.cells import quoted_cell
from defectkit.records.names import as_names

if TYPE_CHECKING:
    import xarray

SUFFIXES = {
    "": "",
    "pixel": "_px",
    "nanometer": "_nm",
    "nanometer ** 2": "_nm2",
    "1 / nanometer ** 2": "_per_nm2",
    "1 / meter ** 3": "_per_m3",
    "1 / meter ** 2": "_per_m2",
    "percent": "_percent",
    "megapascal": "_mpa",
}
"""What a column's name ends in, by the unit of the variable."""


def column_name(name: str, units: str | None) -> str:
    """Return the name of the column of a variable: its own and its unit.

    Raises
    ------
    OutputError
        If no suffix is known for the unit.

    Examples
    --------
    >>> column_name("areal_density", "1 / nanometer ** 2"), column_name("image", None)
    ('areal_density_per_nm2', 'image')
    """
    if units is None:
        return name
    if units not in SUFFIXES:
        raise OutputError(
            f"the variable {name!r} is in {units}, for which columns of CSV files have no suffix; "
            f"convert it to one of: {', '.join(filter(None, SUFFIXES))}"
        )
    return name + SUFFIXES[units]


def cell(value: Any) -> str:
    """Return a value as text: numbers in full, so that reading gives the same number again, and NaN as nothing.

    Text that a spreadsheet would take for a formula is quoted, see :func:`defectkit.files.cells.quoted_cell`.

    Examples
    --------
    >>> import numpy as np
    >>> [cell(v) for v in (np.float64(0.1), np.int64(-3), np.bool_(True), float("nan"), None, "a,b", "-3")]
    ['0.1', '-3', 'true', '', '', 'a,b', "'-3"]
    """
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return ""
    if isinstance(value, float):
        return "" if math.isnan(value) else repr(value)
    if isinstance(value, int | Decimal):
        return str(value)
    return quoted_cell(str(value))


def csv_text(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Return a table as CSV after RFC 4180: lines end in CRLF, and a cell is quoted where it has to be.

    Notes
    -----
    https://doi.org/10.17487/RFC4180
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([quoted_cell(title) for title in as_names(header)])
    writer.writerows([cell(value) for value in row] for row in rows)
    return text.getvalue()


def defects_csv(defects: xarray.Dataset) -> str:
    """Return the table of defects: one row per defect, one column per variable, in the order of the dataset.

    Parameters
    ----------
    defects : xarray.Dataset
        As :func:`defectkit.measurement.measure` makes it.
    """
    names = [str(name) for name in defects.data_vars]
    header = [column_name(name, defects[name].attrs.get("units")) for name in names]
    return csv_text(header, zip(*(defects[name].values for name in names), strict=True))


def summary_csv(summary: xarray.Dataset) -> str:
    """Return the summary: one row per image and type, the last one of each image for ``all``.

    Parameters
    ----------
    summary : xarray.Dataset
        As :func:`defectkit.measurement.summarize` makes it.
    """
    header, rows = _by_image_and_type(summary)
    return csv_text(header, _without_uncounted(header, rows))


def hardening_csv(hardening: xarray.Dataset) -> str:
    """Return the hardening: one row per image and type, and two per image for the totals.

    Parameters
    ----------
    hardening : xarray.Dataset
        As :func:`defectkit.hardening.harden` makes it.

    Notes
    -----
    The rows of the totals have ``defect_type`` = ``all``; the column ``combination`` says whether contributions of
    types are added up (``linear``) or their squares are (``quadrature``), and is empty in the rows of types.
    """
    names = ["count", "number_density", "size_mean", "hardening", "note"]
    header, rows = _by_image_and_type(hardening[names + (["n_refused"] if "n_refused" in hardening else [])])
    header.insert(2, "combination")
    by_image: dict[str, list[list[Any]]] = {str(name): [] for name in hardening["image"].values}
    for row in rows:
        by_image[str(row[0])].append([*row[:2], "", *row[2:]])
    for i, (name, own) in enumerate(by_image.items()):
        here = hardening.isel(image=i)
        count = here["count"].values.sum()
        density = here["number_density"].values.sum()
        refused = [here["n_refused"].values[()]] if "n_refused" in hardening else []
        for combination in ("linear", "quadrature"):
            total = here[f"total_{combination}"].values[()]
            note = here["total_note"].values[()]
            own.append([name, "all", combination, count, density, math.nan, total, note, *refused])
    return csv_text(header, _without_uncounted(header, (row for own in by_image.values() for row in own)))


def _without_uncounted(header: Sequence[str], rows: Iterable[list[Any]]) -> Iterator[list[Any]]:
    """Yield rows with an empty count in place of 0 where regions of the image were refused: nothing was counted."""
    count = header.index("count")
    refused = header.index("n_refused") if "n_refused" in header else None
    for row in rows:
        if refused is not None and row[refused] and not row[count]:
            row[count] = ""
        yield row


def _by_image_and_type(table: xarray.Dataset) -> tuple[list[str], Iterator[list[Any]]]:
    names = [str(name) for name in table.data_vars]
    header = ["image", "defect_type", *(column_name(name, table[name].attrs.get("units")) for name in names)]
    columns = [table[name].broadcast_like(table["count"]).transpose("image", "defect_type").values for name in names]

    def rows() -> Iterator[list[Any]]:
        for i, image in enumerate(table["image"].values):
            for t, defect_type in enumerate(table["defect_type"].values):
                yield [image, defect_type, *(column[i, t] for column in columns)]

    return header, rows()


def write_text(path: Path, text: str) -> None:
    """Write a text file in UTF-8 with the line ends that the text has.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    with writing(path):
        path.write_bytes(text.encode())
