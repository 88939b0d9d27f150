from __future__ import annotations

import hashlib
import json
import signal
import subprocess
import sys
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from defectkit.errors import OutputError, RenamedFileWarning
from defectkit.files import check_apart, output_folder, unfinished_of
from defectkit.files.marker import MARKER


def write(path: Path, *names: str, overwrite: bool = False, text: str = "new", command: str = "analyze") -> None:
    with output_folder(path, command=command, overwrite=overwrite) as folder:
        for name in names:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text)


def analyze(path: Path) -> AbstractContextManager[Path]:
    return output_folder(path, command="analyze")


def files(path: Path) -> dict[str, str]:
    return {p.relative_to(path).as_posix(): p.read_text() for p in path.rglob("*") if p.is_file() and p.name != MARKER}


def test_a_new_folder_is_made_with_those_above_it(tmp_path: Path) -> None:
    write(tmp_path / "a" / "b" / "out", "defects.csv", "overlays/one.png")
    assert files(tmp_path / "a" / "b" / "out") == {"defects.csv": "new", "overlays/one.png": "new"}
    assert [p.name for p in (tmp_path / "a" / "b").iterdir()] == ["out"]


def test_the_marker_says_what_was_written(tmp_path: Path) -> None:
    write(tmp_path / "out", "defects.csv", "overlays/one.png")
    marker = json.loads((tmp_path / "out" / MARKER).read_text())
    assert marker["command"] == "analyze"
    assert marker["files"] == {name: hashlib.sha256(b"new").hexdigest() for name in ("defects.csv", "overlays/one.png")}
    assert marker["folders"] == ["overlays"]


