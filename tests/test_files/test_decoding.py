from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, strategies as st

from defectkit.errors import DecodingError
from defectkit.files.decoding import MAX_DEPTH, SETTING, parse_json, parse_toml, read_json, read_toml

json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)


@given(json_values, st.booleans())
def test_any_json_is_read_as_python_reads_it(value: Any, is_ascii: bool) -> None:
    text = json.dumps(value, ensure_ascii=is_ascii)
    assert parse_json(text, where="x") == json.loads(text)


@given(st.text(alphabet='[]{}",:\\1aNu\ud800\n ', max_size=60) | st.text(max_size=40))
def test_any_text_is_read_or_refused_in_our_words(text: str) -> None:
    for parse in (parse_json, parse_toml):
        try:
            parse(text, where="x")
        except DecodingError as error:
            assert str(error).startswith("x: ")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[" * 100_000, "nested more than 64 deep"),
        ('{"a":' * 5000 + "1" + "}" * 5000, "nested more than 64 deep"),
        ("[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1), "nested more than 64 deep"),
        ("1" * 5000, "thousands of digits"),
        ('{"a": 1, "b": 2, "a": 3}', "two entries with the name 'a'"),
        ('["\\ud800"]', "lone surrogate"),
        ('{"a": 1,\n}', "line 2, column 1: a name in double quotes is missing"),
        ("[1, 2", "line 1, column 6: a comma or a closing bracket is missing"),
        ("", "line 1, column 1: a value is missing"),
        ("[1] 2", "line 1, column 5: more follows after the end"),
        ('["\\q"]', "something stands there that JSON does not know"),
    ],
)
def test_bad_json_ends_in_one_sentence_with_the_place(text: str, says: str) -> None:
    with pytest.raises(DecodingError, match=says) as caught:
        parse_json(text, where="a.json")
    assert str(caught.value).startswith("a.json: ")


def test_brackets_in_texts_do_not_nest_and_the_deepest_is_read() -> None:
    assert parse_json(json.dumps(["[" * 500, '\\"[' * 500]), where="x") == ["[" * 500, '\\"[' * 500]
    assert parse_json("[" * MAX_DEPTH + "]" * MAX_DEPTH, where="x")


def test_numbers_that_are_not_finite_are_left_to_who_uses_them() -> None:
    nan, infinite, large = parse_json("[NaN, -Infinity, 1e999]", where="x")
    assert math.isnan(nan)
    assert (infinite, large) == (-math.inf, math.inf)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a = " + "[" * 5000, "nested more than 64 deep"),
        (".".join("a" * 200) + " = 1", "nested more than 64 deep"),
        ("a = 1\na = 2\nb = 3", "line 2"),
        ("a = " + "1" * 5000, "cannot be"),
        ("a = ", "end of document"),
        ("a = 2021-02-31", "not TOML|cannot be"),
    ],
)
def test_bad_toml_ends_in_one_sentence(text: str, says: str) -> None:
    with pytest.raises(DecodingError, match=says):
        parse_toml(text, where="a.toml")


@pytest.mark.parametrize("read", [read_json, read_toml])
def test_files_that_cannot_be_text(read: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    binary = tmp_path / "binary"
    binary.write_bytes(b'"\xff\xfe"')
    with pytest.raises(DecodingError, match=r"binary: it is not text in UTF-8: byte 1"):
        read(binary)
    with pytest.raises(DecodingError, match="cannot be read"):
        read(tmp_path / "gone")
    with pytest.raises(DecodingError, match="cannot be read"):
        read(tmp_path)
    monkeypatch.setenv(SETTING, "3")
    with pytest.raises(DecodingError, match=f"4 bytes, more than the limit of 3; .* {SETTING}"):
        read(binary)
    monkeypatch.setenv(SETTING, "many")
    with pytest.raises(DecodingError, match="whole number of bytes"):
        read(binary)


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(b'\xef\xbb\xbf{"a": 1}')
    assert read_json(tmp_path / "a.json") == {"a": 1}
