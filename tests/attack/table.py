"""Table: what an attack did and what it found, as Markdown."""

from __future__ import annotations

from collections.abc import Iterator

from tests.attack.pool import Tally
from tests.attack.stops import FAULT, KILL

READERS = {
    "exceptions of others": "foreign",
    "hangs": "hang",
    "over memory": "memory",
    "crashes": "crash",
}
KILLS = {
    "next run failed": "next",
    "old result lost": "lost",
    "mixed": "mixed",
    "leftovers": "litter",
    "exceptions of others": "foreign",
    "hangs": "hang",
}
FAULTS = {
    "exceptions of others": "foreign",
    "results lost": "lost",
    "mixed": "mixed",
    "next run failed": "next",
    "leftovers": "litter",
    "hangs": "hang",
}
"""Columns, with the outcome that each counts."""


def markdown(tallies: dict[str, Tally], *, command: str) -> str:
    """Return the tables of readers, kills and faults, and below them every kind of finding."""
    return "\n".join(_lines(tallies, command)) + "\n"


def _lines(tallies: dict[str, Tally], command: str) -> Iterator[str]:
    kills = {name.removeprefix(KILL): t for name, t in tallies.items() if name.startswith(KILL)}
    faults = {name.removeprefix(FAULT): t for name, t in tallies.items() if name.startswith(FAULT)}
    readers = {name: t for name, t in tallies.items() if not name.startswith((KILL, FAULT))}
    if readers:
        yield from _table("reader", {"inputs": "", "read": "read", "refused": "refused"} | READERS, readers)
    if kills:
        yield from _table("command", {"kills": ""} | KILLS, kills)
    if faults:
        yield from _table("error", {"faults": ""} | FAULTS, faults)
    yield command
    found = [(name, kind, n, t.examples[kind]) for name, t in tallies.items() for kind, n in t.kinds.most_common()]
    broken = [(name, tally.broken) for name, tally in tallies.items() if tally.broken]
    if found or broken:
        yield ""
        yield "| attacked | finding | times | first number |"
        yield "| --- | --- | ---: | ---: |"
        yield from (f"| {name} | {kind} | {n} | {number} |" for name, kind, n, number in found)
        yield from (f"| {name} | {why} | | |" for name, why in broken)


def _table(what: str, columns: dict[str, str], tallies: dict[str, Tally]) -> Iterator[str]:
    yield f"| {what} | {' | '.join(columns)} | per s |"
    yield f"| --- | {' | '.join('---:' for _ in columns)} | ---: |"
    whole = Tally()
    for name, tally in tallies.items():
        yield _row(name, columns, tally)
        whole.counts.update(tally.counts)
        whole.seconds += tally.seconds
    yield _row("all", columns, whole)
    yield ""


def _row(name: str, columns: dict[str, str], tally: Tally) -> str:
    cells = [tally.counts[outcome] if outcome else tally.inputs for outcome in columns.values()]
    rate = tally.inputs / tally.seconds if tally.seconds else 0.0
    return f"| {name} | {' | '.join(f'{n:,}' for n in cells)} | {rate:.3g} |"
