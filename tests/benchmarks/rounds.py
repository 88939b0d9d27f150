"""Rounds: all contestants of a row in turn, again and again, each in its own process."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import attrs

from tests.benchmarks.contest import Fact, Row, Yardstick, within
from tests.benchmarks.worker import Seconds, Worker

SHORTEST = 0.25
"""Seconds that a contestant works in a round: who is quicker works several times over."""


@attrs.frozen(kw_only=True)
class Outcome:
    """What came of a row.

    Parameters
    ----------
    row : Row
    times : mapping of str to list of Seconds
        By contestant, one for each round; empty where only agreement was asked for.
    absent : mapping of str to tuple of str
        The contestants that did not take part, and the modules they lack.
    agreements, facts : tuple of Fact
    """

    row: Row
    times: Mapping[str, list[Seconds]]
    absent: Mapping[str, tuple[str, ...]]
    agreements: tuple[Fact, ...]
    facts: tuple[Fact, ...]

    @property
    def ratios(self) -> list[Ratio]:
        """The ratio of every yardstick whose contestants both took part."""
        return [
            Ratio.of(yardstick, self.times[yardstick.slow], self.times[yardstick.fast])
            for yardstick in self.row.yardsticks
            if yardstick.slow in self.times and yardstick.fast in self.times
        ]


@attrs.frozen(kw_only=True)
class Ratio:
    """A yardstick as it was found: the ratio of each round, and their median."""

    yardstick: Yardstick
    rounds: tuple[float, ...]
    processor_rounds: tuple[float, ...]

    @classmethod
    def of(cls, yardstick: Yardstick, slow: list[Seconds], fast: list[Seconds]) -> Ratio:
        pairs = list(zip(slow, fast, strict=True))
        return cls(
            yardstick=yardstick,
            rounds=tuple(s.wall / f.wall for s, f in pairs),
            processor_rounds=tuple(s.processor / f.processor if f.processor else math.nan for s, f in pairs),
        )

    @property
    def median(self) -> float:
        return statistics.median(self.rounds)

    @property
    def processor_median(self) -> float:
        return statistics.median(self.processor_rounds)

    @property
    def reached(self) -> bool | None:
        return within(self.median, self.yardstick.at_least, self.yardstick.at_most)


def played(row: Row, folder: Path, rounds: int) -> Outcome:
    """Return the outcome of a row after so many rounds; with none, of agreement only."""
    absent = {c.name: c.absent for c in row.contestants if c.absent}
    present = [c for c in row.contestants if not c.absent]
    with ExitStack() as stack:
        workers = [stack.enter_context(Worker.start(row, c, folder)) for c in present]
        answers: dict[str, Any] = {worker.name: worker.answer() for worker in workers}
        agreements = tuple(row.agree(answers))
        times: dict[str, list[Seconds]] = {}
        if rounds:
            repeats = {w.name: w.repeats(SHORTEST) for w in workers}
            times = {w.name: [] for w in workers}
            for number in range(rounds):
                for worker in workers if number % 2 == 0 else reversed(workers):
                    times[worker.name].append(worker.time(repeats[worker.name]))
    facts = tuple(row.measure(folder)) if rounds and row.measure else ()
    return Outcome(row=row, times=times, absent=absent, agreements=agreements, facts=facts)
