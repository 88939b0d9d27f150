"""Effort: which detectors the studies use, and how thoroughly they are trained for a number of minutes."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Any

import attrs

from defectkit.errors import StudyError
from defectkit.studies.study import DetectorChoice
from defectkit_jacobs2022.level import QUICK, SURVEY_SHARE, Level, level_for
from defectkit_jacobs2022.reproduction.grids import Grid, grid_for
from defectkit_jacobs2022.reproduction.plan import Plan

SHIPPED = "loopnet"
"""The best trained detector that is installed with defectkit."""

LEARNER = "pixel-forest"
"""What learns in the studies of training, where the detector does not."""

PUBLISHED: Mapping[str, Mapping[str, Any]] = MappingProxyType({"detectron2": {"config": "reference"}})
"""What the paper trained, by the name of the detector; where time is not limited."""

PUBLISHED_ITERATIONS = 300_000
"""Of the paper, in all studies but the survey."""

SECONDS_AN_ITERATION = 0.45
"""Of a MobileNet Mask R-CNN on two cores."""

FEWEST_ITERATIONS = 20


def _frozen(options: Mapping[str, Any]) -> Mapping[str, Any]:
    return MappingProxyType(dict(options))


@attrs.frozen(kw_only=True)
class Effort:
    """The detectors of the studies, and what the survey tries.

    Parameters
    ----------
    detector : DetectorChoice
        That is trained in the studies; options of the survey's winner are added to its own.
    grid : mapping of str to sequence
        Options, and the values of each that the survey tries.
    survey : mapping of str to Any
        Options that the survey has in place of the detector's, so that it trains shorter.
    shipped : DetectorChoice, optional
        A trained detector, used as it is for what one model shows; that of the studies unless given.
    level : Level
        How many splits are drawn.
    minutes : float, optional
        What all studies together may about take; none for as long as it takes.
    """

    detector: DetectorChoice
    grid: Grid = attrs.field(hash=False)
    survey: Mapping[str, Any] = attrs.field(factory=dict, converter=_frozen, hash=False)
    shipped: DetectorChoice | None = None
    level: Level = QUICK
    minutes: float | None = None

    @property
    def n_configurations(self) -> int:
        """How many configurations the survey compares."""
        return math.prod(map(len, self.grid.values()))

    def __str__(self) -> str:
        options = ", ".join(f"{name}={value}" for name, value in self.detector.options.items())
        budget = "no limit of time" if self.minutes is None else f"a budget of {self.minutes:g} minutes"
        trained = f"detector {self.detector.detector} ({options or 'default options'})"
        if self.shipped is not None:
            trained = (
                f"detector {self.shipped.detector} as it is for what one model shows (figures 2 to 7 and 12 to 15, "
                f"hardening), and trained in the studies of splits, labels and training {trained}"
            )
        return f"{trained}, {budget}, level {self.level.name}"


def effort_for(detector: str, minutes: float | None, *, plan: Plan, learner: str = LEARNER) -> Effort:
    """Return what to train in the time there is.

    Parameters
    ----------
    detector : str
        The name of a registered detector. One that does not learn is used as it is for what one model shows.
    minutes : float, optional
        For all studies of all artifacts together; none for the settings of the paper, or the detector's own.
    plan : Plan
        Of the data set.
    learner : str
        The detector that is trained where ``detector`` does not learn.

    Raises
    ------
    StudyError
        If the minutes are not above 0, or the learner does not learn.
    UnknownPluginError
        If there is no such detector.

    Notes
    -----
    The budget chooses a :class:`~defectkit_jacobs2022.level.Level`, it does not stop anything: how many
    splits are drawn, what the survey tries, and how a forest is trained. A network gets as many iterations as
    :data:`SECONDS_AN_ITERATION` says, and a third of them in the survey.

    Examples
    --------
    >>> from defectkit_jacobs2022.reproduction.plan import plan_for
    >>> effort = effort_for("loopnet", 30, plan=plan_for("ti-loops"))
    >>> effort.shipped.detector, effort.detector.detector, effort.detector.options["n_trees"], effort.survey
    ('loopnet', 'pixel-forest', 12, mappingproxy({'n_trees': 4}))
    """
    from defectkit import hooks

    if minutes is not None and not minutes > 0:
        raise StudyError(f"a budget of {minutes:g} minutes is none; give more than 0")
    shipped = None if _learns(detector) else DetectorChoice(detector=detector)
    name = detector if shipped is None else learner
    if not _learns(name):
        raise StudyError(f"{name} does not learn; name a detector that does, for instance {LEARNER}")
    level = level_for(minutes)
    known = {field.name for field in attrs.fields(hooks.find("detector", name))}
    options = options_for(name, known, minutes, plan)
    grid = grid_for(known, options, level.n_options)
    if "iterations" in known and minutes is not None:
        n_configurations = math.prod(map(len, grid.values()))
        n_full = level.n_trainings + n_configurations / SURVEY_SHARE
        iterations = int(minutes * 60 / n_full / SECONDS_AN_ITERATION)
        options["iterations"] = max(FEWEST_ITERATIONS, iterations)
    return Effort(
        detector=DetectorChoice(detector=name, options=options),
        grid=grid,
        survey=survey_options(known, options, level),
        shipped=shipped,
        level=level,
        minutes=minutes,
    )


def _learns(detector: str) -> bool:
    from defectkit.workflows import make_detector

    return make_detector(detector).capability.is_trainable


def options_for(detector: str, known: Collection[str], minutes: float | None, plan: Plan) -> dict[str, Any]:
    """Return the options of a detector that has those of the names ``known``, all but its iterations.

    Examples
    --------
    >>> from defectkit_jacobs2022.reproduction.plan import plan_for
    >>> options_for("detectron2", {"config", "iterations"}, None, plan_for("fecral"))
    {'config': 'reference'}
    >>> options_for("detectron2", {"config", "iterations"}, 600, plan_for("fecral"))
    {}
    """
    if minutes is None:
        return dict(PUBLISHED.get(detector, {}))
    level = level_for(minutes)
    if detector == LEARNER:
        return {"pixel_size": plan.quick_pixel_size, "n_trees": level.n_trees, **level.forest}
    return {}


def survey_options(known: Collection[str], options: Mapping[str, Any], level: Level) -> dict[str, Any]:
    """Return the options by which the survey trains shorter; none for detectors that have no such option.

    Examples
    --------
    >>> survey_options({"iterations"}, {"iterations": 600}, QUICK)
    {'iterations': 200}
    """
    if "n_trees" in known:
        return {"n_trees": level.n_trees // SURVEY_SHARE}
    if "iterations" in known:
        given = options.get("iterations", PUBLISHED_ITERATIONS if options.get("config") == "reference" else None)
        return {} if given is None else {"iterations": max(FEWEST_ITERATIONS, given // SURVEY_SHARE)}
    return {}
