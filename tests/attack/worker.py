"""Worker: mutates and reads in a process of its own, so that a hang or a crash ends it and not the run."""

from __future__ import annotations

import json
import mmap
import os
import random
import resource
import signal
import struct
import sys
import time
import traceback
import warnings
from collections import Counter
from pathlib import Path
from types import FrameType
from typing import Any, TextIO

from tests.attack.readers import Reader, readers
from tests.attack.tree import Tree

HANG_S = 10
"""An input of these sizes that takes longer, of the processor's time, is a finding."""

WAIT_S = 180
"""So is one that takes longer by the clock: it waits for something, or others use the machine."""

MEMORY_BYTES = 2 * 2**30
"""So is one that takes more memory than this beside what the process had."""

PACKAGE = f"{os.sep}defectkit{os.sep}"


class Hang(BaseException):
    """An input took too long; no reader may catch it."""


def main() -> None:
    """Read ``(reader, first, last, seed)`` from stdin, line by line, and answer each with a line of JSON."""
    warnings.simplefilter("ignore")
    home, beacon = Path(sys.argv[1]), beacon_at(Path(sys.argv[2]))
    table = {reader.name: reader for reader in readers()}
    answers = answers_to_the_pool()
    signal.signal(signal.SIGALRM, _too_long)
    signal.signal(signal.SIGPROF, _too_long)
    trees: dict[str, list[Tree]] = {}
    for line in sys.stdin:
        job = json.loads(line)
        reader = table[job["reader"]]
        if reader.name not in trees:
            _limit_memory(None)  # what a reader loads when it is first used is not the fault of an input
            trees[reader.name] = _good(reader, home)
            _limit_memory(MEMORY_BYTES)
        print(json.dumps(_batch(reader, trees[reader.name], job, home, beacon)), file=answers, flush=True)


def answers_to_the_pool() -> TextIO:
    """Return the standard output, and let whatever prints from now on print among the errors."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return answers


def case(reader: Reader, trees: list[Tree], number: int, seed: int) -> tuple[Tree, dict[str, bytes | None]]:
    """Return the tree and what is changed in it, for an input of that number: the same one each time."""
    rng = random.Random(f"{seed}/{reader.name}/{number}")
    tree = trees[rng.randrange(len(trees))]
    return tree, tree.mutated(rng)


def place(tree: Tree, folder: Path) -> Path:
    """Write a tree and return what is handed to the reader."""
    for name, content in tree.files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    return folder / tree.target


def apply(tree: Tree, changed: dict[str, bytes | None], folder: Path) -> None:
    """Write what is changed."""
    for name, content in changed.items():
        if content is None:
            (folder / name).unlink()
        else:
            (folder / name).write_bytes(content)


def _good(reader: Reader, home: Path) -> list[Tree]:
    folder = home / "good" / _plain(reader.name)
    folder.mkdir(parents=True, exist_ok=True)
    found = list(reader.trees(folder))
    for k, tree in enumerate(found):  # a good input has to be read, or nothing is learned from a bad one
        reader.read(place(tree, home / "work" / _plain(reader.name) / str(k)))
    return found


def _batch(reader: Reader, trees: list[Tree], job: dict[str, Any], home: Path, beacon: mmap.mmap) -> dict[str, Any]:
    counts: Counter[str] = Counter()
    findings: list[dict[str, Any]] = []
    begun = time.monotonic()
    number = job["first"]
    while number < job["last"]:
        note(beacon, number)
        tree, changed = case(reader, trees, number, job["seed"])
        folder = home / "work" / _plain(reader.name) / str(trees.index(tree))
        apply(tree, changed, folder)
        outcome, fault = outcome_of(reader, folder / tree.target)
        counts[outcome] += 1
        if fault is not None:
            findings.append({"number": number, "kind": fault, "outcome": outcome})
        for name in changed:
            file = folder / name
            if file.is_dir():
                break
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(tree.files[name])
        number += 1
        if time.monotonic() - begun > job["seconds"]:
            break
    note(beacon, -1)
    return {"reader": reader.name, "next": number, "counts": dict(counts), "findings": findings}


def outcome_of(reader: Reader, path: Path) -> tuple[str, str | None]:
    """Read one input; return what became of it, and what was wrong with that."""
    from defectkit.errors import DefectkitError

    signal.setitimer(signal.ITIMER_PROF, HANG_S)
    signal.setitimer(signal.ITIMER_REAL, WAIT_S)
    try:
        reader.read(path)
    except DefectkitError:
        return "refused", None
    except Hang:
        return "hang", f"over {HANG_S} s at {where()}"
    except MemoryError:
        return "memory", f"MemoryError at {where()}"
    except Exception as error:  # each is a finding, whatever it is
        return "foreign", f"{type(error).__name__} at {where()}"
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)
    return "read", None


def where() -> str:
    """Return the innermost line of ours that the exception passed."""
    frames = traceback.extract_tb(sys.exc_info()[2])
    ours = [frame for frame in frames if PACKAGE in frame.filename and "/tests/" not in frame.filename]
    if not ours:
        return "no line of ours"
    last = ours[-1]
    return f"{last.filename.rpartition(PACKAGE)[2]}:{last.name}"


def _too_long(_: int, __: FrameType | None) -> None:
    raise Hang


def _limit_memory(more: int | None) -> None:
    with Path("/proc/self/statm").open() as file:
        now = int(file.read().split()[0]) * resource.getpagesize()
    limit = resource.RLIM_INFINITY if more is None else now + more
    resource.setrlimit(resource.RLIMIT_AS, (limit, resource.RLIM_INFINITY))


def note(beacon: mmap.mmap, number: int) -> None:
    """Say which input is read from now on; -1 is none."""
    struct.pack_into("<qd", beacon, 0, number, time.time())


def beacon_at(file: Path) -> mmap.mmap:
    """Return the place by which the pool sees what a worker is at."""
    file.write_bytes(struct.pack("<qd", -1, time.time()))
    with file.open("r+b") as opened:
        return mmap.mmap(opened.fileno(), 16)


def _plain(name: str) -> str:
    return "".join(c if c.isalnum() else "-" for c in name)


if __name__ == "__main__":
    main()
