"""What commands print: notes, progress and errors on stderr, tables on stdout."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, TypeVar

import click

from defectkit.files.names import printable
from defectkit.geometry.kernels.compiling import told_when_compiling

if TYPE_CHECKING:
    from rich.console import Console

T = TypeVar("T")

QUIET = "defectkit.quiet"
PIPED_WIDTH = 10_000
"""Columns of a table that is not shown in a terminal: wide enough that no cell is ever cut or wrapped."""

LONGEST_UNWRAPPED = 30
"""Columns of a table with cells up to this long are kept on one line in a narrow terminal, so that others give way."""


def configure(ctx: click.Context, *, verbose: int, quiet: bool) -> None:
    """Set how much the commands below ``ctx`` say."""
    ctx.find_root().meta[QUIET] = quiet
    if verbose:
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(_OneLine("%(name)s: %(message)s"))
        logger = logging.getLogger("defectkit")
        level = logger.level
        logger.setLevel(logging.INFO if verbose == 1 else logging.DEBUG)
        logger.addHandler(handler)
        ctx.call_on_close(lambda: logger.setLevel(level))
        ctx.call_on_close(lambda: logger.removeHandler(handler))


COMPILING = "compiling kernels for this machine: once, and it takes up to half a minute"


def note_compiling(ctx: click.Context) -> None:
    """Let the commands below ``ctx`` say so before they wait for kernels to be compiled."""
    ctx.with_resource(told_when_compiling(lambda: note(COMPILING)))


def is_quiet() -> bool:
    """Return whether the running command was asked to be quiet."""
    ctx = click.get_current_context(silent=True)
    return ctx is not None and bool(ctx.find_root().meta.get(QUIET, False))


def messages() -> Console:
    """Return a console on stderr; text is printed as it is, neither wrapped nor read as markup."""
    from rich.console import Console

    return Console(stderr=True, highlight=False, markup=False, emoji=False, soft_wrap=True)


def note(text: str) -> None:
    """Print a line on stderr, unless the command was asked to be quiet."""
    if not is_quiet():
        messages().print(printable(text))


def say(text: str) -> None:
    """Print what was asked for on stdout, one line for each of ``text``; what no terminal should get is escaped."""
    click.echo("\n".join(map(printable, text.split("\n"))))


def print_warning(text: str) -> None:
    """Print a warning on stderr."""
    messages().print(f"warning: {printable(text)}", style="yellow")


def print_error(text: str) -> None:
    """Print an error on stderr."""
    messages().print(f"error: {printable(text)}", style="bold red")


def print_list(head: str, *lines: str, style: str) -> None:
    """Print a message of several lines on stderr; all but the first are set in, so none passes for another message.

    Parameters
    ----------
    head : str
        With what it is before it, for instance ``"error: "``.
    *lines : str
        Each is kept on one line, whatever names from outside it holds.
    style : str
        As rich takes it.
    """
    messages().print("\n  ".join(map(printable, (head, *lines))), style=style)


class _OneLine(logging.Formatter):
    """Formats a record whose message may hold names from outside."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the name that logging gives it
        return printable(super().formatMessage(record))


def print_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a table on stdout; cells that are numbers are aligned to the right.

    Parameters
    ----------
    title : str
        May be empty.
    columns : sequence of str
    rows : iterable of sequences
        One cell per column; None is printed as nothing.
    """
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    body = [tuple(row) for row in rows]
    console = Console(highlight=False, markup=False, emoji=False)
    if not console.is_terminal:
        console.width = PIPED_WIDTH
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for k, column in enumerate(columns):
        numeric = bool(body) and all(isinstance(row[k], int | float) for row in body)
        longest = max((len(str(row[k])) for row in body), default=0)
        table.add_column(
            printable(column),
            justify="right" if numeric else "left",
            overflow="fold",
            no_wrap=longest <= LONGEST_UNWRAPPED,
        )
    for row in body:
        table.add_row(*(Text("" if cell is None else printable(str(cell))) for cell in row))
    if title:
        console.print(printable(title), style="bold", soft_wrap=True)
    console.print(table)


def progress(iterable: Iterable[T], description: str, total: int | None = None) -> Iterator[T]:
    """Yield the items of ``iterable``, with a progress bar where stderr is a terminal and nobody asked for quiet.

    Parameters
    ----------
    iterable : iterable
    description : str
        What is being done, for instance ``"measuring"``.
    total : int, optional
        How many items there are; by default the length of ``iterable``, where it has one.
    """
    from rich.progress import track

    console = messages()
    yield from track(
        iterable,
        description,
        total=total,
        console=console,
        transient=True,
        disable=is_quiet() or not console.is_terminal,
    )
