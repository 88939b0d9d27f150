from __future__ import annotations

from decimal import Decimal

import pytest
from defectkit_jacobs2022.published import ColumnKind, published_tables, read_published_table

from defectkit.errors import RecordError, UnknownNameError

TABLES = published_tables()
SMALL = """
format = 1
number = 99
title = "A table"
doi = "10.0/0"
keys = ["thing"]
columns = [{ name = "n", title = "number", kind = "count" }, { name = "x", title = "share", kind = "decimal" }]
[[row]]
thing = "a"
page = 3
n = 1
x = 0.50
pages = { x = 4 }
marks = { x = "guess" }
"""


def test_there_are_ten_tables():
    assert list(TABLES) == list(range(1, 11))
    assert {t.doi for t in TABLES.values()} == {"10.1016/j.xcrp.2022.100876"}
    assert {len(t) for n, t in TABLES.items() if n in (2, 10)} == {28, 13}


def test_every_cell_has_its_page():
    for table in TABLES.values():
        for row in table:
            assert row.cells
            assert all(cell.page > 0 for cell in row.cells.values())
    split_over_pages = TABLES[6]["leave-out-irradiation", "dataset2-expanded"].cells
    assert split_over_pages["train_bdot"].page == 24
    assert split_over_pages["train_loop_111"].page == 25


def test_numbers_keep_the_digits_that_were_printed():
    assert str(TABLES[5]["find_f1", "all"]["split_2"]) == "0.80"
    assert str(TABLES[9]["barrier_strength_bdot",]["value"]) == "0.10"


@pytest.mark.parametrize(
    ("table", "key", "column", "value"),
    [
        (1, ("dataset2",), "loop_100", 754),
        (2, ("dataset2", "leave-out-alloy"), "bdot_test", 3271),
        (2, ("dataset2-expanded", "leave-out-90-percent-3"), "loop_111_train", 459),
        (5, ("size_error_found", "bdot"), "split_4", Decimal("12.34")),
        (5, ("test_instances", "all"), "sd", Decimal("135.5")),
        (6, ("leave-out-microscope", "dataset2-expanded"), "type_f1_loop_100", Decimal("0.57")),
        (7, ("density_error", "loop_100"), "dataset2", Decimal("18.66")),
        (8, ("size_error_all", "loop_100"), "run_2", Decimal("0.80")),
        (10, ("g2_midonzone",), "thickness", Decimal("96.3")),
    ],
)
def test_cells_read_off_the_paper(table, key, column, value):
    assert TABLES[table][key][column] == value


def test_only_one_column_kind_is_text():
    for table in TABLES.values():
        for row in table:
            for name, cell in row.cells.items():
                assert isinstance(cell.value, str) == (table.columns[name].kind is ColumnKind.TEXT)


def test_a_table_as_a_frame():
    frame = TABLES[10].to_frame()
    assert frame.columns.tolist() == ["image", "column", "value", "page", "mark"]
    assert len(frame) == 26
    assumed = frame[frame["mark"] == "not reported"]
    assert set(assumed["value"]) == {100.0}


def test_another_value_in_one_cell():
    changed = TABLES[1].with_value(("dataset2",), "loop_100", 734)
    assert changed["dataset2",]["loop_100"] == 734
    assert changed["dataset2",].cells["loop_100"].page == 7
    assert TABLES[1]["dataset2",]["loop_100"] == 754


def test_unknown_rows_and_columns_list_the_known():
    with pytest.raises(UnknownNameError, match="did you mean 'dataset2'"):
        TABLES[1]["dataset_2",]
    with pytest.raises(UnknownNameError, match="did you mean 'loop_100'"):
        TABLES[1]["dataset2",]["loop100"]
    with pytest.raises(RecordError, match="is text"):
        TABLES[9]["taylor_factor",].number("unit")


def test_pages_and_marks_of_single_cells(tmp_path):
    path = tmp_path / "table_99.toml"
    path.write_text(SMALL, encoding="utf-8")
    row = read_published_table(path)["a",]
    assert (row.cells["n"].page, row.cells["n"].mark) == (3, "")
    assert (row.cells["x"].page, row.cells["x"].mark) == (4, "guess")
    assert published_tables(tmp_path)[99]["a",] == row
    (tmp_path / "table_98.toml").write_text(SMALL, encoding="utf-8")
    with pytest.raises(RecordError, match="Table 99 is there twice"):
        published_tables(tmp_path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("n = 1", "n = 1.5"), "n = Decimal.*is no count"),
        (("n = 1", "n = true"), "is no count"),
        (("x = 0.50", 'x = "0.50"'), "is no decimal"),
        (("n = 1", "m = 1"), "unknown keys: m"),
        (("pages = { x = 4 }", "pages = { y = 4 }"), "unknown keys: y"),
        (("page = 3\n", ""), "missing key: page"),
        (('title = "A table"', 'titel = "A table"'), "titel"),
        (("format = 1", "format = 2"), "reads format 1"),
        (('kind = "count"', 'kind = "counts"'), "counts"),
        (("number = 99", "number = "), "not TOML"),
        (("[[row]]", '[[row]]\nthing = "a"\npage = 3\n[[row]]'), "row a is there twice"),
    ],
)
def test_a_faulty_file_is_refused_with_its_path(tmp_path, change, message):
    path = tmp_path / "table_99.toml"
    old, new = change
    path.write_text(SMALL.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(RecordError, match=message) as caught:
        read_published_table(path)
    assert str(path) in str(caught.value)
