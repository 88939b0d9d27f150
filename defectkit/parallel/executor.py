"""Executor: who works on many items, threads of this process or processes on this and other machines."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Protocol, TypeVar, runtime_checkable

from defectkit.parallel.blocks import BLOCK, available_cpus, check_workers
from defectkit.parallel.threads import on_threads

T = TypeVar("T")
R = TypeVar("R")


@runtime_checkable
class Executor(Protocol):
    """Processes that work on blocks of items, here or elsewhere.

    What is sent to them is pickled: a function with all that it needs once for each process, then blocks of items.
    """

    @property
    def n_workers(self) -> int:
        """How many processes work now, at least 1."""

    def check(self, distributions: Mapping[str, str], *, folder: Path | None = None) -> None:
        """Raise unless all processes have these versions of distributions, and see a folder.

        Raises
        ------
        WorkersError
            Naming each process and what it lacks.
        """

    def map_blocks(
        self, function: Callable[[Sequence[T]], Sequence[R]], items: Iterable[T], *, block: int
    ) -> Generator[R, None, None]:
        """Yield the results for all items, in their order, as :func:`map_blocks` does."""


Workers = int | Executor
"""A number of threads of this process, or an :class:`Executor`."""


def check_executor(workers: Workers) -> Workers:
    """Return ``workers``.

    Raises
    ------
    WorkersError
        If it is neither an executor nor a whole number of at least 1.
    """
    return workers if isinstance(workers, Executor) else check_workers(workers)


def n_workers(workers: Workers) -> int:
    """Return how many threads or processes work at a time."""
    return workers.n_workers if isinstance(workers, Executor) else check_workers(workers)


def threads_here(workers: Workers) -> int:
    """Return how many threads of this process do what is not worth handing to others: with an executor, all.

    Examples
    --------
    >>> threads_here(3)
    3
    """
    return available_cpus() if isinstance(workers, Executor) else check_workers(workers)


def map_items(
    function: Callable[[T], R], items: Iterable[T], *, workers: Workers, block: int = BLOCK
) -> Generator[R, None, None]:
    """Yield ``function(item)`` for each of ``items``, in their order; see :func:`map_blocks`.

    Examples
    --------
    >>> list(map_items(lambda n: n * n, range(5), workers=2))
    [0, 1, 4, 9, 16]
    """
    return map_blocks(lambda few: [function(item) for item in few], items, workers=workers, block=block)


def map_blocks(
    function: Callable[[Sequence[T]], Sequence[R]], items: Iterable[T], *, workers: Workers, block: int = BLOCK
) -> Generator[R, None, None]:
    """Yield the results for all ``items``, in their order, where a function works on a few consecutive ones at a time.

    Parameters
    ----------
    function : callable
        Takes up to ``block`` items and returns a result for each. It must be safe to be called by several threads
        at a time, and what it returns for an item must not depend on the others.
    items : iterable
        Drawn lazily by the calling thread, a few blocks ahead of the results.
    workers : int or Executor
        Threads that work, with 1 the calling thread itself; or processes. Results do not depend on it.
    block : int
        Items that are handed over at a time.

    Raises
    ------
    WorkersError
        If ``workers`` is neither an executor nor a whole number of at least 1, or processes keep dying.

    Notes
    -----
    The first error, that of an item or an interruption of the calling thread, ends it: items that have not begun never
    do, and threads are waited for.
    """
    if isinstance(workers, Executor):
        return workers.map_blocks(function, items, block=block)
    return on_threads(function, items, workers=workers, block=block)
