"""Table: the outcome of all rows as text and as JSON."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator, Sequence
from typing import Any

import attrs

from tests.benchmarks.contest import Fact
from tests.benchmarks.rounds import Outcome, Ratio

VERDICTS = {True: "reached", False: "MISSED", None: ""}
AGREEMENTS = {True: "yes", False: "NO", None: ""}


def text(outcomes: Sequence[Outcome]) -> str:
    """Return the table that people read."""
    return "\n".join(line for outcome in outcomes for line in (*lines(outcome), ""))


def lines(outcome: Outcome) -> Iterator[str]:
    """Give the lines of one row: times, ratios, facts, agreement, who was absent."""
    yield outcome.row.title
    for name, seconds in outcome.times.items():
        wall = [s.wall for s in seconds]
        spread = f"{_milliseconds(min(wall))} .. {_milliseconds(max(wall))}"
        yield f"  {name:<44} {_milliseconds(statistics.median(wall))} ({spread})"
    for ratio in outcome.ratios:
        yield f"  {ratio.yardstick.what:<52} {_ratio(ratio)}  {VERDICTS[ratio.reached]}"
    for fact in outcome.facts:
        yield f"  {fact.what:<52} {number(fact.value)} {fact.unit} {bounds(fact)}  {VERDICTS[fact.holds]}"
    for fact in outcome.agreements:
        yield f"  agree? {fact.what:<62} {number(fact.value)} {fact.unit} {bounds(fact)}  {AGREEMENTS[fact.holds]}"
    for name, modules in outcome.absent.items():
        yield f"  absent: {name}: there is no module {', '.join(modules)} here, so it was not compared"


def bounds(asked: Any) -> str:
    """Return what is asked of a number, or nothing."""
    parts = [
        f"{sign} {number(bound)}"
        for sign, bound in (("at least", asked.at_least), ("at most", asked.at_most))
        if bound is not None
    ]
    return f"({', '.join(parts)})" if parts else ""


def number(value: float) -> str:
    """Return a number with as many digits as it deserves."""
    if value == int(value) and abs(value) < 1e9:
        return f"{int(value):,}"
    return f"{value:.3g}" if abs(value) < 100 else f"{value:,.0f}"


def disagreements(outcomes: Sequence[Outcome]) -> list[Fact]:
    """Return the facts of agreement that do not hold."""
    return [fact for outcome in outcomes for fact in outcome.agreements if fact.holds is False]


def as_json(outcome: Outcome) -> dict[str, Any]:
    """Return one row as JSON holds it, each round of it."""
    return {
        "row": outcome.row.name,
        "title": outcome.row.title,
        "seconds": {
            name: {"wall": [s.wall for s in seconds], "processor": [s.processor for s in seconds]}
            for name, seconds in outcome.times.items()
        },
        "ratios": [
            {
                **attrs.asdict(ratio.yardstick),
                "median": ratio.median,
                "median_by_processor_time": None if math.isnan(ratio.processor_median) else ratio.processor_median,
                "rounds": ratio.rounds,
                "reached": ratio.reached,
            }
            for ratio in outcome.ratios
        ],
        "facts": [{**attrs.asdict(fact), "holds": fact.holds} for fact in outcome.facts],
        "agreements": [{**attrs.asdict(fact), "holds": fact.holds} for fact in outcome.agreements],
        "absent": {name: list(modules) for name, modules in outcome.absent.items()},
    }


def _ratio(ratio: Ratio) -> str:
    spread = f"{number(min(ratio.rounds))} .. {number(max(ratio.rounds))}"
    processor = "" if math.isnan(ratio.processor_median) else f"; by processor time {number(ratio.processor_median)}"
    return f"{number(ratio.median)} ({spread}{processor}) {bounds(ratio.yardstick)}"


def _milliseconds(seconds: float) -> str:
    return f"{1000 * seconds:,.1f} ms" if seconds < 10 else f"{seconds:,.1f} s"
