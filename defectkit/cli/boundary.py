"""The error boundary: how an exception or a warning ends on the command line."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TextIO

import click

from defectkit.cli.console import print_error, print_list, print_warning
from defectkit.errors import DefectkitError, DefectkitWarning, FetchError, NotFullyReadWarning
from defectkit.files.faults import CAUSES, cause

BAD_INPUT = 2
INTERRUPTED = 130


def exit_status(run: Callable[[], Any]) -> int:
    """Run a command and return the exit status of the process.

    A :class:`~defectkit.errors.DefectkitError` is printed as one message with its notes and gives 2, as do click's
    own usage errors, and what the operating system refuses (a full disk, a file that may not be read); an interrupt
    gives 130; any other exception is a fault of the program and keeps its traceback.
    """
    try:
        result = run()
    except FetchError as error:
        print_list(*f"error: {error.for_command_line()}".split("\n"), style="bold red")
        return BAD_INPUT
    except DefectkitError as error:
        print_error("; ".join([error.for_command_line(), *getattr(error, "__notes__", ())]))
        return BAD_INPUT
    except OSError as error:
        if error.errno not in CAUSES:
            raise
        about = f"{os.fsdecode(error.filename)}: " if isinstance(error.filename, str | bytes) else ""
        print_error(f"{about}{cause(error)}")
        return BAD_INPUT
    except click.Abort as abort:
        if isinstance(abort.__cause__, KeyboardInterrupt):
            print_error("interrupted")
            return INTERRUPTED
        print_error("aborted: the input ended before the question was answered")
        return BAD_INPUT
    except click.ClickException as error:
        error.show()
        return error.exit_code
    return result if isinstance(result, int) else 0


@contextmanager
def show_warnings() -> Iterator[None]:
    """Print the warnings that defectkit gives on purpose as one line on stderr; others are shown as ever."""
    with warnings.catch_warnings():
        shown = warnings.showwarning

        def show(
            message: Warning | str,
            category: type[Warning],
            filename: str,
            lineno: int,
            file: TextIO | None = None,
            line: str | None = None,
        ) -> None:
            if issubclass(category, DefectkitWarning):
                print_warning(str(message))
            else:
                shown(message, category, filename, lineno, file, line)

        warnings.showwarning = show
        yield


@contextmanager
def told_with_results() -> Iterator[None]:
    """Hold back the warning that images are not fully read, in a command that says so of its results."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotFullyReadWarning)
        yield
