"""What holds of every table, whatever it shows."""

from __future__ import annotations

import csv
import io
import math
import re
from decimal import Decimal

import attrs
import pytest
from defectkit_jacobs2022.artifact import Outcome
from defectkit_jacobs2022.published import published_hardening
from defectkit_jacobs2022.published_rows import OTHER_IMAGES
from defectkit_jacobs2022.statement import published_statements
from defectkit_jacobs2022.table import Origin, Table
from defectkit_jacobs2022.tables import TABLES
from tiny_reproduction import PROVENANCE

from defectkit.errors import StudyError

NEEDING = sorted((name, study) for name, artifact in TABLES.items() for study in artifact.studies)
ABOUT_IMAGES = ("table1", "table2", "table5", "table6", "table7", "table8", "table10", "hardening")


def test_the_tables_of_the_paper_and_four_more() -> None:
    assert list(TABLES) == [*(f"table{k}" for k in range(1, 11)), "hardening", "floor", "variance", "one-model"]
    assert all(name == artifact.name and artifact.title for name, artifact in TABLES.items())


def test_names_and_what_made_them(made: dict[str, Table]) -> None:
    for name, table in made.items():
        assert table.name == name
        assert table.rows, name
        if not name.endswith("recomputed"):
            assert table.notes[: len(PROVENANCE)] == PROVENANCE, name


@pytest.mark.parametrize(("name", "study"), NEEDING)
def test_a_study_that_was_not_run_is_asked_for(outcome: Outcome, name: str, study: str) -> None:
    without = attrs.evolve(outcome, results={n: r for n, r in outcome.results.items() if n != study})
    with pytest.raises(StudyError, match=f"the study '{study}' was not run"):
        TABLES[name].make(without)


def test_published_numbers_are_printed_ones_in_places_of_their_own(made: dict[str, Table], outcome: Outcome) -> None:
    printed = {
        str(cell.value)
        for table in (*outcome.published.values(), published_hardening())
        for row in table
        for cell in row.cells.values()
    } | {str(value) for statement in published_statements().values() for value in statement.values.values()}
    n_published = 0
    for name, table in made.items():
        for row in table.rows:
            for column, cell in zip(table.columns, row.cells, strict=True):
                if table.origin(row, column) is not Origin.PUBLISHED:
                    assert not isinstance(cell, Decimal), (name, column.name)
                elif isinstance(cell, Decimal | int):
                    assert str(cell) in printed, (name, column.name, cell)
                    assert table.shown(row, column) == str(cell)
                    n_published += 1
        if "source" in [c.name for c in table.columns]:
            sources = table.column("source")
            assert [str(row.origin) for row in table.rows] == list(sources), name
    assert n_published > 400


def test_notes_say_that_published_numbers_are_about_other_images(made: dict[str, Table], outcome: Outcome) -> None:
    for name in ABOUT_IMAGES:
        assert OTHER_IMAGES in made[name].notes, name
        assert any(note.startswith("Published: Jacobs et al. (2022)") for note in made[name].notes), name
    of_the_paper = attrs.evolve(outcome, is_original=True)
    for name in ("table1", "table10", "hardening"):
        assert OTHER_IMAGES not in TABLES[name].make(of_the_paper)[""].notes


def test_csv_gives_every_number_back(made: dict[str, Table]) -> None:
    for name, table in made.items():
        lines = [line for line in table.to_csv().split("\r\n") if not line.startswith("#")]
        header, *rows = list(csv.reader(io.StringIO("\n".join(lines))))
        assert len(set(header)) == len(header) == len(table.columns), name
        assert len(rows) == len(table.rows), name
        for row, texts in zip(table.rows, rows, strict=True):
            for cell, text in zip(row.cells, texts, strict=True):
                if cell is None or (isinstance(cell, float) and math.isnan(cell)):
                    assert text == ""
                else:
                    assert type(cell)(text) == cell


def test_markdown_has_as_many_columns_in_every_row(made: dict[str, Table]) -> None:
    for name, table in made.items():
        rows = [line for line in table.to_markdown().splitlines() if line.startswith("|")]
        assert {len(re.split(r"(?<!\\)\|", row)) for row in rows} == {len(table.columns) + 2}, name
        assert len(rows) == len(table.rows) + 2


def test_latex_is_balanced_and_escaped(made: dict[str, Table]) -> None:
    for name, table in made.items():
        lines = [line for line in table.to_latex().splitlines() if not line.startswith("%")]
        text = "\n".join("{" if line.startswith(r"\resizebox") else line for line in lines)
        bare = re.sub(r"\\[\\{}$&#%_]", "", text.replace(r"\\", ""))
        assert bare.count("{") == bare.count("}"), name
        depth = 0
        for character in bare:
            depth += {"{": 1, "}": -1}.get(character, 0)
            assert depth >= 0, name
        assert re.findall(r"\\begin\{(\w+)\}", text) == re.findall(r"\\end\{(\w+)\}", text)[::-1]
        body = text[text.index(r"\toprule") : text.index(r"\bottomrule")]
        rows = [line for line in body.splitlines() if line.endswith(r"\\")]
        assert {len(re.findall(r"(?<!\\)&", row)) for row in rows} == {len(table.columns) - 1}, name
        assert len(rows) == len(table.rows) + 1
        assert not re.search(r"(?<!\\)[#_^~<>|]", text), name
        assert text.count("$") == text.count(r"\$") + 2 * text.count(r"$\pm$"), name
        assert all(ord(c) < 128 for c in text), name
