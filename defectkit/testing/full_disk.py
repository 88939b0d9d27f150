"""Full disk: files cannot grow beyond a limit for a while, as on a disk that is full."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest


@contextmanager
def full_disk(n_bytes: int) -> Iterator[None]:
    """Let no file of this process grow beyond ``n_bytes``; a write that would, raises OSError.

    On systems that know no such limit the test is skipped.
    """
    if sys.platform == "win32":
        pytest.skip("this system has no limit of the size of files")
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
