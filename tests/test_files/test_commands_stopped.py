"""Every command that writes, killed or refused at any operation: the old or the new, whole, and the next run works."""

from __future__ import annotations

import random
import shutil
import signal
import sys
from pathlib import Path

import pytest

from tests.attack.commands import AGAIN, WRITERS, Writer, copied, litter, make_workplace, run, standing_in, state
from tests.attack.faults import CODES, failing_from, refusals_of
from tests.attack.kills import killed_at, operations_of, run_killed
from tests.attack.operations import watched

SEED = 11
WRITER = pytest.mark.parametrize("writer", WRITERS, ids=lambda w: w.name)


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("stopped") / "workplace"
    make_workplace(folder)
    return folder


def watched_in(place: Path, writer: Writer) -> tuple[Path, ...]:
    """What a command writes to: all of its workplace but what it reads."""
    return tuple(
        place / name for name in {writer.result, f".{writer.result}.defectkit", f".{writer.result}.defectkit.lock"}
    )


def finish(place: Path, writer: Writer) -> None:
    """Run the command to its end after it was stopped; where it had done its work already, it may say so."""
    done = run(place, *writer.words)
    has_done = ("already", "no data set is named", "nothing is different")
    assert done.exit_code == 0 or any(text in done.stderr for text in has_done), done.stderr
    assert litter(place) == []


@WRITER
def test_a_refused_operation_ends_in_one_sentence(writer: Writer, workplace: Path, tmp_path: Path) -> None:
    chosen = random.Random(f"{SEED} {writer.name}")
    with watched(*watched_in(copied(workplace, tmp_path / "count"), writer)) as watch:
        assert run(tmp_path / "count", *writer.words).exit_code == 0
    most = refusals_of(watch)
    assert most > 3
    for attempt in range(1):
        place = copied(workplace, tmp_path / f"at-{attempt}")
        if writer.name in AGAIN and attempt:
            assert run(place, *writer.words).exit_code == 0
        before = state(place)
        with failing_from(chosen.randint(1, most), chosen.choice(CODES), *watched_in(place, writer)):
            done = run(place, *writer.words)
        if done.exit_code == 0:  # refused only after the result was in its place
            continue
        assert done.exit_code == 2
        (said,) = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
        assert "cannot" in said
        if writer.name not in ("study", "labels add"):  # finished cells stay
            kept = {name: content for name, content in state(place).items() if ".defectkit" not in name.split("/")[0]}
            assert {n: c for n, c in kept.items() if n in before} == {n: c for n, c in before.items() if n in kept}
            assert set(before) <= set(state(place))
        finish(place, writer)


@WRITER
def test_a_killed_command_leaves_the_old_or_the_new(writer: Writer, workplace: Path, tmp_path: Path) -> None:
    chosen = random.Random(f"{SEED} killed {writer.name}")
    counted = copied(workplace, tmp_path / "count")
    most = operations_of(lambda: run(counted, *writer.words), *watched_in(counted, writer))
    for attempt in range(1):
        place = copied(workplace, tmp_path / f"at-{attempt}")
        with killed_at(chosen.randint(1, most), *watched_in(place, writer)):
            run(place, *writer.words)
        finish(place, writer)
        shutil.rmtree(place)


@pytest.mark.skipif(not hasattr(signal, "SIGKILL") or sys.platform != "linux", reason="this system has no SIGKILL")
@pytest.mark.parametrize(
    "writer", [w for w in WRITERS if w.name in ("labels export", "datasets add")], ids=lambda w: w.name
)
def test_sigkill(writer: Writer, workplace: Path, tmp_path: Path) -> None:
    chosen = random.Random(f"{SEED} SIGKILL {writer.name}")
    counted = copied(workplace, tmp_path / "count")
    most = operations_of(lambda: run(counted, *writer.words), counted)
    place = copied(workplace, tmp_path / "place")
    with standing_in(place):
        assert run_killed(writer.words, chosen.randint(1, most), place) == -signal.SIGKILL
    finish(place, writer)
