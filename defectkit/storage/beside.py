"""Beside: a result is built in a folder beside its place; what a killed run left there is cleared by the next one."""

from __future__ import annotations

import re
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import attrs

from defectkit.errors import OutputError, StorageError
from defectkit.storage.locks import is_held, try_lock

_TOKEN_BYTES = 4


@attrs.frozen(kw_only=True)
class Beside:
    """The places that one run uses beside its target.

    Parameters
    ----------
    partial : pathlib.Path
        The folder that the result is built in.
    retired : pathlib.Path
        Where what the result replaces is kept while it is moved in; not made before that.
    lock : pathlib.Path
        Held by the process as long as it is at work.
    """

    partial: Path
    retired: Path
    lock: Path

    @classmethod
    def of(cls, target: Path, token: str) -> Beside:
        """Return the places of the run ``token``."""
        return cls(
            **{name: target.with_name(f".{target.name}.{token}.{name}") for name in ("partial", "retired", "lock")}
        )

    def clear(self) -> None:
        """Remove all that is there; what cannot be removed stays for the next run."""
        for folder in (self.partial, self.retired):
            shutil.rmtree(folder, ignore_errors=True)
        self.lock.unlink(missing_ok=True)


@contextmanager
def folder_beside(target: Path) -> Iterator[Beside]:
    """Give an empty folder beside ``target``, removed when the block ends unless it was moved away.

    A lock is held while the block runs. The operating system frees it when the process ends, however it ends, so that
    :func:`clear_remains` can tell what is being written from what nobody writes any more.

    Parameters
    ----------
    target : pathlib.Path
        The folders above it are made.

    Raises
    ------
    OutputError
        If nothing can be written there.
    """
    places = Beside.of(target, secrets.token_hex(_TOKEN_BYTES))
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        held = try_lock(places.lock)
        if held is None:
            raise OutputError(f"{places.lock} is held by another process; run the command again")
    except (OSError, StorageError) as error:
        raise error if isinstance(error, OutputError) else _cannot(target, error) from error
    with held:
        try:
            try:
                places.partial.mkdir()
            except OSError as error:
                raise _cannot(target, error) from error
            yield places
        finally:
            places.clear()


def clear_remains(target: Path, finish: Callable[[Beside], None] = lambda _: None) -> int:
    """Remove what runs to ``target`` that are no longer alive left beside it, and return of how many there was some.

    Parameters
    ----------
    target : pathlib.Path
    finish : callable
        Called before that with the places of each run that was killed while it moved its whole result in.
    """
    name = re.compile(rf"\.{re.escape(target.name)}\.([0-9a-f]{{{2 * _TOKEN_BYTES}}})\.(partial|retired|lock)")
    if not target.parent.is_dir():
        return 0
    tokens = {match[1] for entry in target.parent.iterdir() if (match := name.fullmatch(entry.name))}
    remains = [places for token in sorted(tokens) if not is_held((places := Beside.of(target, token)).lock)]
    for places in remains:
        if places.partial.is_dir() and places.retired.is_dir():
            finish(places)
        places.clear()
    return len(remains)


def _cannot(target: Path, error: Exception) -> OutputError:
    return OutputError(f"output folder {target} cannot be made: {error}")
