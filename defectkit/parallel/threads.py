"""Threads: a function over blocks of items on several threads of this process.

Threads share memory and the kernels of defectkit let go of the GIL, so images are measured and compared side by side
without being copied.
"""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable, Generator, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from defectkit.parallel.blocks import AHEAD, BLOCK, check_workers

T = TypeVar("T")
R = TypeVar("R")


def on_threads(
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
