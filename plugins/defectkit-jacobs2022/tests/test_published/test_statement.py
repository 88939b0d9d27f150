from __future__ import annotations

from decimal import Decimal

import pytest
from defectkit_jacobs2022.statement import published_statements

from defectkit.errors import RecordError, UnknownNameError

SMALL = """
format = 1
[[statement]]
name = "a"
page = 3
says = "something"
values = { n = 1, x = 0.50, t = "all" }
"""


def test_values_keep_the_digits_that_were_printed(tmp_path):
    path = tmp_path / "statements.toml"
    path.write_text(SMALL, encoding="utf-8")
    statement = published_statements(path)["a"]
    assert (statement["n"], statement.number("x"), statement["t"]) == (1, Decimal("0.50"), "all")
    assert str(statement["x"]) == "0.50"
    with pytest.raises(RecordError, match="t is text"):
        statement.number("t")
    with pytest.raises(UnknownNameError, match="value of the statement 'a'"):
        statement.with_value("y", 1)


def test_every_statement_has_its_page():
    statements = published_statements()
    assert statements
    assert all(0 < statement.page <= 44 and statement.says for statement in statements.values())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("page = 3\n", ""), "page"),
        (("says", "said"), "said"),
        (("n = 1", "n = true"), "neither a number nor a text: n"),
        (("n = 1", "n = [1]"), "neither a number nor a text: n"),
        (("format = 1", "format = 2"), "reads format 1"),
        (("format = 1", "format = "), "not TOML"),
        (("[[statement]]", "[[statements]]"), "missing key: statement"),
        (("values = {", "values = 3 #"), "values|mapping|items"),
    ],
)
def test_a_faulty_file_is_refused_with_its_path(tmp_path, change, message):
    path = tmp_path / "statements.toml"
    old, new = change
    path.write_text(SMALL.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(RecordError, match=message) as caught:
        published_statements(path)
    assert str(path) in str(caught.value)


def test_one_name_twice_is_refused(tmp_path):
    path = tmp_path / "statements.toml"
    path.write_text(SMALL + SMALL.replace("format = 1", ""), encoding="utf-8")
    with pytest.raises(RecordError, match="a is there twice"):
        published_statements(path)
