from __future__ import annotations

import csv
import io
import math
from decimal import Decimal

import numpy as np
import pytest
from defectkit_jacobs2022.table import Origin, Row, Table, TableColumn
from defectkit_jacobs2022.table_text import (
    csv_name,
    heading,
    latex_escaped,
    markdown_escaped,
    plain_name,
    symbol,
    table_csv,
    table_latex,
    table_markdown,
)

from defectkit.errors import OutputError, RecordError
from defectkit.reports.numbers import MISSING

COLUMNS = (
    TableColumn(name="what", title="what", origin="label"),
    TableColumn(name="error", title="error", unit="percent", decimals=1),
    TableColumn(name="error", title="error", unit="percent", origin="published"),
)


def table(*rows: Row, notes: tuple[str, ...] = ()) -> Table:
    return Table(name="a", title="A title", columns=COLUMNS, rows=rows, notes=notes)


def test_numbers_of_numpy_become_plain_ones() -> None:
    cells = Row(cells=(np.float64(0.1), np.int64(3), np.str_("a"))).cells
    assert [type(cell) for cell in cells] == [float, int, str]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (Row(cells=("a", 1.0)), "2 cells for 3 columns"),
        (Row(cells=("a", Decimal("1.0"), None)), "published number in a place of ours"),
        (Row(cells=("a", 1.0, 1.0)), "digits that were printed"),
        (Row(cells=("a", 1.0, Decimal("1.0")), origin="published"), "digits that were printed"),
        (Row(cells=(Decimal("1"), 1.0, None)), "published number in a place of ours"),
    ],
)
def test_ours_and_published_cannot_change_places(row: Row, message: str) -> None:
    with pytest.raises(RecordError, match=message):
        table(row)


def test_faulty_columns_and_cells() -> None:
    with pytest.raises(RecordError, match="two columns are called what"):
        Table(name="a", title="A", columns=(COLUMNS[0], COLUMNS[0]), rows=())
    with pytest.raises(RecordError, match="neither a number nor a text"):
        Row(cells=(True,))
    with pytest.raises(RecordError, match="no column is called 'x'; there is what, error, published_error"):
        table().column("x")
    with pytest.raises(OutputError, match="no symbol for the unit 'parsec'"):
        symbol("parsec")
    with pytest.raises(OutputError, match="is in parsec"):
        csv_name(TableColumn(name="far", title="far", unit="parsec"))


def test_where_cells_come_from() -> None:
    ours, theirs = Row(cells=("a", 1.0, None)), Row(cells=("a", Decimal("1.0"), None), origin="published")
    one = table(ours, theirs)
    assert [one.origin(ours, c) for c in COLUMNS] == [Origin.LABEL, Origin.OURS, Origin.PUBLISHED]
    assert [one.origin(theirs, c) for c in COLUMNS] == [Origin.LABEL, Origin.PUBLISHED, Origin.PUBLISHED]


def test_printed_digits_stay_as_they_are() -> None:
    one = table(Row(cells=("a", 0.8, Decimal("0.80"))), Row(cells=("b", Decimal("7.0"), None), origin="published"))
    assert one.to_csv().splitlines()[-2:] == ["a,0.8,0.80", "b,7.0,"]
    assert one.to_markdown().splitlines()[-2:] == ["| a | 0.8 | 0.80 |", "| b | 7.0 |  |"]
    assert r"a & 0.8 & 0.80 \\" in one.to_latex()


def test_what_is_not_defined_is_a_dash_with_a_note() -> None:
    one = table(Row(cells=("a", math.nan, None)), Row(cells=("b", None, None)))
    assert one.n_undefined == 1
    assert one.all_notes == ("A dash (1 cells) stands for a number that is not defined.",)
    assert one.to_markdown().splitlines()[-2:] == [f"| a | {MISSING} |  |", "| b |  |  |"]
    assert r"a & -- &  \\" in one.to_latex()
    assert one.to_csv().splitlines()[-2:] == ["a,,", "b,,"]
    assert table(Row(cells=("b", None, None))).all_notes == ()


def test_csv_is_in_full_with_notes_before_it() -> None:
    value = 0.1 + 0.2
    one = table(Row(cells=("a, b", value, None)), notes=("made of\nthis",))
    text = table_csv(one)
    lines = text.split("\r\n")
    assert lines[:4] == ["# A title", "# made of", "# this", "what,error_percent,published_error_percent"]
    (row,) = list(csv.reader(io.StringIO(lines[4])))
    assert row[0] == "a, b"
    assert float(row[1]) == value
    assert [plain_name(c) for c in COLUMNS] == ["what", "error", "published_error"]


def test_markdown_and_latex_show_text_as_it_stands() -> None:
    awkward = r"50 % of <a|b> & {c_1} \ $x$ #1 ~ ^ [d] *e*"
    one = table(Row(cells=(awkward, 1.0, None)), notes=(awkward,))
    assert markdown_escaped(awkward) == r"50 % of &lt;a\|b> &amp; {c_1} \\ $x$ #1 ~ ^ \[d\] \*e\*"
    latex = latex_escaped(awkward)
    assert latex.startswith(r"50 \% of \textless{}a\textbar{}b\textgreater{} \& \{c\_1\} \textbackslash{} \$x\$ \#1")
    assert table_markdown(one).splitlines()[2] == f"- {markdown_escaped(awkward)}"
    assert rf"\par\footnotesize {latex}" in table_latex(one)
    assert "% needs" in table_latex(one).splitlines()[0]


def test_headings_say_what_is_published() -> None:
    assert [heading(c) for c in COLUMNS] == ["what", "error (%)", "error (%), published"]


def test_a_table_without_rows() -> None:
    one = table()
    assert one.to_csv().splitlines()[-1] == "what,error_percent,published_error_percent"
    assert one.to_markdown().splitlines()[-1] == "| :-- | :-- | :-- |"
    assert "\\bottomrule" in one.to_latex()
