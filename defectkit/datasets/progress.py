"""Progress: how far the fetching of files has come."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol


class Progress(Protocol):
    """Something that is told of every file that is fetched."""

    def __call__(self, path: str, done: int, total: int) -> None:
        """Take note that ``done`` of the ``total`` bytes of the file ``path`` are here."""


def silent(path: str, done: int, total: int) -> None:
    """Take no note."""


@contextmanager
def terminal_progress() -> Iterator[Progress]:
    """Give a progress that draws a bar on stderr where that is a terminal, and says nothing where it is not."""
    if not sys.stderr.isatty():
        yield silent
        return
    from rich import progress as bars
    from rich.console import Console

    from defectkit.files.names import printable as one_line

    columns = (
        bars.TextColumn("{task.description}", markup=False),
        bars.BarColumn(),
        bars.DownloadColumn(),
        bars.TransferSpeedColumn(),
        bars.TimeRemainingColumn(),
    )
    with bars.Progress(*columns, console=Console(stderr=True), transient=True) as shown:
        task = shown.add_task("")

        def show(path: str, done: int, total: int) -> None:
            shown.update(task, description=one_line(path.rpartition("/")[2]), completed=done, total=total)

        yield show
