from __future__ import annotations

import os
import unicodedata
from pathlib import Path, PurePosixPath, PureWindowsPath

import pytest
from hypothesis import example, given, strategies as st

from defectkit.errors import OutputError
from defectkit.files.cells import quoted_cell, unquoted_cell
from defectkit.files.names import LONGEST_BYTES, file_name, name_of_file, printable, readable, relative_path

anything = st.text(st.characters() | st.sampled_from("./\\%:~ -=+@\x00\x1b\ud800\udcff"), min_size=1, max_size=24)
RESERVED = ["con", "NUL.txt", "Com1", "lpt9.a.b", "AUX ", "COM¹", "conin$"]


@pytest.mark.parametrize("name", ["loop_111", "Frame 7.a", "50%", "üΩ", "a-b_c+d", "console", "com", "nul1", "(1)~"])
def test_a_name_that_does_no_harm_stays_as_it_is(name: str) -> None:
    assert file_name(name) == name


@pytest.mark.parametrize("name", ["..", ".", ".hidden", "/", "C:x", "a\x00b", "a.", "a ", "%41", "\udce9", *RESERVED])
def test_a_name_that_does_harm_is_written_otherwise(name: str) -> None:
    written = file_name(name)
    assert written != name
    assert name_of_file(written) == name


@given(anything)
@example("%2F")
@example("a%2fb")
@example("%%2F")
def test_a_written_name_is_one_file_anywhere_and_gives_the_name_back(name: str) -> None:
    try:
        written = file_name(name)
    except OutputError:
        assert len(name) * 9 > LONGEST_BYTES
        return
    assert name_of_file(written) == name
    assert PurePosixPath(written).parts == (written,) == PureWindowsPath(written).parts
    assert not PureWindowsPath(written).is_reserved()
    assert written.isprintable()
    assert written == written.strip(" .") or (written.startswith(" ") and written.endswith(written.strip(" .")))
    assert len(os.fsencode(written)) <= LONGEST_BYTES


@given(st.lists(anything | st.sampled_from(["a", "b", "%2F", "%61"]), min_size=2, max_size=8, unique=True))
def test_no_two_names_become_one(names: list[str]) -> None:
    names = [name for name in names if len(name.encode("utf-8", "surrogatepass")) < 60]
    assert len({file_name(name) for name in names}) == len(names)
    assert len({relative_path(name) for name in names}) == len(names)


@given(st.lists(anything | st.sampled_from(["", ".", "..", "%2F"]), min_size=1, max_size=4).map("/".join))
def test_no_path_leaves_its_folder(name: str) -> None:
    try:
        path = relative_path(name, ".png")
    except OutputError:
        return
    assert not path.is_absolute()
    assert len(path.parts) == name.count("/") + 1
    assert Path(os.path.normpath(f"/folder/{path}")) == Path("/folder") / path


def test_a_name_that_is_too_long_or_empty_is_refused() -> None:
    assert file_name("ü" * 100) == "ü" * 100
    for name in ("ü" * 101, "", "\x00" * 67):
        with pytest.raises(OutputError):
            file_name(name)
    with pytest.raises(OutputError, match=r"205 bytes.*rename"):
        relative_path("folder/" + "x" * 205)


def test_bytes_that_are_no_utf_8_are_readable() -> None:
    assert readable(os.fsdecode(b"caf\xe9 \xc3\xa9")) == "caf%E9 é"
    assert readable("\ud800") == "%ED%A0%80"


@given(anything)
def test_what_is_shown_is_one_line_without_control(text: str) -> None:
    line = printable(text)
    assert not {unicodedata.category(c) for c in line} & {"Cc", "Cf", "Cs", "Zl", "Zp"}
    line.encode("utf-8")


@given(anything)
@example("'=1")
@example("''")
def test_a_cell_is_no_formula_and_gives_its_text_back(text: str) -> None:
    cell = quoted_cell(text)
    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
    assert unquoted_cell(cell) == text
