"""Faults: the system refuses an operation on files, once or from then on."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.attack.operations import RENAMES, WRITES, Operation, Watch, watched

CODES = tuple(getattr(errno, name) for name in ("ENOSPC", "EACCES", "EIO", "EROFS", "EDQUOT"))
"""What a disk, a quota or the rights of a folder may say at any time."""

KINDS = (*WRITES, *RENAMES)
"""Operations that are refused; to remove something is always possible."""


def _refuse(code: int, operation: Operation) -> None:
    raise OSError(code, os.strerror(code), operation.path)


@contextmanager
def failing_once(number: int, code: int, *roots: Path) -> Iterator[Watch]:
    """Refuse the operation of that number, counted over those of :data:`KINDS`."""
    count = 0

    def act(operation: Operation) -> None:
        nonlocal count
        count += operation.kind in KINDS
        if count == number and operation.kind in KINDS:
            _refuse(code, operation)

    with watched(*roots, act=act) as watch:
        yield watch


@contextmanager
def failing_from(number: int, code: int, *roots: Path, kinds: tuple[str, ...] = KINDS) -> Iterator[Watch]:
    """Refuse every operation of some kinds from that number on, as a disk does that is full."""
    count = 0

    def act(operation: Operation) -> None:
        nonlocal count
        count += operation.kind in kinds
        if count >= number and operation.kind in kinds:
            _refuse(code, operation)

    with watched(*roots, act=act) as watch:
        yield watch


def refusals_of(watch: Watch) -> int:
    """Return how many operations there were that may be refused."""
    return sum(operation.kind in KINDS for operation in watch.seen)
