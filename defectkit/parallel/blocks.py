"""Blocks: how many items are handed over at a time, and to how many threads."""

from __future__ import annotations

import math
import os

from defectkit.errors import WorkersError

BLOCK = 32
"""Items worked on at a time, so that handing over and calling kernels cost little beside the work."""

AHEAD = 2
"""Blocks a thread that are drawn before the first result is asked for: enough that no thread waits, and no more."""


LARGEST_BLOCK = 256
"""Items handed over at a time at most, however many there are: what they make has to fit into the caches."""


def block_size(n_items: int, workers: int) -> int:
    """Return how many items to hand over at a time, where about so many are to come.

    Whenever a kernel begins or ends, the threads may have to wait for each other, so several threads are given larger
    blocks than one, but two each, lest one of them is left with the last.

    Raises
    ------
    WorkersError
        If ``workers`` is not a whole number of at least 1.

    Examples
    --------
    >>> block_size(500, workers=1), block_size(500, workers=2), block_size(20, workers=2), block_size(10**6, workers=2)
    (32, 125, 32, 256)
    """
    if check_workers(workers) == 1:
        return BLOCK
    return min(LARGEST_BLOCK, max(BLOCK, math.ceil(n_items / (2 * workers))))


def available_cpus() -> int:
    """Return how many processors this process may run on; fewer where ``OMP_NUM_THREADS`` says so.

    Dask and batch systems set that variable where several processes share a machine.
    """
    there = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    said = os.environ.get("OMP_NUM_THREADS", "")
    return min(there, max(1, int(said))) if said.isdecimal() else there


def check_workers(workers: int) -> int:
    """Return ``workers``.

    Raises
    ------
    WorkersError
        If it is not a whole number of at least 1.
    """
    if isinstance(workers, bool) or not isinstance(workers, int) or workers < 1:
        raise WorkersError(f"workers is {workers!r}; give the number of threads, 1 or more")
    return workers
