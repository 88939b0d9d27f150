"""Contest: who does the same work, whose results are compared how, and what is to be reached."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import attrs

Run = Callable[[], Any]
Answers = Mapping[str, Any]


PART = 7
"""Who takes hundreds of times longer works on every seventh image when it is timed; images are independent."""


def unchanged(result: Any) -> Any:
    return result


@attrs.frozen(kw_only=True)
class Contestant:
    """One way of doing the work of a row.

    Parameters
    ----------
    name : str
    prepare : callable
        Takes the folder of the inputs and returns the function that is timed.
    modules : tuple of str
        What it needs to be importable.
    distribution : str
        Whose version is reported.
    answer : callable
        From what the timed function returns to what is compared.
    prepare_part : callable, optional
        As ``prepare``, for one image in :data:`PART`: what is timed, and multiplied, in place of all of them.
    """

    name: str
    prepare: Callable[[Path], Run]
    modules: tuple[str, ...] = ()
    distribution: str = "defectkit"
    answer: Callable[[Any], Any] = unchanged
    prepare_part: Callable[[Path], Run] | None = None

    @property
    def absent(self) -> tuple[str, ...]:
        """The modules it needs that are not installed."""
        return tuple(module for module in self.modules if find_spec(module) is None)


@attrs.frozen(kw_only=True)
class Yardstick:
    """A ratio of the times of two contestants, of ``slow`` over ``fast``, and what it has to be."""

    what: str
    slow: str
    fast: str
    at_least: float | None = None
    at_most: float | None = None


@attrs.frozen(kw_only=True)
class Fact:
    """A number that is no ratio of times, and what it has to be, if anything."""

    what: str
    value: float = attrs.field(converter=float)
    unit: str = ""
    at_least: float | None = None
    at_most: float | None = None

    @property
    def holds(self) -> bool | None:
        """Whether it is what it has to be; None where nothing is asked of it."""
        return within(self.value, self.at_least, self.at_most)


@attrs.frozen(kw_only=True)
class Row:
    """A row of the table: work that several do.

    Parameters
    ----------
    name : str
        The module in :mod:`tests.benchmarks.rows`.
    title : str
    contestants : tuple of Contestant
    yardsticks : tuple of Yardstick
    agree : callable
        Takes the answers by contestant and returns facts; one that does not hold is an error, at any size of workload.
    measure : callable, optional
        Takes the folder of the inputs and returns facts that hold for the full workload only.
    cores : int
        How many the processes may use.
    """

    name: str
    title: str
    contestants: tuple[Contestant, ...]
    yardsticks: tuple[Yardstick, ...]
    agree: Callable[[Answers], list[Fact]]
    measure: Callable[[Path], list[Fact]] | None = None
    cores: int = 1

    def contestant(self, name: str) -> Contestant:
        (found,) = [c for c in self.contestants if c.name == name]
        return found


def within(value: float, at_least: float | None, at_most: float | None) -> bool | None:
    """Return whether a value keeps its bounds; None where there is none. NaN keeps no bound."""
    if at_least is None and at_most is None:
        return None
    return bool((at_least is None or value >= at_least) and (at_most is None or value <= at_most))
