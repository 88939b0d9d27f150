"""Compiling: who wants to know that kernels are about to be compiled, which happens once a machine and takes a while.

Nothing is imported here that compiles, so that a command can ask to be told long before it needs a kernel.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

_listeners: list[Callable[[], None]] = []


@contextmanager
def told_when_compiling(listener: Callable[[], None]) -> Iterator[None]:
    """Call ``listener`` when a kernel is compiled within the block, before the first one is, and not again after that.

    A kernel that is found in the cache on disk is loaded, not compiled.

    Examples
    --------
    >>> with told_when_compiling(lambda: print("compiling")):
    ...     tell()
    ...     tell()
    compiling
    """

    def once() -> None:
        _listeners.remove(once)
        listener()

    _listeners.append(once)
    try:
        yield
    finally:
        if once in _listeners:
            _listeners.remove(once)


def tell() -> None:
    """Call all who wait to be told."""
    for listener in tuple(_listeners):
        listener()
