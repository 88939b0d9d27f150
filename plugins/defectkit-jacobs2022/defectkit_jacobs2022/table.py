"""Table: rows of numbers and texts that say of each number whether it is ours or published."""

from __future__ import annotations

import enum
import math
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import attrs

from defectkit.errors import RecordError
from defectkit.reports.numbers import MISSING, significant

Value = int | float | Decimal | str | None
"""A cell. None where a row has nothing to say, NaN where it has a number that is not defined."""


class Origin(enum.StrEnum):
    """Where the cells of a column or row come from."""

    LABEL = "label"
    """They say what a row is about."""

    OURS = "ours"
    PUBLISHED = "published"


@attrs.frozen(kw_only=True)
class TableColumn:
    """One column.

    Parameters
    ----------
    name : str
        In CSV, where the unit is added to it, and ``published_`` put before it if it is published.
    title : str
        In Markdown and LaTeX.
    unit : str
        As pint writes it: ``percent``, ``nanometer``; empty where there is none or it differs from row to row.
    decimals : int, optional
        Of numbers of ours in Markdown and LaTeX; without, four significant digits.
    origin : Origin
    """

    name: str
    title: str
    unit: str = ""
    decimals: int | None = None
    origin: Origin = attrs.field(default=Origin.OURS, converter=Origin)


def _value(value: Any) -> Value:
    plain = value.item() if hasattr(value, "item") else value
    if plain is None or (isinstance(plain, int | float | Decimal | str) and not isinstance(plain, bool)):
        return plain
    raise RecordError(f"table: {value!r} is neither a number nor a text")


def _cells(cells: Iterable[Any]) -> tuple[Value, ...]:
    return tuple(_value(cell) for cell in cells)


@attrs.frozen(kw_only=True)
class Row:
    """One row.

    Parameters
    ----------
    cells : tuple of int, float, decimal.Decimal, str or None
        One for each column.
    origin : Origin
        ``PUBLISHED`` if all cells but the labels are.
    decimals : int, optional
        In place of those of the columns.
    """

    cells: tuple[Value, ...] = attrs.field(converter=_cells)
    origin: Origin = attrs.field(default=Origin.OURS, converter=Origin)
    decimals: int | None = None


def _columns(columns: Iterable[TableColumn]) -> tuple[TableColumn, ...]:
    return tuple(columns)


def _rows(rows: Iterable[Row]) -> tuple[Row, ...]:
    return tuple(rows)


