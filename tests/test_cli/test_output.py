from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from defectkit.cli.output import MARKER, output_folder
from defectkit.errors import OutputError


def write(path: Path, *names: str, overwrite: bool = False, text: str = "new") -> None:
    with output_folder(path, overwrite) as folder:
        for name in names:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text)


def files(path: Path) -> dict[str, str]:
    return {p.relative_to(path).as_posix(): p.read_text() for p in path.rglob("*") if p.is_file() and p.name != MARKER}


def test_a_new_folder_is_made_with_those_above_it(tmp_path: Path) -> None:
    write(tmp_path / "a" / "b" / "out", "defects.csv", "overlays/one.png")
    assert files(tmp_path / "a" / "b" / "out") == {"defects.csv": "new", "overlays/one.png": "new"}
    assert [p.name for p in (tmp_path / "a" / "b").iterdir()] == ["out"]


def test_the_marker_says_what_was_written(tmp_path: Path) -> None:
    write(tmp_path / "out", "defects.csv", "overlays/one.png")
    marker = json.loads((tmp_path / "out" / MARKER).read_text())
    assert marker["entries"] == ["defects.csv", "overlays"]


def test_an_empty_folder_is_written_into(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    write(tmp_path / "out", "a.csv")
    assert files(tmp_path / "out") == {"a.csv": "new"}


def test_nothing_is_there_before_the_block_ends(tmp_path: Path) -> None:
    with output_folder(tmp_path / "out") as folder:
        (folder / "a.csv").write_text("half")
        assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_a_failure_leaves_nothing_behind(tmp_path: Path, error: type[BaseException]) -> None:
    with pytest.raises(error), output_folder(tmp_path / "out") as folder:
        (folder / "a.csv").write_text("half")
        raise error
    assert list(tmp_path.iterdir()) == []


def test_a_failure_leaves_an_earlier_result_as_it_was(tmp_path: Path) -> None:
    write(tmp_path / "out", "a.csv", text="old")
    with pytest.raises(ZeroDivisionError), output_folder(tmp_path / "out") as folder:
        (folder / "a.csv").write_text("half")
        raise ZeroDivisionError
    assert files(tmp_path / "out") == {"a.csv": "old"}
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_an_earlier_result_is_renewed_and_nobody_elses_file_is_touched(tmp_path: Path) -> None:
    write(tmp_path / "out", "a.csv", "hardening.csv", "overlays/old.png", text="old")
    (tmp_path / "out" / "notes.txt").write_text("mine")
    write(tmp_path / "out", "a.csv", "overlays/new.png")
    assert files(tmp_path / "out") == {"a.csv": "new", "overlays/new.png": "new", "notes.txt": "mine"}


def test_a_folder_of_somebody_elses_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("mine")
    with pytest.raises(OutputError, match=r"1 entries that defectkit did not write \(thesis.tex\).*--overwrite"):
        write(tmp_path, "a.csv")
    assert files(tmp_path) == {"thesis.tex": "mine"}


def test_overwrite_replaces_only_what_has_the_same_name(tmp_path: Path) -> None:
    place = tmp_path / "out"
    place.mkdir()
    for name in ("thesis.tex", "a.csv"):
        (place / name).write_text("mine")
    write(place, "a.csv", overwrite=True)
    assert files(place) == {"thesis.tex": "mine", "a.csv": "new"}


def test_overwrite_of_an_earlier_result_keeps_other_files_too(tmp_path: Path) -> None:
    place = tmp_path / "out"
    write(place, "a.csv", "b.csv", text="old")
    (place / "notes.txt").write_text("mine")
    write(place, "a.csv", overwrite=True)
    assert files(place) == {"a.csv": "new", "notes.txt": "mine"}


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file")
    with pytest.raises(OutputError, match="is a file"):
        write(tmp_path / "out", "a.csv", overwrite=True)


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("a file")
    with pytest.raises(OutputError, match="cannot be made"):
        write(tmp_path / "file" / "out", "a.csv")


@pytest.mark.parametrize(
    "text", ["{", "[]", '{"entries": 3}', '{"entries": ["../a"]}', '{"entries": [".."]}', '{"entries": [{}]}']
)
def test_a_damaged_marker_is_refused_before_any_work(tmp_path: Path, text: str) -> None:
    write(tmp_path / "out", "a.csv")
    (tmp_path / "out" / MARKER).write_text(text)
    with pytest.raises(OutputError, match="damaged"), output_folder(tmp_path / "out"):
        pytest.fail("the block ran")


def test_a_move_that_fails_is_undone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "out"
    write(place, "a.csv", "b.csv", text="old")
    rename = Path.rename

    def failing(self: Path, target: str | os.PathLike[str]) -> Path:
        if self.name == "b.csv" and ".partial" in str(self):
            raise OSError(28, "No space left on device")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", failing)
    with pytest.raises(OutputError, match="No space left"):
        write(place, "a.csv", "b.csv")
    assert files(place) == {"a.csv": "old", "b.csv": "old"}
    assert [p.name for p in tmp_path.iterdir()] == ["out"]
    monkeypatch.undo()
    write(place, "a.csv")
    assert files(place) == {"a.csv": "new"}


def test_a_link_to_a_folder_is_followed(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    write(tmp_path / "link", "a.csv")
    assert files(tmp_path / "real") == {"a.csv": "new"}
    assert (tmp_path / "link").is_symlink()


def test_the_folder_has_the_permissions_that_any_new_folder_has(tmp_path: Path) -> None:
    write(tmp_path / "out", "a.csv")
    (tmp_path / "plain").mkdir()
    assert (tmp_path / "out").stat().st_mode == (tmp_path / "plain").stat().st_mode


KILLED = """
import os, signal, sys
from pathlib import Path
from defectkit.cli import output

target, when = Path(sys.argv[1]), sys.argv[2]
rename = Path.rename
if when != "writing":
    moves = iter(range(int(when)))

    def killing(self, to):
        if next(moves, None) is None:
            os.kill(os.getpid(), signal.SIGKILL)
        return rename(self, to)

    Path.rename = killing
with output.output_folder(target) as folder:
    for name in ("a.csv", "b.csv", "c.csv"):
        (folder / name).write_text("killed")
    if when == "writing":
        os.kill(os.getpid(), signal.SIGKILL)
"""


def run_killed(target: Path, when: str) -> None:
    done = subprocess.run([sys.executable, "-c", KILLED, str(target), when], check=False, timeout=60)
    assert done.returncode == -signal.SIGKILL


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no SIGKILL")
class TestKilled:
    def test_what_a_killed_run_left_goes_with_the_next_one(self, tmp_path: Path) -> None:
        run_killed(tmp_path / "out", "writing")
        assert len(list(tmp_path.glob(".out.*.partial"))) == 1
        write(tmp_path / "out", "a.csv")
        assert files(tmp_path / "out") == {"a.csv": "new"}
        assert [p.name for p in tmp_path.iterdir()] == ["out"]

    def test_outputs_of_other_names_are_left_alone(self, tmp_path: Path) -> None:
        run_killed(tmp_path / "out.b", "writing")
        before = sorted(p.name for p in tmp_path.iterdir())
        write(tmp_path / "out", "a.csv")
        assert sorted(p.name for p in tmp_path.iterdir()) == sorted([*before, "out"])

    @pytest.mark.parametrize("moves", range(7))
    def test_a_run_killed_while_it_moved_its_result_in_is_finished(self, tmp_path: Path, moves: int) -> None:
        write(tmp_path / "out", "a.csv", "b.csv", "old.csv", text="old")
        (tmp_path / "out" / "notes.txt").write_text("mine")
        run_killed(tmp_path / "out", str(moves))
        with pytest.raises(ZeroDivisionError), output_folder(tmp_path / "out"):
            raise ZeroDivisionError
        whole = {"a.csv": "killed", "b.csv": "killed", "c.csv": "killed", "notes.txt": "mine"}
        assert files(tmp_path / "out") == whole
        assert (tmp_path / "out" / MARKER).is_file()
        assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_what_a_living_run_writes_is_not_touched(tmp_path: Path) -> None:
    with output_folder(tmp_path / "out") as folder:
        (folder / "a.csv").write_text("slow")
        write(tmp_path / "out", "b.csv", text="quick")
        assert (folder / "a.csv").read_text() == "slow"
    assert files(tmp_path / "out")["a.csv"] == "slow"
    assert [p.name for p in tmp_path.iterdir()] == ["out"]
