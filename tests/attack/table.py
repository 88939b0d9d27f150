"""Table: what an attack did and what it found, as Markdown."""

from __future__ import annotations

from collections.abc import Iterator

from tests.attack.pool import Tally


def markdown(tallies: dict[str, Tally], *, seed: int, minutes: float) -> str:
    """Return the table of readers, and below it every kind of finding."""
    return "\n".join(_lines(tallies, seed, minutes)) + "\n"


def _lines(tallies: dict[str, Tally], seed: int, minutes: float) -> Iterator[str]:
    yield "| reader | inputs | read | refused | exceptions of others | hangs | over memory | crashes | inputs per s |"
    yield "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
    for name, tally in tallies.items():
        yield _row(name, tally)
    whole = Tally()
    for tally in tallies.values():
        whole.counts.update(tally.counts)
        whole.seconds += tally.seconds
    yield _row("all", whole)
    yield ""
    yield f"Seed {seed}, {minutes:g} minutes: `nox -s attack -- --budget {minutes:g} --seed {seed}`."
    found = [(name, kind, n, t.examples[kind]) for name, t in tallies.items() for kind, n in t.kinds.most_common()]
    broken = [(name, tally.broken) for name, tally in tallies.items() if tally.broken]
    if found or broken:
        yield ""
        yield "| reader | finding | times | first input |"
        yield "| --- | --- | ---: | ---: |"
        yield from (f"| {name} | {kind} | {n} | {number} |" for name, kind, n, number in found)
        yield from (f"| {name} | {why} | | |" for name, why in broken)


def _row(name: str, tally: Tally) -> str:
    c = tally.counts
    rate = tally.inputs / tally.seconds if tally.seconds else 0.0
    cells = (tally.inputs, c["read"], c["refused"], c["foreign"], c["hang"], c["memory"], c["crash"])
    return f"| {name} | {' | '.join(f'{n:,}' for n in cells)} | {rate:.0f} |"