def _texts(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(texts)


@attrs.frozen(kw_only=True)
class Table:
    """One table.

    Parameters
    ----------
    name : str
        As of a file: ``table5``.
    title : str
    columns : tuple of TableColumn
    rows : tuple of Row
    notes : tuple of str
        What has to be known, first of all what made the table.

    Raises
    ------
    RecordError
        If a row has another number of cells than there are columns, two columns have one name, or a number is not of
        the kind that its place demands: published ones are ``Decimal`` with the printed digits (or counts), ours never
        are, so neither can stand in the place of the other.

    Examples
    --------
    >>> table = Table(
    ...     name="example",
    ...     title="An example",
    ...     columns=(
    ...         TableColumn(name="statistic", title="statistic", origin="label"),
    ...         TableColumn(name="f1", title="F1", decimals=2),
    ...         TableColumn(name="f1", title="F1", origin="published"),
    ...     ),
    ...     rows=(Row(cells=("find", 0.8125, Decimal("0.80"))),),
    ... )
    >>> print(table.to_csv().splitlines()[-1])
    find,0.8125,0.80
    >>> print(table.to_markdown().splitlines()[-1])
    | find | 0.81 | 0.80 |
    """

    name: str
    title: str
    columns: tuple[TableColumn, ...] = attrs.field(converter=_columns)
    rows: tuple[Row, ...] = attrs.field(converter=_rows)
    notes: tuple[str, ...] = attrs.field(default=(), converter=_texts)

    def __attrs_post_init__(self) -> None:
        names = [(c.name, c.origin is Origin.PUBLISHED) for c in self.columns]
        doubled = sorted({name for name in names if names.count(name) > 1})
        if doubled:
            raise RecordError(f"table {self.name!r}: two columns are called {', '.join(name for name, _ in doubled)}")
        for number, row in enumerate(self.rows, start=1):
            if len(row.cells) != len(self.columns):
                raise RecordError(
                    f"table {self.name!r}, row {number}: {len(row.cells)} cells for {len(self.columns)} columns"
                )
            for column, cell in zip(self.columns, row.cells, strict=True):
                self._check(number, column, cell, self.origin(row, column))

    def _check(self, number: int, column: TableColumn, cell: Value, origin: Origin) -> None:
        where = f"table {self.name!r}, row {number}, {column.name}"
        if origin is Origin.PUBLISHED and isinstance(cell, float):
            raise RecordError(f"{where}: {cell!r} is a float, but published numbers have the digits that were printed")
        if origin is not Origin.PUBLISHED and isinstance(cell, Decimal):
            raise RecordError(f"{where}: {cell} is a published number in a place of ours")

    def origin(self, row: Row, column: TableColumn) -> Origin:
        """Return where the cell of a row and column comes from."""
        if column.origin is Origin.LABEL:
            return Origin.LABEL
        return Origin.PUBLISHED if Origin.PUBLISHED in (row.origin, column.origin) else Origin.OURS

    def shown(self, row: Row, column: TableColumn) -> str:
        """Return the cell of a row and column as people read it: a dash for NaN, nothing for None.

        Examples
        --------
        >>> column = TableColumn(name="error", title="error", decimals=1)
        >>> rows = tuple(Row(cells=(value,)) for value in (12.345, -0.01, float("nan"), None, 3))
        >>> table = Table(name="a", title="A", columns=(column,), rows=rows)
        >>> [table.shown(row, column).replace(MISSING, "dash") for row in rows]
        ['12.3', '0.0', 'dash', '', '3']
        """
        cell = row.cells[self.columns.index(column)]
        if cell is None:
            return ""
        if not isinstance(cell, float):
            return str(cell)
        decimals = column.decimals if row.decimals is None else row.decimals
        if math.isnan(cell):
            return MISSING
        text = significant(cell, 4) if decimals is None else f"{cell:.{decimals}f}"
        return text.lstrip("-") if not text.strip("-0.") else text

    @property
    def n_undefined(self) -> int:
        """The number of cells that are NaN."""
        return sum(isinstance(cell, float) and math.isnan(cell) for row in self.rows for cell in row.cells)

    @property
    def all_notes(self) -> tuple[str, ...]:
        """The notes, and what a dash means where there is one."""
        if not self.n_undefined:
            return self.notes
        return (*self.notes, f"A dash ({self.n_undefined} cells) stands for a number that is not defined.")

    def column(self, name: str) -> tuple[Value, ...]:
        """Return the cells of a column, from top to bottom, by its name in CSV without the unit.

        Raises
        ------
        RecordError
            If there is none of that name.
        """
        from defectkit_jacobs2022.table_text import plain_name

        names = [plain_name(c) for c in self.columns]
        if name not in names:
            raise RecordError(f"table {self.name!r}: no column is called {name!r}; there is {', '.join(names)}")
        return tuple(row.cells[names.index(name)] for row in self.rows)

    def to_csv(self) -> str:
        """Return the table as CSV, numbers in full; title and notes are lines before it that begin with ``#``."""
        from defectkit_jacobs2022.table_text import table_csv

        return table_csv(self)

    def to_markdown(self) -> str:
        """Return the table as Markdown, with its title above and its notes above the rows."""
        from defectkit_jacobs2022.table_text import table_markdown

        return table_markdown(self)

    def to_latex(self) -> str:
        """Return the table as a LaTeX float; the packages ``booktabs`` and ``graphicx`` are needed."""
        from defectkit_jacobs2022.table_text import table_latex

        return table_latex(self)
