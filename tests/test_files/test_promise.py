"""The promise on output folders: whatever is run, edited, killed or refused, no file of the user's is lost."""

from __future__ import annotations

import itertools
import os
import re
import shutil
import tempfile
import warnings
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from hypothesis import HealthCheck, settings, strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, rule

from defectkit.errors import OutputError, RenamedFileWarning
from defectkit.files import output_folder
from defectkit.files.marker import MARKER
from tests.attack.faults import CODES, failing_from, failing_once
from tests.attack.kills import killed_at

NAMES = ("a.csv", "b.csv", "overlays/one.png", "overlays/two.png", "store/c/0", "store/zarr.json", "empty/")
MINE = (*NAMES[:-1], "notes.txt", "overlays/mine.png", "overlays", "store", "deep/er/file", "a.kept-1.csv")
MEMORY = Path("/dev/shm")  # flushing to a disk is most of the time otherwise
COMMANDS = ("analyze", "evaluate")


def contents(root: Path) -> dict[str, Path]:
    """Where each content lies below a folder; links are left out."""
    files = [p for p in root.rglob("*") if p.is_file() and not p.is_symlink()]
    return {p.read_text(errors="replace"): p for p in files}


class Promise(RuleBasedStateMachine):
    """A user and defectkit share a folder."""

    mine = Bundle("mine")

    @initialize()
    def begin(self) -> None:
        self.root = Path(tempfile.mkdtemp(dir=MEMORY if MEMORY.is_dir() else None))
        self.place = self.root / "out"
        self.numbers = itertools.count()
        self.files: dict[str, Path] = {}
        self.was_killed = False
        self.cwd = Path.cwd()

    def teardown(self) -> None:
        os.chdir(self.cwd)
        shutil.rmtree(self.root)

    def run(
        self, command: str, names: set[str], overwrite: bool, stopped: AbstractContextManager[object], during: str = ""
    ) -> bool:
        """Run a command; return whether it says that its result is there."""
        text = f"result {next(self.numbers)}"
        done = False
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RenamedFileWarning)
            with stopped:
                try:
                    with output_folder(self.place, command=command, overwrite=overwrite) as folder:
                        for name in sorted(names):
                            path = folder / name
                            if name.endswith("/"):
                                path.mkdir(parents=True)
                            else:
                                path.parent.mkdir(parents=True, exist_ok=True)
                                path.write_text(text)
                        if during:
                            self.write(during)
                    done = True
                except OutputError:
                    pass
        if done:
            written = {n for n in names if not n.endswith("/")}
            assert {n for n in written if (self.place / n).read_text() == text} == written
            assert (self.place / MARKER).is_file()
        return done

    def write(self, name: str) -> Path | None:
        path = self.place / name
        if path.is_dir() or any(p.is_file() for p in path.relative_to(self.root).parents if p != Path()):
            return None
        if any((self.root / p).is_file() for p in path.relative_to(self.root).parents):
            return None
        text = f"mine {next(self.numbers)}"
        path.parent.mkdir(parents=True, exist_ok=True)
        self.files = {content: p for content, p in self.files.items() if p != path}
        path.write_text(text)
        self.files[text] = path
        return path

    @rule(
        command=st.sampled_from(COMMANDS),
        names=st.sets(st.sampled_from(NAMES), min_size=1),
        overwrite=st.booleans(),
        during=st.sampled_from(("", *MINE)),
    )
    def runs(self, command: str, names: set[str], overwrite: bool, during: str) -> None:
        if self.run(command, names, overwrite, nullcontext(), during):
            self.was_killed = False
            assert [p.name for p in self.root.iterdir()] == ["out"]

    @rule(
        command=st.sampled_from(COMMANDS),
        names=st.sets(st.sampled_from(NAMES), min_size=1),
        overwrite=st.booleans(),
        number=st.integers(1, 90),
    )
    def is_killed(self, command: str, names: set[str], overwrite: bool, number: int) -> None:
        self.was_killed = not self.run(command, names, overwrite, killed_at(number, self.root)) or self.was_killed

    @rule(
        command=st.sampled_from(COMMANDS),
        names=st.sets(st.sampled_from(NAMES), min_size=1),
        overwrite=st.booleans(),
        number=st.integers(1, 60),
        code=st.sampled_from(CODES),
        lasting=st.booleans(),
        during=st.sampled_from(("", *MINE)),
    )
    def is_refused(
        self, command: str, names: set[str], overwrite: bool, number: int, code: int, lasting: bool, during: str
    ) -> None:
        before = {p: p.read_text() for p in self.place.rglob("*") if p.is_file()} if self.place.exists() else {}
        stopped = (failing_from if lasting else failing_once)(number, code, self.root)
        done = self.run(command, names, overwrite, stopped, during)
        if not done and not during and not self.was_killed and not lasting:
            after = {p: p.read_text() for p in self.place.rglob("*") if p.is_file()} if self.place.exists() else {}
            assert after == before

    @rule(target=mine, name=st.sampled_from(MINE))
    def writes_a_file(self, name: str) -> Path | None:
        return self.write(name)

    @rule(path=consumes(mine))
    def removes_one_of_his(self, path: Path | None) -> None:
        if path is not None and path in self.files.values() and path.is_file():
            self.files.pop(path.read_text(), None)
            path.unlink()

    @rule(name=st.sampled_from(NAMES[:-1]))
    def removes_a_result(self, name: str) -> None:
        path = self.place / name
        if path.is_file() and path.read_text() not in self.files:
            path.unlink()

    @rule()
    def removes_the_marker(self) -> None:
        (self.place / MARKER).unlink(missing_ok=True)

    @rule(inside=st.booleans())
    def goes_elsewhere(self, inside: bool) -> None:
        os.chdir(self.place if inside and self.place.is_dir() else self.cwd)

    @invariant()
    def nothing_of_the_user_is_lost(self) -> None:
        if not hasattr(self, "root"):
            return
        found = contents(self.root)
        assert set(self.files) - set(found) == set()
        if not self.was_killed:
            for content, path in self.files.items():
                kept = re.compile(rf"{re.escape(path.stem)}(\.kept-\d+)*{re.escape(path.suffix)}")
                now = found[content].relative_to(self.root)
                asked = path.relative_to(self.root)
                assert kept.fullmatch(now.name), f"{asked} is {now}"


Promise.TestCase.settings = settings(
    max_examples=40, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
)
TestPromise = Promise.TestCase
