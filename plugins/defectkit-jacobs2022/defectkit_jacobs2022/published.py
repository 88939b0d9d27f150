"""Published tables: what the paper printed, cell by cell, with the page that each cell stands on."""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import attrs

from defectkit.errors import DecodingError, RecordError, UnknownNameError
from defectkit.files.decoding import parse_toml, read_text
from defectkit_jacobs2022.places import REGISTRY

if TYPE_CHECKING:
    import pandas as pd

FORMAT = 1
Value = int | Decimal | str
Key = tuple[str, ...]


class ColumnKind(enum.StrEnum):
    """What the cells of a column hold."""

    COUNT = "count"
    """Whole numbers, exact."""

    DECIMAL = "decimal"
    """Numbers as printed: the last digit is rounded."""

    TEXT = "text"


@attrs.frozen(kw_only=True)
class PublishedColumn:
    """One column: its name here, title and unit, and the data set and split of Table 2 that it is about, if any."""

    name: str
    title: str
    kind: ColumnKind = attrs.field(converter=ColumnKind)
    unit: str = ""
    dataset: str = ""
    split: str | None = None


@attrs.frozen(kw_only=True)
class Cell:
    """One printed value.

    Parameters
    ----------
    value : int, decimal.Decimal or str
        A Decimal has the digits that were printed, trailing zeros included.
    page : int
        Of the manuscript text.
    mark : str
        What stands beside the value, for instance ``not reported``.
    """

    value: Value
    page: int
    mark: str = ""


@attrs.frozen(kw_only=True)
class Observed:
    """What images show that a row is about, beside what the row says: not from the paper."""

    width_px: int
    field_of_view_um: Decimal
    source: str


def _frozen(value: Mapping[Any, Any]) -> Mapping[Any, Any]:
    return MappingProxyType(dict(value))


@attrs.frozen(kw_only=True)
class PublishedRow:
    """One row: its cells by column; a column that the row has nothing printed in is missing."""

    key: Key
    page: int
    cells: Mapping[str, Cell] = attrs.field(converter=_frozen, hash=False)
    observed: Observed | None = None

    def __contains__(self, column: object) -> bool:
        return column in self.cells

    def __getitem__(self, column: str) -> Value:
        if column not in self.cells:
            raise UnknownNameError.of("column", column, self.cells)
        return self.cells[column].value

    def number(self, column: str) -> Decimal:
        """Return the value of a count or decimal column.

        Raises
        ------
        RecordError
            If the cell holds text.
        """
        value = self[column]
        if isinstance(value, str):
            raise RecordError(f"published table, row {' / '.join(self.key)}: {column} is text, not a number")
        return Decimal(value)


@attrs.frozen(kw_only=True)
class PublishedTable:
    """One table of the paper.

    Parameters
    ----------
    number : int
    title, doi, note : str
    keys : tuple of str
        The names of what identifies a row.
    columns : mapping of str to PublishedColumn
    rows : mapping of tuple of str to PublishedRow
        By the values of ``keys``, in the printed order.

    Examples
    --------
    >>> tables = published_tables()
    >>> tables[1]["dataset2", ]["loop_100"]
    754
    >>> tables[5]["find_f1", "all"].cells["split_2"]
    Cell(value=Decimal('0.80'), page=22, mark='')
    """

    number: int
    title: str
    doi: str
    note: str = ""
    keys: tuple[str, ...]
    columns: Mapping[str, PublishedColumn] = attrs.field(converter=_frozen, hash=False)
    rows: Mapping[Key, PublishedRow] = attrs.field(converter=_frozen, hash=False)

    def __iter__(self) -> Iterator[PublishedRow]:
        return iter(self.rows.values())

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, key: Key) -> PublishedRow:
        if key not in self.rows:
            raise UnknownNameError.of(f"row of Table {self.number}", " / ".join(key), map(" / ".join, self.rows))
        return self.rows[key]

    def with_value(self, key: Key, column: str, value: Value) -> PublishedTable:
        """Return the table with another value in one cell, on the same page and with the same mark."""
        row = self[key]
        row[column]
        cells = {**row.cells, column: attrs.evolve(row.cells[column], value=value)}
        return attrs.evolve(self, rows={**self.rows, key: attrs.evolve(row, cells=cells)})

    def to_frame(self) -> pd.DataFrame:
        """Return one line per cell: the keys, then ``column``, ``value`` (float or text), ``page`` and ``mark``.

        Examples
        --------
        >>> frame = published_tables()[1].to_frame()
        >>> frame.query("column == 'loop_100'")["value"].tolist()
        [715.0, 754.0, 2835.0]
        """
        import pandas as pd

        lines = [
            [*row.key, name, cell.value if isinstance(cell.value, str) else float(cell.value), cell.page, cell.mark]
            for row in self
            for name, cell in row.cells.items()
        ]
        return pd.DataFrame(lines, columns=[*self.keys, "column", "value", "page", "mark"])


