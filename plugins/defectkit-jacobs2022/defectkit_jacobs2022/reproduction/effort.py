"""Effort: how thoroughly a detector is trained for a number of minutes."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import attrs

from defectkit.errors import StudyError
from defectkit.studies.study import DetectorChoice
from defectkit_jacobs2022.reproduction.plan import Plan

N_TRAININGS = 43
"""That all studies take together; what the budget is shared out over."""

PUBLISHED: Mapping[str, Mapping[str, Any]] = MappingProxyType({"detectron2": {"config": "reference"}})
"""What the paper trained, by the name of the detector; where time is not limited."""

QUICK_FOREST: Mapping[str, Any] = {
    "n_trees": 12,
    "max_depth": 14,
    "samples_per_class": 150,
    "threshold": 0.5,
    "min_score": 0.3,
}
"""Of ``pixel-forest`` where an hour or less is to be spent: all studies of 182 images take less than 30 minutes."""

QUICK_MINUTES = 60.0
SECONDS_AN_ITERATION = 0.45
"""Of a MobileNet Mask R-CNN on two cores."""

FEWEST_ITERATIONS = 20


@attrs.frozen(kw_only=True)
class Effort:
    """The detector of the studies, and what is varied in the study of its options.

    Parameters
    ----------
    detector : DetectorChoice
    grid : mapping of str to sequence
        Options, and the values of each that are tried.
    minutes : float, optional
        What all studies together may about take; none for as long as it takes.
    """

    detector: DetectorChoice
    grid: Mapping[str, Sequence[Any]] = attrs.field(hash=False)
    minutes: float | None = None

    def __str__(self) -> str:
        options = ", ".join(f"{name}={value}" for name, value in self.detector.options.items())
        budget = "no limit of time" if self.minutes is None else f"a budget of {self.minutes:g} minutes"
        return f"detector {self.detector.detector} ({options or 'default options'}), {budget}"


def effort_for(detector: str, minutes: float | None, *, plan: Plan) -> Effort:
    """Return what to train in the time there is.

    Parameters
    ----------
    detector : str
        The name of a registered detector.
    minutes : float, optional
        For all studies of all artifacts together; none for the settings of the paper, or the detector's own.
    plan : Plan
        Of the data set.

    Raises
    ------
    StudyError
        If the minutes are not above 0.
    UnknownPluginError
        If there is no such detector.

    Notes
    -----
    The budget chooses settings, it does not stop anything: a network gets as many iterations as
    :data:`SECONDS_AN_ITERATION` says, ``pixel-forest`` its :data:`QUICK_FOREST` settings up to :data:`QUICK_MINUTES`.

    Examples
    --------
    >>> from defectkit_jacobs2022.reproduction.plan import plan_for
    >>> effort_for("pixel-forest", 30, plan=plan_for("ti-loops")).detector.options["n_trees"]
    12
    """
    from defectkit import hooks

    if minutes is not None and not minutes > 0:
        raise StudyError(f"a budget of {minutes:g} minutes is none; give more than 0")
    known = {field.name for field in attrs.fields(hooks.find("detector", detector))}
    options = options_for(detector, known, minutes, plan)
    return Effort(detector=DetectorChoice(detector=detector, options=options), grid=_grid(known), minutes=minutes)


def options_for(detector: str, known: Collection[str], minutes: float | None, plan: Plan) -> dict[str, Any]:
    """Return the options of a detector that has those of the names ``known``.

    Examples
    --------
    >>> from defectkit_jacobs2022.reproduction.plan import plan_for
    >>> options_for("detectron2", {"config", "iterations"}, None, plan_for("fecral"))
    {'config': 'reference'}
    >>> options_for("detectron2", {"config", "iterations"}, 600, plan_for("fecral"))
    {'iterations': 1860}
    """
    if minutes is None:
        return dict(PUBLISHED.get(detector, {}))
    if detector == "pixel-forest" and minutes <= QUICK_MINUTES:
        return {"pixel_size": plan.quick_pixel_size, **QUICK_FOREST}
    if "iterations" in known:
        return {"iterations": max(FEWEST_ITERATIONS, int(minutes * 60 / N_TRAININGS / SECONDS_AN_ITERATION))}
    return {}


GRIDS: Sequence[Mapping[str, Sequence[Any]]] = (
    {"border_nm": (2.0, 4.0), "smoothing_nm": (0.0, 2.0), "depth_nm": (1.0, 3.0)},
    {"learning_rate": (0.00025, 0.001, 0.005), "min_score": (0.3, 0.5)},
)
"""What can be tried; the first whose options a detector has is taken."""


def _grid(known: set[str]) -> Mapping[str, Sequence[Any]]:
    return next((grid for grid in GRIDS if set(grid) <= known), {})
