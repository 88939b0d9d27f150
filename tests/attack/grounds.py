"""Grounds: the workplaces that commands are stopped in, with what lies there before and after a run that is not."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta, tzinfo
from importlib import import_module
from pathlib import Path
from unittest import mock

import attrs

from tests.attack import commands
from tests.attack.commands import Writer, copied, state
from tests.attack.faults import refusals_of
from tests.attack.operations import watched

View = dict[str, bytes]


@attrs.frozen(kw_only=True)
class Ground:
    """One workplace for one command.

    Parameters
    ----------
    start : pathlib.Path
        The workplace before the run; it is copied, never used.
    pieces : tuple of str
        The parts of the result of which each is one version at any time.
    old, new : dict of str to bytes
        What is seen of the result before a run and after one.
    stable : frozenset of str
        What two runs to the end write alike; times of runs, for one, are not.
    n_operations, n_refusals : int
        Operations of a run, and how many of them may be refused.
    """

    start: Path
    pieces: tuple[str, ...]
    old: View
    new: View
    stable: frozenset[str]
    n_operations: int
    n_refusals: int

    def verdict(self, found: View) -> str:
        """Return ``old`` or ``new`` where all pieces are that, and ``begun`` where each is one of them.

        Otherwise it is ``lost`` if there is something less than before, else ``mixed``.
        """
        said = {self._verdict(*(_below(piece, view) for view in (found, self.old, self.new))) for piece in self.pieces}
        if len(said) > 1 and said <= {"old", "new"}:
            return "begun"
        return next(verdict for verdict in ("lost", "mixed", "new", "old") if verdict in said)

    def _verdict(self, found: View, old: View, new: View) -> str:
        if found == old:
            return "old"
        stable = self.stable & set(new)
        stale = [name for name in set(found) - stable if found[name] == old.get(name)]
        if set(found) == set(new) and not stale and all(found[name] == new[name] for name in stable):
            return "new"
        return "lost" if set(old) - set(found) else "mixed"


def _below(piece: str, view: View) -> View:
    return {name: content for name, content in view.items() if not piece or f"{name}/".startswith(f"{piece}/")}


@attrs.define
class Grounds:
    """All workplaces of a process, each made when it is first needed."""

    home: Path
    made: dict[tuple[str, bool], Ground] = attrs.field(factory=dict)
    n_copies: int = 0

    def of(self, writer: Writer, *, again: bool) -> Ground:
        """Return the workplace of a command, with or without a result of other settings."""
        key = (writer.name, again)
        if key not in self.made:
            self.made[key] = self._make(writer, again)
        return self.made[key]

    def copy(self, ground: Ground) -> Path:
        """Return a copy of a workplace to run something in."""
        return self._copy(ground.start)

    def _copy(self, place: Path) -> Path:
        self.n_copies += 1  # all paths are of one length: results hold them
        return copied(place, self.home / f"place{self.n_copies:06}")

    def _make(self, writer: Writer, again: bool) -> Ground:
        plain = self.home / "plain"
        if not plain.is_dir():
            commands.make_workplace(plain)
        start = self._copy(plain)
        if again:
            _finished(start, writer.other)
        first, second = self._copy(start), self._copy(start)
        with watched(*watched_in(first, writer)) as watch:
            _finished(first, writer.words)
        with a_day_later():
            _finished(second, writer.words)
        new, twin = view(first, writer), view(second, writer)
        gc.freeze()  # so that what a stop leaves is found at once, among few things
        return Ground(
            start=start,
            pieces=writer.pieces,
            old=view(start, writer),
            new=new,
            stable=frozenset(name for name in new if twin.get(name) == new[name]),
            n_operations=len(watch.seen),
            n_refusals=refusals_of(watch),
        )


@contextmanager
def a_day_later() -> Iterator[None]:
    """Let what a command writes the date into hold that of tomorrow."""

    class Tomorrow(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Tomorrow:
            return super().now(tz) + timedelta(days=1)

    with ExitStack() as stack:
        for module in ("files.output_folder", "reports.analysis_folder"):
            stack.enter_context(mock.patch.object(import_module(f"defectkit.{module}"), "datetime", Tomorrow))
        yield


def watched_in(place: Path, writer: Writer) -> tuple[Path, ...]:
    """Return what a command writes to: all of its workplace but what it reads."""
    result = place / writer.result
    work = result.with_name(f".{result.name}.defectkit")
    return result, work, work.with_name(f"{work.name}.lock")


def view(place: Path, writer: Writer) -> View:
    """Return what is seen of a result: its files, or what the catalogue lists."""
    if writer.result != "catalogue":
        result = place / writer.result
        return state(result) if result.exists() else {}
    asked = (("datasets", "list"), ("datasets", "show", "lab"))
    return {" ".join(words): commands.run(place, *words).output.encode() for words in asked}


def _finished(place: Path, words: tuple[str, ...]) -> None:
    done = commands.run(place, *words)
    if done.exit_code != 0:
        raise RuntimeError(f"{' '.join(words)} is not run even where nothing stops it: {done.output}")
