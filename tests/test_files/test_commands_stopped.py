"""Every command that writes, killed or refused at any operation: the old or the new, whole, and the next run works."""

from __future__ import annotations

import random
import signal
import sys
from pathlib import Path

import pytest

from tests.attack.commands import HAS_DONE, WRITERS, Writer, copied, litter, make_workplace, run, standing_in, state
from tests.attack.faults import CODES, failing_from, refusals_of
from tests.attack.grounds import watched_in
from tests.attack.kills import killed_at, operations_of, run_killed
from tests.attack.operations import watched

SEED = 11
WRITER = pytest.mark.parametrize("writer", WRITERS, ids=lambda w: w.name)


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("stopped") / "workplace"
    make_workplace(folder)
    return folder


def finish(place: Path, writer: Writer) -> None:
    """Run the command to its end after it was stopped; where it had done its work already, it may say so."""
    done = run(place, *writer.words)
    assert done.exit_code == 0 or any(text in done.stderr for text in HAS_DONE), done.stderr
    assert litter(place) == []


@WRITER
def test_a_command_that_is_stopped_leaves_the_old_or_the_new(writer: Writer, workplace: Path, tmp_path: Path) -> None:
    chosen = random.Random(f"{SEED} {writer.name}")
    place = copied(workplace, tmp_path / "counted")
    with watched(*watched_in(place, writer)) as watch:
        assert run(place, *writer.words).exit_code == 0
    assert refusals_of(watch) > 3
    again = place if writer.other else copied(workplace, tmp_path / "refused")
    before = state(again)
    with failing_from(chosen.randint(1, refusals_of(watch)), chosen.choice(CODES), *watched_in(again, writer)):
        done = run(again, *writer.words)
    if done.exit_code != 0:  # else it was refused only after the result was in its place
        assert done.exit_code == 2
        (said,) = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
        assert said and "cannot write" in done.stderr
        after = state(again)
        if writer.name != "datasets remove":  # that has begun, and the next call finishes it
            assert {name: after.get(name) for name in before} == before
    finish(again, writer)
    killed = copied(workplace, tmp_path / "killed")
    with killed_at(chosen.randint(1, len(watch.seen)), *watched_in(killed, writer)):
        run(killed, *writer.words)
    finish(killed, writer)


@pytest.mark.skipif(not hasattr(signal, "SIGKILL") or sys.platform != "linux", reason="this system has no SIGKILL")
@WRITER
def test_sigkill(writer: Writer, workplace: Path, tmp_path: Path) -> None:
    chosen = random.Random(f"{SEED} SIGKILL {writer.name}")
    counted = copied(workplace, tmp_path / "count")
    most = operations_of(lambda: run(counted, *writer.words), counted)
    place = copied(workplace, tmp_path / "place")
    with standing_in(place):
        assert run_killed(writer.words, chosen.randint(1, most), place) == -signal.SIGKILL
    finish(place, writer)


def test_labels_that_were_added_by_a_killed_run_leave_nothing(workplace: Path, tmp_path: Path) -> None:
    (writer,) = (w for w in WRITERS if w.name == "labels add")
    counted = copied(workplace, tmp_path / "counted")
    most = operations_of(lambda: run(counted, *writer.words), *watched_in(counted, writer))
    for number in range(most - 8, most + 1):
        place = copied(workplace, tmp_path / str(number))
        with killed_at(number, *watched_in(place, writer)):
            run(place, *writer.words)
        finish(place, writer)