def test_an_empty_folder_is_written_into(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    write(tmp_path / "out", "a.csv")
    assert files(tmp_path / "out") == {"a.csv": "new"}


def test_nothing_is_there_before_the_block_ends(tmp_path: Path) -> None:
    with output_folder(tmp_path / "out", command="analyze") as folder:
        (folder / "a.csv").write_text("half")
        assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_a_failure_leaves_nothing_behind(tmp_path: Path, error: type[BaseException]) -> None:
    with pytest.raises(error), output_folder(tmp_path / "out", command="analyze") as folder:
        (folder / "a.csv").write_text("half")
        raise error
    assert list(tmp_path.iterdir()) == []


def test_a_failure_leaves_an_earlier_result_as_it_was(tmp_path: Path) -> None:
    write(tmp_path / "out", "a.csv", text="old")
    with pytest.raises(ZeroDivisionError), output_folder(tmp_path / "out", command="analyze") as folder:
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


def test_overwrite_keeps_a_file_that_is_in_the_way_under_another_name(tmp_path: Path) -> None:
    place = tmp_path / "out"
    place.mkdir()
    for name in ("thesis.tex", "a.csv", "a.kept-1.csv"):
        (place / name).write_text(f"my {name}")
    with pytest.warns(RenamedFileWarning, match=r"a\.csv .* is kept as a\.kept-2\.csv"):
        write(place, "a.csv", overwrite=True)
    mine = {"thesis.tex": "my thesis.tex", "a.kept-1.csv": "my a.kept-1.csv", "a.kept-2.csv": "my a.csv"}
    assert files(place) == {**mine, "a.csv": "new"}


def test_the_folder_of_another_command_is_refused_without_overwrite(tmp_path: Path) -> None:
    place = tmp_path / "out"
    write(place, "a.csv", "b.csv", text="old")
    with pytest.raises(OutputError, match=r"what `defectkit analyze` wrote.*--overwrite"):
        write(place, "c.csv", command="evaluate")
    assert files(place) == {"a.csv": "old", "b.csv": "old"}
    write(place, "c.csv", command="evaluate", overwrite=True)
    assert files(place) == {"c.csv": "new"}


def test_an_edited_file_is_named_before_any_work(tmp_path: Path) -> None:
    place = tmp_path / "out"
    write(place, "a.csv", "b.csv", text="old")
    (place / "a.csv").write_text("mine")
    with pytest.raises(OutputError, match=r"a\.csv was changed since.*--overwrite"), analyze(place):
        pytest.fail("the block ran")
    with pytest.warns(RenamedFileWarning, match=r"kept as a\.kept-1\.csv"):
        write(place, "a.csv", overwrite=True)
    assert files(place) == {"a.csv": "new", "a.kept-1.csv": "mine"}


def test_a_file_that_is_edited_during_the_run_is_kept(tmp_path: Path) -> None:
    place = tmp_path / "out"
    write(place, "a.csv", "b.csv", text="old")
    with pytest.warns(RenamedFileWarning), analyze(place) as folder:
        (folder / "a.csv").write_text("new")
        (place / "a.csv").write_text("mine")
        (place / "notes.txt").write_text("mine")
    assert files(place) == {"a.csv": "new", "a.kept-1.csv": "mine", "notes.txt": "mine"}


def test_a_users_picture_among_ours_stays(tmp_path: Path) -> None:
    place = tmp_path / "out"
    write(place, "overlays/one.png", text="old")
    (place / "overlays" / "mine.png").write_text("mine")
    (place / "overlays" / "empty").mkdir()
    write(place, "overlays/one.png")
    assert files(place) == {"overlays/one.png": "new", "overlays/mine.png": "mine"}
    assert (place / "overlays" / "empty").is_dir()
    write(place, "b.csv")
    assert files(place) == {"b.csv": "new", "overlays/mine.png": "mine"}


def test_a_link_in_the_place_of_a_folder_is_not_followed(tmp_path: Path) -> None:
    place = tmp_path / "out"
    write(place, "overlays/one.png", text="old")
    (tmp_path / "elsewhere").mkdir()
    (place / "overlays").rename(tmp_path / "elsewhere" / "overlays")
    (place / "overlays").symlink_to(tmp_path / "elsewhere" / "overlays")
    with pytest.warns(RenamedFileWarning):
        write(place, "overlays/one.png", overwrite=True)
    assert files(place)["overlays/one.png"] == "new"
    assert (tmp_path / "elsewhere" / "overlays" / "one.png").read_text() == "old"


def test_an_old_marker_without_digests_proves_nothing(tmp_path: Path) -> None:
    place = tmp_path / "out"
    place.mkdir()
    (place / "a.csv").write_text("perhaps mine")
    (place / "gone.csv").write_text("perhaps mine")
    (place / MARKER).write_text('{"written_by": "defectkit", "version": "0.1.0", "entries": ["a.csv", "gone.csv"]}')
    with pytest.raises(OutputError, match="earlier version of defectkit"):
        write(place, "a.csv")
    with pytest.warns(RenamedFileWarning):
        write(place, "a.csv", overwrite=True)
    assert files(place) == {"a.csv": "new", "a.kept-1.csv": "perhaps mine", "gone.csv": "perhaps mine"}


def test_the_folder_that_somebody_stands_in_stays_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "out"
    write(place, "a.csv", "b.csv", text="old")
    monkeypatch.chdir(place)
    write(Path(), "a.csv")
    assert files(Path()) == files(place) == {"a.csv": "new"}
    assert Path().samefile(place)


@pytest.mark.parametrize("where", ["", "deep/er", "..", "../inputs/../inputs"])
def test_an_output_that_overlaps_with_an_input_is_refused(tmp_path: Path, where: str) -> None:
    (tmp_path / "inputs").mkdir()
    (tmp_path / "inputs" / "image.tif").write_text("pixels")
    place = tmp_path / "inputs" / where
    with (
        pytest.raises(OutputError, match=r"(is|lies in|holds) the input"),
        output_folder(place, command="analyze", inputs=[tmp_path / "inputs"], overwrite=True),
    ):
        pytest.fail("the block ran")
    assert files(tmp_path) == {"inputs/image.tif": "pixels"}


def test_a_link_into_an_input_is_seen_through(tmp_path: Path) -> None:
    (tmp_path / "inputs").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "inputs")
    with pytest.raises(OutputError, match="lies in the input"):
        check_apart(tmp_path / "link" / "out", [tmp_path / "inputs"])
    (tmp_path / "inputs" / "image.tif").write_text("")
    with pytest.raises(OutputError, match="holds the input"):
        check_apart(tmp_path / "inputs", [tmp_path / "link" / "image.tif"])
    check_apart(tmp_path / "out", [tmp_path / "inputs", tmp_path / "missing"])