def published_tables(folder: Path | None = None) -> Mapping[int, PublishedTable]:
    """Return the tables of the paper by their number.

    Parameters
    ----------
    folder : pathlib.Path, optional
        Where the files ``table_*.toml`` lie; ``registry/published`` by default.

    Raises
    ------
    RecordError
        If a file cannot be read as a table, or two have one number.
    """
    tables: dict[int, PublishedTable] = {}
    for path in sorted((folder or REGISTRY).glob("table_*.toml")):
        table = read_published_table(path)
        if table.number in tables:
            raise RecordError(f"published table {path}: Table {table.number} is there twice")
        tables[table.number] = table
    return MappingProxyType(dict(sorted(tables.items())))


def published_hardening() -> PublishedTable:
    """Return what the text of the paper says of true and predicted hardening.

    Examples
    --------
    >>> print(published_hardening()["linear",]["mae"])
    16.05
    """
    return read_published_table(REGISTRY / "hardening.toml")


def read_published_table(path: Path) -> PublishedTable:
    """Return the table of one file.

    Raises
    ------
    RecordError
        If a key is missing, unknown or of the wrong kind; the message names the file, the row and the key.
    """
    try:
        text = parse_toml(read_text(path), where=str(path), parse_float=Decimal)
    except DecodingError as error:
        raise RecordError(f"published table {error}") from error
    try:
        return _table(text)
    except (KeyError, TypeError, ValueError) as error:
        reason = f"missing key: {error.args[0]}" if isinstance(error, KeyError) else str(error)
        raise RecordError(f"published table {path}: {reason}") from error


def _table(text: dict[str, Any]) -> PublishedTable:
    if text.pop("format") != FORMAT:
        raise RecordError(f"this version of defectkit reads format {FORMAT}")
    columns = [PublishedColumn(**column) for column in text.pop("columns")]
    by_name = {c.name: c for c in columns}
    keys = tuple(text.pop("keys"))
    rows: dict[Key, PublishedRow] = {}
    for line in text.pop("row"):
        row = _row(line, keys, by_name)
        if row.key in rows:
            raise RecordError(f"row {' / '.join(row.key)} is there twice")
        rows[row.key] = row
    return PublishedTable(keys=keys, columns=by_name, rows=rows, **text)


def _row(line: dict[str, Any], keys: tuple[str, ...], columns: Mapping[str, PublishedColumn]) -> PublishedRow:
    key = tuple(line.pop(k) for k in keys)
    where = " / ".join(map(str, key))
    page = line.pop("page")
    pages, marks = line.pop("pages", {}), line.pop("marks", {})
    observed = line.pop("observed", None)
    stray = sorted((set(line) - set(columns)) | ((set(pages) | set(marks)) - set(line)))
    if stray:
        raise RecordError(f"row {where}: unknown keys: {', '.join(stray)}; the columns are {', '.join(columns)}")
    cells = {
        name: Cell(value=_value(line[name], column, where), page=pages.get(name, page), mark=marks.get(name, ""))
        for name, column in columns.items()
        if name in line
    }
    return PublishedRow(key=key, page=page, cells=cells, observed=None if observed is None else Observed(**observed))


def _value(value: Any, column: PublishedColumn, where: str) -> Value:
    if column.kind is ColumnKind.TEXT and isinstance(value, str):
        return value
    if column.kind is ColumnKind.COUNT and isinstance(value, int) and not isinstance(value, bool):
        return value
    if column.kind is ColumnKind.DECIMAL and isinstance(value, int | Decimal) and not isinstance(value, bool):
        return Decimal(value)
    raise RecordError(f"row {where}: {column.name} = {value!r} is no {column.kind}")
