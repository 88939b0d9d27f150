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


STOPPED = """
import sys
from types import SimpleNamespace
sys.path.insert(0, {root!r})
from tests.attack import commands, stops
from defectkit.errors import DefectkitError
from defectkit.files import output_folder

def write(folder, text):
    for name in ("a", "b", "c"):
        (folder / name).write_text(text)

def run(place, *words):
    try:
        if {fault!r} == "in place":
            (place / "out").mkdir(exist_ok=True)
            write(place / "out", words[0])
        elif {fault!r} == "removed":
            import shutil
            shutil.rmtree(place / "out", ignore_errors=True)
            (place / "out").mkdir()
            write(place / "out", words[0])
        else:
            with output_folder(place / "out", command="analyze") as folder:
                write(folder, words[0])
    except DefectkitError as error:
        return SimpleNamespace(exit_code=2, stderr=f"error: {{error}}", output="")
    return SimpleNamespace(exit_code=0, stderr="", output="")

commands.run = run
commands.make_workplace = lambda folder: folder.mkdir()
stops.WRITERS = (commands.Writer("planted", ("new",), "out", ("old",)),)
stops.REAL_KILLS = 0
if __name__ == "__main__":
    stops.main()
"""


@pytest.mark.parametrize(
    ("name", "fault", "counted"),
    [
        ("kill: planted", "in place", {"mixed"}),
        ("kill: planted", "removed", {"lost"}),
        ("kill: planted", "none", set()),
        ("fault: ENOSPC", "in place", {"foreign"}),
        ("fault: ENOSPC", "none", set()),
    ],
)
def test_a_command_that_is_stopped_badly_is_found(name: str, fault: str, counted: set[str], tmp_path: Path) -> None:
    from tests.attack import pool

    script = tmp_path / "stopped.py"
    script.write_text(STOPPED.format(root=str(ROOT), fault=fault))
    worker = pool.Worker(tmp_path / "home", [sys.executable, str(script)], 60)
    tally = pool.Tally()
    for number in range(12):
        tally.take(worker.ask({"reader": name, "first": number, "seed": 0, "seconds": 0}))
    worker.close()
    assert tally.inputs + tally.counts["missed"] == 12
    assert (tally.n_findings > 0) == bool(counted)
    assert counted <= set(tally.counts)


def test_kills_and_faults_have_their_tables_and_as_much_time() -> None:
    from tests.attack import pool, stops, table

    weights = stops.names()
    shares = [sum(w**0.5 for name, w in weights.items() if name.startswith(k)) for k in (stops.KILL, stops.FAULT)]
    assert shares[0] == pytest.approx(shares[1])
    assert shares[0] > 0
    tallies = {name: pool.Tally() for name in ("text: material", "kill: study", "fault: EIO")}
    tallies["kill: study"].counts.update(whole=5, missed=3, mixed=2)
    tallies["fault: EIO"].counts.update(whole=1, lost=4)
    text = table.markdown(tallies, command="nox")
    assert "| study | 7 | 0 | 0 | 2 | 0 | 0 | 0 | 0 |" in text
    assert "| EIO | 5 | 0 | 4 | 0 | 0 | 0 | 0 | 0 |" in text


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


def test_a_later_run_counts_on_from_an_earlier_one(tmp_path: Path) -> None:
    from tests.attack.counts import Counts

    first = Counts.of(tmp_path / "counts.json", 5)
    tally = first.of_names({"text: material": 1})["text: material"]
    tally.take({"counts": {"read": 7}, "findings": [{"kind": "KeyError at here", "number": 3}]})
    tally.next = 7
    first.keep()
    second = Counts.of(tmp_path / "counts.json", 5)
    assert second.of_names({"text: material": 1, "text: splits": 1})["text: material"] == tally
    assert (second.n_runs, second.minutes) == (2, first.minutes)
    with pytest.raises(SystemExit):
        Counts.of(tmp_path / "counts.json", 6)


def test_it_runs_from_the_command_line(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.attack", "--budget", "0.1", "--only", "text: material", "--workers", "1",
         "--output", str(tmp_path / "table.md"), "--keep", str(tmp_path / "kept")],
        cwd=ROOT, capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.returncode in (0, 1), done.stderr
    assert "| text: material | " in (tmp_path / "table.md").read_text()


@pytest.mark.parametrize(("findings", "status"), [(0, 0), (1, 1)])
def test_the_exit_status_tells_of_findings_at_kills(
    findings: int, status: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.attack import __main__ as program, pool

    def run(names: dict[str, int], *, tallies: dict[str, pool.Tally], **_: object) -> dict[str, pool.Tally]:
        assert set(tallies) == set(names)
        for number in range(findings):
            tallies["kill: study"].note("planted", number)
        return tallies

    monkeypatch.setattr(pool, "run", run)
    monkeypatch.setattr(sys, "argv", ["attack", "--only", "kill: study", "--keep", str(tmp_path / "kept")])
    assert program.main() == status
