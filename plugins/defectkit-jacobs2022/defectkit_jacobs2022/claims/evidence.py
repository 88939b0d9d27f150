"""Evidence: the numbers of a reproduction that claims are decided by."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.statistics import Bootstrap
from defectkit.studies import bootstrap, bootstrap_difference, select_run
from defectkit_jacobs2022.artifact import Outcome, Roles
from defectkit_jacobs2022.claims.measured import Measured
from defectkit_jacobs2022.figures.parity import SPARSE_DENSITY
from defectkit_jacobs2022.figures.points import points
from defectkit_jacobs2022.figures.subject import subject
from defectkit_jacobs2022.tables.counting import LEAVE_OUT
from defectkit_jacobs2022.tables.hardening import COMBINATIONS, SIDES, hardening_of_sides
from defectkit_jacobs2022.tables.statistics import OVERALL, types_of

if TYPE_CHECKING:
    import xarray

Floats = NDArray[np.float64]
Line = tuple[str, str]

STUDIES = ("initial", "random-cv", "groups", "leave-percent-out", "learning-curve", "label-sets", "runs")
SURVEY = "hyperparameters"

BY_TYPE: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "type_f1": ("type_f1_score", ""),
        "size_error": ("size_error", "all"),
        "size_error_found": ("size_error", "found"),
        "shape_error": ("shape_error", "all"),
        "density_error": ("density_error", "all"),
        "size_signed_error": ("size_signed_error", "all"),
        "density_signed_error": ("density_signed_error", "all"),
        "image_size_error": ("averaged_size_error", "all"),
        "image_shape_error": ("averaged_shape_error", "all"),
        "image_density_error": ("averaged_density_error", "all"),
    }
)
"""By our name, a variable of evaluations and the defects it is of."""

N_RESAMPLES = 500


@attrs.frozen(kw_only=True)
class RunNumbers:
    """The numbers of one run.

    Parameters
    ----------
    study, splits, split, train_labels, test_labels : str
    n_trained : int
        Defects learned from.
    values : mapping of (str, str) to float
        By statistic and line: a type, ``overall`` for the mean over types, or ``all`` for all together.
    """

    study: str
    splits: str = ""
    split: str = ""
    train_labels: str = ""
    test_labels: str = ""
    n_trained: int = 0
    values: Mapping[Line, float] = attrs.field(hash=False)

    def value(self, statistic: str, line: str = OVERALL) -> float:
        """Return a number; NaN where the run does not have it."""
        return self.values.get((statistic, line), math.nan)

    @property
    def fact(self) -> str:
        """The fact by which a group was left out; empty where none was."""
        match = LEAVE_OUT.fullmatch(self.split)
        return match["fact"] if match is not None else self.split.rpartition("leave-out-")[2]


@attrs.frozen(kw_only=True, eq=False)
class Evidence:
    """What claims are decided by.

    Parameters
    ----------
    runs : tuple of RunNumbers
    roles : Roles
    intervals : mapping of (str, str, str) to Measured
        By study and labels, statistic and line: bootstrap intervals of single runs.
    gains : mapping of (str, str) to Measured
        By the fact left out and the type: type F1 of the model of the expanded set less that of the second set.
    image_errors : numpy.ndarray
        Percent errors of mean sizes, one for each image and type of the initial split.
    hardening : mapping of str to numpy.ndarray, shape (2, images)
        By sum over types: true and predicted hardening of images that have both.
    is_original : bool
        Whether the images are those of the paper.
    """

    runs: tuple[RunNumbers, ...]
    roles: Roles
    intervals: Mapping[tuple[str, str, str], Measured] = attrs.field(factory=dict)
    gains: Mapping[Line, Measured] = attrs.field(factory=dict)
    image_errors: Floats = attrs.field(factory=lambda: np.zeros(0))
    hardening: Mapping[str, Floats] = attrs.field(factory=dict)
    is_original: bool = False

    def of(self, study: str, where: Callable[[RunNumbers], bool] = lambda run: True) -> tuple[RunNumbers, ...]:
        """Return the runs of a study for which something is true."""
        return tuple(run for run in self.runs if run.study == study and where(run))

    def values(
        self,
        study: str,
        statistic: str,
        line: str = OVERALL,
        where: Callable[[RunNumbers], bool] = lambda run: True,
    ) -> Floats:
        """Return one number of each run of a study, shape (runs,)."""
        return np.array([run.value(statistic, line) for run in self.of(study, where)], np.float64)

    def interval(self, run: str, statistic: str, line: str) -> Measured:
        """Return a bootstrap interval; not known where there is none."""
        unknown = Measured(value=math.nan, low=math.nan, high=math.nan, n=0)
        return self.intervals.get((run, statistic, line), unknown)


def evidence_of(outcome: Outcome) -> Evidence:
    """Return the evidence of a reproduction.

    Raises
    ------
    StudyError
        If a study was not run, or the images have no pixel size.
    """
    runs = [_numbers(outcome, study, k) for study in STUDIES for k in range(outcome.result(study).sizes["run"])]
    survey = outcome.result(SURVEY)
    runs += [_scores(survey, SURVEY, k) for k in range(survey.sizes["run"])]
    about = subject(outcome, "initial")
    errors = about.evaluation["image_size_error"].sel(subset="all", defect_type=about.types).values.ravel()
    return Evidence(
        runs=tuple(runs),
        roles=outcome.roles,
        intervals={
            **_intervals("initial", about.evaluation),
            **{
                line: measured
                for key in (outcome.roles.first, outcome.roles.second)
                for line, measured in _intervals(key, _labelled(outcome.result("label-sets"), key)).items()
            },
        },
        gains=_gains(outcome.result("groups"), outcome.roles),
        image_errors=errors[~np.isnan(errors)],
        hardening=_hardening(outcome),
        is_original=outcome.is_original,
    )


def _numbers(outcome: Outcome, study: str, run: int) -> RunNumbers:
    found = _scores(outcome.result(study), study, run)
    about = subject(outcome, study, run)
    size, density = (points(outcome, about, name) for name in ("size", "density"))
    rmse = {
        ("size_rmse", "all"): float(size.statistics().rmse),
        ("density_rmse", "all"): float(density.apart(SPARSE_DENSITY)[0].rmse),
    }
    return attrs.evolve(found, values={**found.values, **rmse})


def _scores(result: xarray.Dataset, study: str, run: int) -> RunNumbers:
    evaluation = select_run(result, run)
    at = _at_threshold(evaluation)
    types = types_of([evaluation])
    values: dict[Line, float] = {("find_f1", "all"): float(at["find_f1_score"])}
    for name, (variable, subset) in BY_TYPE.items():
        of_types = at[variable].sel(subset=subset) if subset else at[variable]
        each = {kind: float(of_types.sel(defect_type=kind)) for kind in types}
        values |= {(name, kind): value for kind, value in each.items()}
        defined = [value for value in each.values() if not math.isnan(value)]
        values[name, OVERALL] = sum(defined) / len(defined) if defined else math.nan
    for kind in types:
        values["predicted", kind] = float(at["predicted_count"].sel(subset="all", defect_type=kind))
    here = result.isel(run=run)
    return RunNumbers(
        study=study,
        **{name: str(here[name].item()) for name in ("splits", "split", "train_labels", "test_labels")},
        n_trained=int(here["train_count"].sel(defect_type="all")),
        values=values,
    )


def _at_threshold(evaluation: xarray.Dataset) -> xarray.Dataset:
    return evaluation.sel(iou_threshold=evaluation.attrs["iou_threshold"], method="nearest")


def _labelled(result: xarray.Dataset, key: str) -> xarray.Dataset:
    """Return the run that learned from and was tested with the labels of one set."""
    pairs = list(zip(map(str, result["train_labels"].values), map(str, result["test_labels"].values), strict=True))
    return select_run(result, pairs.index((key, key)))


def _how() -> Bootstrap:
    return Bootstrap(n_resamples=N_RESAMPLES, level="images-and-defects", confidence=0.95)


def _intervals(name: str, evaluation: xarray.Dataset) -> dict[tuple[str, str, str], Measured]:
    own = {key: value for key, value in BY_TYPE.items() if not key.startswith("image_")}
    variables = ["find_f1_score", *(v for variable, _ in own.values() for v in (variable, f"overall_{variable}"))]
    drawn = _at_threshold(bootstrap(evaluation, _how(), statistics=list(dict.fromkeys(variables))))
    n = evaluation.sizes["image"]
    found = {(name, "find_f1", "all"): _ends(drawn, "find_f1_score", n)}
    for key, (variable, subset) in own.items():
        here = drawn.sel(subset=subset) if subset else drawn
        found[name, key, OVERALL] = _ends(here, f"overall_{variable}", n)
        for kind in types_of([evaluation]):
            found[name, key, kind] = _ends(here.sel(defect_type=kind), variable, n)
    return found


def _ends(drawn: xarray.Dataset, variable: str, n: int) -> Measured:
    value, low, high = (float(drawn[f"{variable}{end}"]) for end in ("", "_low", "_high"))
    return Measured(value=value, low=low, high=high, n=n)


def _gains(result: xarray.Dataset, roles: Roles) -> dict[Line, Measured]:
    """Return by how much models of the expanded set are better, on the same images."""
    runs = [_scores(result, "groups", k) for k in range(result.sizes["run"])]
    found: dict[Line, Measured] = {}
    for fact in dict.fromkeys(run.fact for run in runs):
        at = {run.train_labels: k for k, run in enumerate(runs) if run.fact == fact}
        if not {roles.second, roles.expanded} <= set(at) or roles.second == roles.expanded:
            continue
        second, expanded = (select_run(result, at[key]) for key in (roles.second, roles.expanded))
        names = ["type_f1_score", "overall_type_f1_score", "find_f1_score"]
        drawn = _at_threshold(
            bootstrap_difference(second, expanded, _how(), statistics=names).assign_attrs(
                iou_threshold=expanded.attrs["iou_threshold"]
            )
        )
        n = expanded.sizes["image"]
        found[fact, OVERALL] = _ends(drawn, "overall_type_f1_score", n)
        for kind in types_of([second, expanded]):
            found[fact, kind] = _ends(drawn.sel(defect_type=kind), "type_f1_score", n)
    return found


def _hardening(outcome: Outcome) -> dict[str, Floats]:
    sides = hardening_of_sides(outcome)
    found = {}
    for name in COMBINATIONS:
        both = np.stack([sides[side][f"total_{name}"].values for side in SIDES])
        found[name] = both[:, ~np.isnan(both).any(axis=0)]
    return found
