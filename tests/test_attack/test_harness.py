"""The attack finds what it is there to find: a planted fault of each kind."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PLANTED = """
import os, sys, time
sys.path.insert(0, {root!r})
from tests.attack import readers, worker
from tests.attack.tree import Tree
from defectkit.errors import RecordError

def read(path):
    content = path.read_bytes()
    if content == b"good, a=1":
        return
    if {fault!r} == "refused": raise RecordError("no")
    if {fault!r} == "foreign": raise KeyError("x")
    if {fault!r} == "hang":
        while True: pass
    if {fault!r} == "stuck":
        import signal; signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGALRM, signal.SIGPROF]); time.sleep(100)
    if {fault!r} == "memory": bytearray(3 * 2**30)
    if {fault!r} == "crash": os._exit(9)

def trees(folder):
    (folder / "a.txt").write_bytes(b"good, a=1")
    return [Tree.of_file(folder / "a.txt")]

planted = readers.Reader(name="planted", read=read, trees=trees)
readers.readers = lambda: (planted,)
worker.readers = readers.readers
worker.HANG_S = 1
if __name__ == "__main__":
    worker.main()
"""


def outcome(fault: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    from tests.attack import pool

    script = tmp_path / "planted.py"
    script.write_text(PLANTED.format(root=str(ROOT), fault=fault))
    monkeypatch.setattr(pool, "WORKER", [sys.executable, str(script)])
    monkeypatch.setattr(pool, "SILENCE_S", 3)
    tallies = pool.run(
        {"planted": 1}, seconds=8 if fault == "stuck" else 3, seed=0, n_workers=1, home=tmp_path / "home"
    )
    tally = tallies["planted"]
    assert not tally.broken
    assert (tally.n_findings > 0) == (fault != "refused")
    return dict(tally.counts)


@pytest.mark.parametrize(
    ("fault", "counted"),
    [
        ("refused", "refused"),
        ("foreign", "foreign"),
        ("hang", "hang"),
        ("stuck", "hang"),
        ("memory", "memory"),
        ("crash", "crash"),
    ],
)
def test_a_planted_fault_is_found(fault: str, counted: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert outcome(fault, tmp_path, monkeypatch)[counted] > 0


def test_the_same_number_makes_the_same_input(tmp_path: Path) -> None:
    from tests.attack import readers
    from tests.attack.worker import case

    reader = next(r for r in readers.readers() if r.name == "text: calibrations")
    trees = list(reader.trees(tmp_path))
    first = [case(reader, trees, number, 7)[1] for number in range(40)]
    assert first == [case(reader, trees, number, 7)[1] for number in range(40)]
    assert first != [case(reader, trees, number, 8)[1] for number in range(40)]
    assert sum(changed != dict(tree.files) for tree in trees for changed in first) > 30


def test_a_kept_input_is_read_again(tmp_path: Path) -> None:
    from tests.attack.__main__ import again, keep
    from tests.attack.pool import Tally

    tally = Tally()
    tally.note("KeyError at here", 3)
    keep({"text: calibrations": tally}, 0, tmp_path / "kept", tmp_path / "home")
    (kept,) = (tmp_path / "kept").iterdir()
    outcome, fault = again(kept)
    assert outcome in ("read", "refused")
    assert fault is None


def test_it_runs_from_the_command_line(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.attack", "--budget", "0.1", "--only", "text: material", "--workers", "1",
         "--output", str(tmp_path / "table.md"), "--keep", str(tmp_path / "kept")],
        cwd=ROOT, capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.returncode in (0, 1), done.stderr
    assert "| text: material | " in (tmp_path / "table.md").read_text()
