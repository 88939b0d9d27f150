"""Level: how much of the studies is run, and how thoroughly a forest is trained, for a number of minutes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import attrs

SURVEY_SHARE = 3
"""The survey trains for one part in so many: 100,000 of 300,000 iterations in the paper."""


def _frozen(options: Mapping[str, Any]) -> Mapping[str, Any]:
    return MappingProxyType(dict(options))


@attrs.frozen(kw_only=True)
class Level:
    """One level of effort.

    Parameters
    ----------
    name : str
    minutes : float
        The least budget that gets this level; infinite for the one that only no limit of time gets.
    n_repeats : int
        Splits drawn for each part of the images that is left out.
    curve : tuple of float
        Parts of the train side on the learning curve.
    n_options : int
        How many options the survey varies, at most.
    n_trainings, n_survey : int
        That all studies but the survey take together on synthetic-fecral, and those of the survey.
    forest : mapping of str to Any
        Options of ``pixel-forest``; its own defaults where none are given.
    n_trees : int
        Of the forests of all studies but the survey.
    """

    name: str
    minutes: float
    n_repeats: int
    curve: tuple[float, ...]
    n_options: int
    n_trainings: int
    n_survey: int
    n_trees: int
    forest: Mapping[str, Any] = attrs.field(converter=_frozen, hash=False)


SKETCH = Level(
    name="sketch",
    minutes=0,
    n_repeats=1,
    curve=(0.1, 0.5, 1.0),
    n_options=1,
    n_trainings=23,
    n_survey=2,
    n_trees=6,
    forest={"max_depth": 10, "samples_per_class": 80, "threshold": 0.5, "min_score": 0.3},
)
QUICK = Level(
    name="quick",
    minutes=20,
    n_repeats=3,
    curve=(0.05, 0.1, 0.25, 0.5, 1.0),
    n_options=3,
    n_trainings=35,
    n_survey=8,
    n_trees=12,
    forest={"max_depth": 14, "samples_per_class": 150, "threshold": 0.5, "min_score": 0.3},
)
THOROUGH = attrs.evolve(
    QUICK,
    name="thorough",
    minutes=60,
    n_trees=30,
    forest={"max_depth": 18, "samples_per_class": 300, "threshold": 0.5, "min_score": 0.3},
)
FULL = attrs.evolve(THOROUGH, name="full", minutes=math.inf, forest={})
LEVELS = (SKETCH, QUICK, THOROUGH, FULL)


def level_for(minutes: float | None) -> Level:
    """Return the most thorough level that a budget allows; without a budget, the last.

    Examples
    --------
    >>> level_for(3).name, level_for(30).name, level_for(None).name
    ('sketch', 'quick', 'full')
    """
    return LEVELS[-1] if minutes is None else [level for level in LEVELS if level.minutes <= minutes][-1]
