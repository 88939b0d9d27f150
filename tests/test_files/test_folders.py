from __future__ import annotations

from pathlib import Path

import pytest

from defectkit.errors import OutputError
from defectkit.files import new_folder, replaced_file, write_text
from tests.attack.kills import killed_at, operations_of


def test_a_file_is_whole_or_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "a.txt"
    write_text(path, "first")
    with pytest.raises(RuntimeError, match="stop"), replaced_file(path) as temporary:
        temporary.write_text("half")
        raise RuntimeError("stop")
    assert path.read_text() == "first"
    write_text(path, "second")
    assert path.read_text() == "second"
    assert [p.name for p in path.parent.iterdir()] == ["a.txt"]


def test_a_file_can_be_read_by_others(tmp_path: Path) -> None:
    (tmp_path / "plain").write_text("")
    write_text(tmp_path / "a.txt", "x")
    assert (tmp_path / "a.txt").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_a_folder_is_whole_or_not_there(tmp_path: Path) -> None:
    path = tmp_path / "labels"
    with pytest.raises(RuntimeError, match="stop"), new_folder(path) as temporary:
        (temporary / "a.txt").write_text("half")
        raise RuntimeError("stop")
    assert list(tmp_path.iterdir()) == []
    path.mkdir()
    with new_folder(path) as temporary:
        (temporary / "a.txt").write_text("whole")
    assert (path / "a.txt").read_text() == "whole"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_made_within_a_folder_is_made_again_after_a_kill_at_any_operation(tmp_path: Path) -> None:
    def make(path: Path) -> None:
        with new_folder(path) as outer, new_folder(outer) as inner:
            (inner / "a.txt").write_text("whole")

    for number in range(1, operations_of(lambda: make(tmp_path / "counted"), tmp_path) + 1):
        path = tmp_path / str(number) / "model"
        path.parent.mkdir()
        with killed_at(number, path.parent):
            make(path)
        try:
            make(path)
        except OutputError as error:  # the work was done; opening the place has finished it
            assert f"{path} already holds a.txt" in str(error)
        assert [p.name for p in path.iterdir()] == ["a.txt"]


def test_what_is_there_already_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "a.txt").write_text("mine")
    with pytest.raises(OutputError, match="already holds"), new_folder(tmp_path / "folder"):
        pass
    with pytest.raises(OutputError, match="is a file"), new_folder(tmp_path / "folder" / "a.txt"):
        pass
    with pytest.raises(OutputError, match="is a folder"), replaced_file(tmp_path / "folder"):
        pass
    assert (tmp_path / "folder" / "a.txt").read_text() == "mine"


def test_a_place_that_cannot_be_written_is_said_to_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot write"), replaced_file(tmp_path / "file" / "a.txt"):
        pass
    with pytest.raises(OutputError, match="cannot write"), new_folder(tmp_path / "file" / "folder"):
        pass
