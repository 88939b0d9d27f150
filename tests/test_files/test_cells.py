from __future__ import annotations

from pathlib import Path

import pytest

from defectkit.errors import OutputError
from defectkit.files import Cells


def test_a_cell_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    cells = Cells.open(tmp_path / "cells", ".txt")
    with pytest.raises(ZeroDivisionError), cells.making("one") as path:
        path.write_text("half")
        raise ZeroDivisionError
    assert cells.find("one") is None
    assert list(cells.folder.iterdir()) == []
    with cells.making("one") as path:
        path.write_text("whole")
        assert cells.find("one") is None
    found = cells.find("one")
    assert found is not None and found.read_text() == "whole"
    assert cells.keys() == ("one",)
    cells.drop("one")
    assert cells.keys() == ()


def test_what_killed_writers_left_goes_and_nothing_else(tmp_path: Path) -> None:
    cells = Cells.open(tmp_path, ".txt")
    (tmp_path / ".0123456789abcdef.part").write_text("half")
    (tmp_path / ".my.part").write_text("mine")
    cells.tidy()
    assert [p.name for p in tmp_path.iterdir()] == [".my.part"]


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot write"):
        Cells.open(tmp_path / "file" / "cells", ".txt")
