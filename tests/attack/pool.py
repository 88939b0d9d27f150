"""Pool: workers side by side, each watched; one that hangs or dies is replaced and its input kept."""

from __future__ import annotations

import json
import os
import queue
import shutil
import struct
import subprocess
import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import attrs

from tests.attack.worker import WAIT_S

BATCH_S = 8.0
WORKER = [sys.executable, "-X", "faulthandler", "-m", "tests.attack.worker"]
SILENCE_S = WAIT_S + 10
"""A worker that has been at one input for so long is past its own alarm: stuck in compiled code."""
PREPARING_S = 300
"""How long it may take to make and read the good inputs."""


@attrs.define
class Tally:
    """What became of the inputs of one reader."""

    counts: Counter[str] = attrs.field(factory=Counter)
    kinds: Counter[str] = attrs.field(factory=Counter)
    examples: dict[str, int] = attrs.field(factory=dict)
    next: int = 0
    seconds: float = 0.0
    broken: str = ""

    @property
    def inputs(self) -> int:
        """How many were tried; kills at an operation that a run did not come to are none."""
        return self.counts.total() - self.counts["missed"]

    @property
    def n_findings(self) -> int:
        """How many of them are findings."""
        return self.kinds.total() + bool(self.broken)

    def take(self, answer: dict[str, Any]) -> None:
        """Count what a worker says of a batch."""
        self.counts.update(answer["counts"])
        for finding in answer["findings"]:
            self.note(finding["kind"], finding["number"])

    def note(self, kind: str, number: int) -> None:
        """Count one finding, and keep the first input that shows it."""
        self.kinds[kind] += 1
        self.examples.setdefault(kind, number)


def run(
    names: Mapping[str, float],
    *,
    seconds: float,
    seed: int,
    n_workers: int,
    home: Path,
    worker_of: list[str] | None = None,
    silence_s: float | None = None,
    tallies: dict[str, Tally] | None = None,
    counted: Callable[[], None] = lambda: None,
) -> dict[str, Tally]:
    """Attack readers, or commands, for some time.

    Parameters
    ----------
    names : mapping of str to float
        Readers with their weights.
    seconds : float
    seed : int
    n_workers : int
    home : pathlib.Path
        An empty folder.
    worker_of : list of str, optional
        The command line of a worker; :data:`WORKER` unless it is given.
    silence_s : float, optional
        How long a worker may be at one input by the clock; :data:`SILENCE_S` unless it is given.
    tallies : dict of str to Tally, optional
        What is counted on from, by reader.
    counted : callable
        Called after each batch, one at a time.

    Returns
    -------
    dict of str to Tally
        By reader.
    """
    tallies = {name: Tally() for name in names} if tallies is None else tallies
    end = time.monotonic() + seconds
    waiting: queue.PriorityQueue[tuple[float, str]] = queue.PriorityQueue()
    for name in names:
        waiting.put((0.0, name))
    lock = threading.Lock()
    shares = _shares(names)

    def work(number: int) -> None:
        worker: Worker | None = None
        while time.monotonic() < end:
            try:
                spent, name = waiting.get_nowait()
            except queue.Empty:
                time.sleep(0.2)
                continue
            tally = tallies[name]
            worker = worker or Worker(
                home / f"worker{number}", worker_of or WORKER, SILENCE_S if silence_s is None else silence_s
            )
            begun = time.monotonic()
            answer = worker.ask(
                {
                    "reader": name,
                    "first": tally.next,
                    "last": tally.next + 100_000,
                    "seed": seed,
                    "seconds": min(BATCH_S, seconds / 40 + 0.2, max(0.2, end - begun)),
                }
            )
            took = time.monotonic() - begun
            with lock:
                tally.seconds += took
                if "at" in answer:
                    worker.close()
                    worker = None
                    if answer["at"] < 0:
                        tally.broken = answer["why"]
                        continue  # the reader does not even read its good inputs: it is not asked again
                    tally.counts[answer["outcome"]] += 1
                    tally.note(answer["why"], answer["at"])
                    tally.counts["read"] += answer["at"] - tally.next
                    tally.next = answer["at"] + 1
                else:
                    tally.take(answer)
                    tally.next = answer["next"]
                counted()
            waiting.put((spent + took / shares[name], name))
        if worker is not None:
            worker.close()

    with ThreadPoolExecutor(n_workers) as pool:
        for worked in [pool.submit(work, number) for number in range(n_workers)]:
            worked.result()
    return tallies


def _shares(names: Mapping[str, float]) -> dict[str, float]:
    whole: dict[str, float] = defaultdict(float)
    for name, weight in names.items():
        whole[name] = max(weight, 1) ** 0.5
    return whole


class Worker:
    """A process that reads what it is asked to.

    Parameters
    ----------
    home : pathlib.Path
        Its folder, emptied first.
    words : list of str
        Its command line.
    silence_s : float
    """

    def __init__(self, home: Path, words: list[str], silence_s: float) -> None:
        self._silence_s = silence_s
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir(parents=True)
        self._beacon = home / "beacon"
        self._errors = (home / "stderr").open("w+b")
        self._process = subprocess.Popen(
            [*words, str(home), str(self._beacon)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            env={**os.environ, "OMP_NUM_THREADS": "1", "TMPDIR": str(home)},
        )

    def ask(self, job: dict[str, Any]) -> dict[str, Any]:
        """Return what a worker says of a batch; where it hung or died, the number of the input and why."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        answers: queue.Queue[str] = queue.Queue()
        listener = threading.Thread(target=lambda: answers.put(self._process.stdout.readline()), daemon=True)  # type: ignore[union-attr]
        begun = time.time()
        try:
            self._process.stdin.write(json.dumps(job) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            return self._dead()
        listener.start()
        while True:
            try:
                line = answers.get(timeout=0.5)
            except queue.Empty:
                at, since = self._at()
                patience = self._silence_s if at >= 0 else max(PREPARING_S, self._silence_s)
                if time.time() - max(since, begun) > patience:
                    self._process.kill()
                    self._process.wait()
                    why = (
                        f"over {self._silence_s} s by the clock"
                        if at >= 0
                        else f"the good inputs take over {patience:g} s"
                    )
                    return {"at": at, "outcome": "hang", "why": why}
                continue
            return json.loads(line) if line else self._dead()

    def close(self) -> None:
        """End the process."""
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with suppress(BrokenPipeError):
                    pipe.close()
        self._process.wait(timeout=30)
        self._errors.close()

    def _at(self) -> tuple[int, float]:
        try:
            at, since = struct.unpack("<qd", self._beacon.read_bytes())
        except (OSError, struct.error):
            return -1, 0.0
        return at, since

    def _dead(self) -> dict[str, Any]:
        status = self._process.wait()
        self._errors.seek(0)
        said = self._errors.read().decode("utf-8", "replace").strip().splitlines()
        at, _ = self._at()
        if at < 0:
            return {
                "at": at,
                "outcome": "crash",
                "why": f"the good inputs are not read: {said[-1] if said else status}",
            }
        return {"at": at, "outcome": "crash", "why": f"the process died with status {status}: {_last_words(said)}"}


def _last_words(said: list[str]) -> str:
    """Return what a process said right before Python wrote down where it was, and where in our code that was."""
    at = next((k for k, line in enumerate(said) if line.startswith("Fatal Python error")), len(said))
    ours = next((line.strip() for line in said[at:] if "/defectkit/" in line and "/tests/" not in line), "")
    return " ".join(filter(None, (*said[max(at - 1, 0) : at + 1], ours)))[:300] or "nothing was said"
