"""Worker: a process of its own in which one contestant prepares once and then works when told to."""

from __future__ import annotations

import contextlib
import gc
import io
import math
import os
import time
import traceback
from collections import deque
from collections.abc import Iterator
from importlib import import_module
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import attrs

from tests.benchmarks.contest import PART, Contestant, Row

THREAD_VARIABLES = (
    "BLOSC_NTHREADS",
    "MKL_NUM_THREADS",
    "NUMBA_NUM_THREADS",
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "RAYON_NUM_THREADS",
)


class WorkerError(RuntimeError):
    """A contestant failed in its process."""


@attrs.frozen(kw_only=True)
class Seconds:
    """What one run took by the clock on the wall and by the processor."""

    wall: float
    processor: float


@attrs.define(eq=False)
class Worker:
    """The process of one contestant; close it, or use it in a ``with`` statement."""

    name: str
    _process: Any
    _pipe: Connection

    @classmethod
    def start(cls, row: Row, contestant: Contestant, folder: Path) -> Worker:
        """Start the process and prepare the work."""
        context = get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(
            target=serve, args=(theirs, row.name, contestant.name, folder, row.cores), daemon=True
        )
        process.start()
        theirs.close()
        worker = cls(contestant.name, process, ours)
        worker._ask("prepare")
        return worker

    def answer(self) -> Any:
        """Do the work once, which also warms everything up, and return what is compared."""
        return self._ask("answer")

    def repeats(self, shortest: float) -> int:
        """Return how often it has to work to be at it for so many seconds."""
        began = time.perf_counter()
        wall = self.time(1).wall
        return max(1, math.ceil(shortest / min(wall, time.perf_counter() - began)))

    def time(self, repeats: int) -> Seconds:
        """Do the work several times over and return the mean of a run."""
        wall, processor = self._ask("time", repeats)
        return Seconds(wall=wall / repeats, processor=processor / repeats)

    def close(self) -> None:
        """End the process."""
        with contextlib.suppress(BrokenPipeError):
            self._pipe.send(("end",))
        self._process.join()

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _ask(self, *request: Any) -> Any:
        self._pipe.send(request)
        try:
            kind, value = self._pipe.recv()
        except EOFError as error:
            raise WorkerError(f"the process of {self.name} ended") from error
        if kind == "error":
            raise WorkerError(f"{self.name}:\n{value}")
        return value


def serve(pipe: Connection, row_name: str, contestant_name: str, folder: Path, cores: int) -> None:
    """Answer requests until told to end; this is the body of the process."""
    _keep_to(cores)
    row: Row = import_module(f"tests.benchmarks.rows.{row_name}").ROW
    contestant = row.contestant(contestant_name)
    run = timed = None
    factor = 1
    while True:
        request, *arguments = pipe.recv()
        if request == "end":
            return
        try:
            with contextlib.redirect_stdout(io.StringIO()):  # some report their progress
                if run is None:
                    run = timed = contestant.prepare(folder)
                    if contestant.prepare_part is not None:
                        timed, factor = contestant.prepare_part(folder), PART
                    value: Any = None
                elif request == "answer":
                    value = contestant.answer(run())
                else:
                    value = tuple(factor * taken for taken in _timed(timed, *arguments))
            pipe.send(("value", value))
        except Exception:  # the process that asked has to hear of it, whatever it is
            pipe.send(("error", traceback.format_exc()))


def _timed(run: Any, repeats: int) -> tuple[float, float]:
    gc.collect()
    processor, wall = os.times(), time.perf_counter()
    for _ in range(repeats):
        result = run()
        if isinstance(result, Iterator):
            deque(result, maxlen=0)  # nothing is kept: what is timed is the work, not fresh memory for its results
    took = time.perf_counter() - wall
    spent = sum(os.times()[:4]) - sum(processor[:4])  # with the children's, of those that start processes
    return took, spent


def _keep_to(cores: int) -> None:
    """Bind the process to so many cores where the system can, and tell libraries that have threads of their own."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-cores:])
    for variable in THREAD_VARIABLES:
        os.environ[variable] = str(cores)
