"""Stops: commands that are killed, or refused by the system, at an operation that a seed decides.

``python -m tests.attack.stops HOME BEACON`` is a worker of the pool.
``python -m tests.attack.stops "kill: study" NUMBER SEED`` makes one of them again.
"""

from __future__ import annotations

import errno
import gc
import json
import random
import shutil
import signal
import sys
import tempfile
import time
import warnings
from collections import Counter
from pathlib import Path
from types import FrameType
from typing import Any

from tests.attack import commands
from tests.attack.commands import HAS_DONE, WRITERS, Writer, litter, standing_in
from tests.attack.faults import CODES, failing_from, failing_once
from tests.attack.grounds import Ground, Grounds, view, watched_in
from tests.attack.kills import killed_at, run_killed
from tests.attack.worker import Hang, answers_to_the_pool, beacon_at, note, where

KILL, FAULT = "kill: ", "fault: "
HANG_S = 120
"""Processor time that one command and its next run may take together."""
REAL_KILLS = 0.1
"""Part of the kills that a process of its own dies of; in the others nothing that it does on has any effect."""

Outcome = tuple[str, str | None]


def names() -> dict[str, float]:
    """Return all kinds of stops with their weights: as much time for all kills as for all faults."""
    kills = {KILL + writer.name: float(writer.weight**2) for writer in WRITERS}
    every = sum(writer.weight for writer in WRITERS) / len(CODES)
    return kills | {FAULT + errno.errorcode[code]: every**2 for code in CODES}


def drawn(name: str, number: int, seed: int) -> tuple[random.Random, Writer, bool]:
    """Return what decides on a stop, the command, and whether it runs into what one of other settings has written."""
    chosen = random.Random(f"{seed}/{name}/{number}")
    writer = next((w for w in WRITERS if KILL + w.name == name), None) or _any_writer(chosen)
    return chosen, writer, bool(writer.other) and chosen.random() < 0.5


def stop(name: str, number: int, seed: int, grounds: Grounds) -> Outcome:
    """Stop a command once, run it again, and return what became of its result and what was wrong with that."""
    chosen, writer, again = drawn(name, number, seed)
    ground = grounds.of(writer, again=again)
    place = grounds.copy(ground)
    signal.setitimer(signal.ITIMER_PROF, HANG_S)
    try:
        if name.startswith(KILL):
            outcome, what = _killed(writer, ground, place, chosen)
        else:
            outcome, what = _refused(writer, ground, place, chosen, getattr(errno, name.removeprefix(FAULT)))
    except Hang:
        outcome, what = "hang", f"over {HANG_S} s of the processor at {where()}"
    except Exception as error:  # each is a finding, whatever it is
        outcome, what = "foreign", f"{type(error).__name__} at {where()}"
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        shutil.rmtree(place, ignore_errors=True)
    return outcome, f"{writer.name}: {what}" if what else None


def _any_writer(chosen: random.Random) -> Writer:
    (writer,) = chosen.choices(WRITERS, [writer.weight for writer in WRITERS])
    return writer


def _killed(writer: Writer, ground: Ground, place: Path, chosen: random.Random) -> Outcome:
    number = chosen.randint(1, ground.n_operations)
    if chosen.random() < REAL_KILLS:
        with standing_in(place):
            reached = run_killed(writer.words, number, place, timeout_s=600) == -signal.SIGKILL
    else:
        with killed_at(number, *watched_in(place, writer)) as watch:
            commands.run(place, *writer.words)
        reached = len(watch.seen) >= number
    gc.collect()  # what the dead process had open is closed, which writes nothing
    return _judged(writer, ground, place, "whole" if reached else "missed")


def _refused(writer: Writer, ground: Ground, place: Path, chosen: random.Random, code: int) -> Outcome:
    number = chosen.randint(1, ground.n_refusals)
    failing = chosen.choice((failing_once, failing_from))
    with failing(number, code, *watched_in(place, writer)):
        done = commands.run(place, *writer.words)
    gc.collect()
    said = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    if done.exit_code not in (0, 2) or len(said) != (done.exit_code == 2):
        return "foreign", f"status {done.exit_code} and {len(said)} sentences"
    if done.exit_code == 0 and ground.verdict(view(place, writer)) == "old" != ground.verdict(ground.new):
        return "lost", "it says that it is done, and nothing is written"
    return _judged(writer, ground, place, "whole")


def _judged(writer: Writer, ground: Ground, place: Path, good: str) -> Outcome:
    """Look at the result, then run the command to its end and look again."""
    verdict = ground.verdict(view(place, writer))
    if verdict in ("lost", "mixed"):
        return verdict, "right after the stop"
    done = commands.run(place, *writer.words)
    verdict = ground.verdict(view(place, writer))
    has_done = verdict == "new" and any(text in done.stderr for text in HAS_DONE)
    if done.exit_code != 0 and not has_done:
        return "next", f"the next run fails: {' '.join(done.stderr.split())[-150:]}".replace(str(place), "PLACE")
    if verdict != "new" and ground.old != ground.new:
        return ("lost" if verdict == "lost" else "mixed"), "after the next run"
    left = litter(place)
    return ("litter", f"leaves {left[0]}") if left else (good, None)


def main() -> None:
    """Answer jobs from stdin as a worker does, or make one stop again."""
    warnings.simplefilter("ignore")
    signal.signal(signal.SIGPROF, _too_long)
    if len(sys.argv) > 3:
        home = Path(tempfile.mkdtemp())
        print(*stop(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), Grounds(home)), sep=": ")
        shutil.rmtree(home)
        return
    home, beacon = Path(sys.argv[1]), beacon_at(Path(sys.argv[2]))
    grounds, answers = Grounds(home), answers_to_the_pool()
    for line in sys.stdin:
        job = json.loads(line)
        counts: Counter[str] = Counter()
        findings: list[dict[str, Any]] = []
        begun, number = time.monotonic(), job["first"]
        while number == job["first"] or time.monotonic() - begun < job["seconds"]:
            _, writer, again = drawn(job["reader"], number, job["seed"])
            grounds.of(writer, again=again)  # takes long when it is first made, which is no fault of the stop
            note(beacon, number)
            outcome, what = stop(job["reader"], number, job["seed"], grounds)
            counts[outcome] += 1
            if what is not None:
                findings.append({"number": number, "kind": what, "outcome": outcome})
            number += 1
            note(beacon, -1)
        print(json.dumps({"next": number, "counts": dict(counts), "findings": findings}), file=answers, flush=True)


def _too_long(_: int, __: FrameType | None) -> None:
    raise Hang


if __name__ == "__main__":
    main()