def test_a_second_run_is_told_at_its_start(tmp_path: Path) -> None:
    with analyze(tmp_path / "out") as folder:
        (folder / "a.csv").write_text("slow")
        with pytest.raises(OutputError, match="another run is writing"), analyze(tmp_path / "out"):
            pytest.fail("the block ran")
    assert files(tmp_path / "out") == {"a.csv": "slow"}
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_unfinished_work_outlives_a_failure_and_goes_with_the_result(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), analyze(tmp_path / "out") as folder:
        unfinished_of(folder).mkdir()
        (unfinished_of(folder) / "cell").write_text("done")
        raise ZeroDivisionError
    with analyze(tmp_path / "out") as folder:
        assert (unfinished_of(folder) / "cell").read_text() == "done"
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


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
    with pytest.raises(OutputError, match=r"file/out: a file is where a folder should be"):
        write(tmp_path / "file" / "out", "a.csv")


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        '{"entries": 3}',
        '{"entries": [{}]}',
        '{"files": []}',
        '{"files": {"../a": ""}, "folders": [], "command": "", "run": ""}',
        '{"files": {"/a": ""}, "folders": [], "command": "", "run": ""}',
        '{"files": {}, "folders": [".."], "command": "", "run": ""}',
        "[" * 100_000,
    ],
)
def test_a_damaged_marker_is_refused_before_any_work(tmp_path: Path, text: str) -> None:
    write(tmp_path / "out", "a.csv")
    (tmp_path / "out" / MARKER).write_text(text)
    with pytest.raises(OutputError, match="damaged"), output_folder(tmp_path / "out", command="analyze"):
        pytest.fail("the block ran")


def test_a_move_that_fails_is_undone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "out"
    write(place, "a.csv", "b.csv", text="old")
    (place / "notes.txt").write_text("mine")
    rename = Path.rename

    def failing(self: Path, target: Path) -> Path:
        if self.name == "b.csv" and self.parent.name == "new":
            raise OSError(28, "No space left on device")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", failing)
    with pytest.raises(OutputError, match="no space is left"):
        write(place, "a.csv", "b.csv")
    assert files(place) == {"a.csv": "old", "b.csv": "old", "notes.txt": "mine"}
    assert [p.name for p in tmp_path.iterdir()] == ["out"]
    monkeypatch.undo()
    write(place, "a.csv")
    assert files(place) == {"a.csv": "new", "notes.txt": "mine"}


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
from defectkit import files

target, when = Path(sys.argv[1]), sys.argv[2]
rename = Path.rename
if when != "writing":
    moves = iter(range(int(when)))

    def killing(self, to):
        if next(moves, None) is None:
            os.kill(os.getpid(), signal.SIGKILL)
        return rename(self, to)

    Path.rename = killing
with files.output_folder(target, command="analyze") as folder:
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
        assert len(list(tmp_path.glob(".out.defectkit/new"))) == 1
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
        with pytest.raises(ZeroDivisionError), output_folder(tmp_path / "out", command="analyze"):
            raise ZeroDivisionError
        whole = {"a.csv": "killed", "b.csv": "killed", "c.csv": "killed", "notes.txt": "mine"}
        assert files(tmp_path / "out") == whole
        assert (tmp_path / "out" / MARKER).is_file()
        assert [p.name for p in tmp_path.iterdir()] == ["out"]
