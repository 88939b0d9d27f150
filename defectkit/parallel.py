"""Parallel: one function over many items on several threads, in the order of the items.

Threads share memory and the kernels of defectkit let go of the GIL, so images are measured and compared side by side
without being copied. Results never depend on the number of threads: every item is worked on by itself.
"""

from __future__ import annotations

import itertools
import math
import os
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

from defectkit.errors import WorkersError

T = TypeVar("T")
R = TypeVar("R")

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
    """Return how many processors this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


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


def map_items(
    function: Callable[[T], R], items: Iterable[T], *, workers: int, block: int = BLOCK
) -> Generator[R, None, None]:
    """Yield ``function(item)`` for each of ``items``, in their order; see :func:`map_blocks`.

    Examples
    --------
    >>> list(map_items(lambda n: n * n, range(5), workers=2))
    [0, 1, 4, 9, 16]
    """
    return map_blocks(lambda few: [function(item) for item in few], items, workers=workers, block=block)


def map_blocks(
    function: Callable[[Sequence[T]], Sequence[R]], items: Iterable[T], *, workers: int, block: int = BLOCK
) -> Generator[R, None, None]:
    """Yield the results for all ``items``, in their order, where a function works on a few consecutive ones at a time.

    Parameters
    ----------
    function : callable
        Takes up to ``block`` items and returns a result for each. It must be safe to be called by several threads
        at a time, and what it returns for an item must not depend on the others.
    items : iterable
        Drawn lazily by the calling thread, a few blocks ahead of the results.
    workers : int
        Threads that work; with 1 the calling thread does everything itself.
    block : int
        Items that are handed over at a time.

    Raises
    ------
    WorkersError
        If ``workers`` is not a whole number of at least 1.

    Notes
    -----
    The first error, that of an item or an interruption of the calling thread, ends it: items that have not begun never
    do, and those that have are waited for.
    """
    check_workers(workers)
    source = iter(items)
    blocks = iter(lambda: tuple(itertools.islice(source, block)), ())
    if workers == 1:
        yield from itertools.chain.from_iterable(map(function, blocks))
        return
    pool = ThreadPoolExecutor(workers, thread_name_prefix="defectkit")
    try:
        begun: deque[Future[Sequence[R]]] = deque(
            pool.submit(function, few) for few in itertools.islice(blocks, workers * AHEAD)
        )
        while begun:
            done = begun.popleft().result()
            begun.extend(pool.submit(function, few) for few in itertools.islice(blocks, 1))
            yield from done
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


@contextmanager
def about(*images: str) -> Iterator[None]:
    """Let every error of the block say which image, or one of which, it is about: as a note unless it names one itself.

    Examples
    --------
    >>> try:
    ...     with about("one"):
    ...         raise ValueError("no pixels")
    ... except ValueError as error:
    ...     print(error, error.__notes__)
    no pixels ["image 'one'"]
    """
    try:
        yield
    except Exception as error:
        if not any(repr(image) in str(error) for image in images):
            error.add_note(f"image {' or '.join(map(repr, images))}")
        raise
