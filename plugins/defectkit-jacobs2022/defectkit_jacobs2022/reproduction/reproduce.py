"""Reproduce: run the studies that artifacts need, and write the artifacts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from defectkit.errors import SplitError, StudyError
from defectkit.files import check_apart
from defectkit.storage.results import save_results
from defectkit.studies import catalogue_data, run_study, select_runs
from defectkit.studies.data import StudyData
from defectkit.studies.running.progress import StudyProgress
from defectkit.studies.running.run import study_predictions
from defectkit_jacobs2022.artifact import AnyArtifact, Outcome
from defectkit_jacobs2022.published import published_tables
from defectkit_jacobs2022.reproduction.artifacts import chosen
from defectkit_jacobs2022.reproduction.effort import Effort
from defectkit_jacobs2022.reproduction.in_memory import in_memory
from defectkit_jacobs2022.reproduction.listing import Listing
from defectkit_jacobs2022.reproduction.page import write_page
from defectkit_jacobs2022.reproduction.plan import Plan
from defectkit_jacobs2022.reproduction.studies import STUDIES, Declaring, with_group_splits, with_initial_split
from defectkit_jacobs2022.reproduction.survey import NAME as SURVEY, Winner, winner_of
from defectkit_jacobs2022.reproduction.writing import FOLDER, Written, write_artifact

if TYPE_CHECKING:
    import xarray

Report = Callable[[str, StudyProgress], None]

OF_SEVERAL_CONVENTIONS = ("variance",)
INITIAL_STUDY = "initial"
"""What one model shows: the one study that a detector is good for that does not learn."""


def silent(study: str, progress: StudyProgress) -> None:
    """Report nothing."""


@attrs.frozen(kw_only=True)
class Reproduction:
    """What was made.

    Parameters
    ----------
    folder : pathlib.Path
    written : tuple of Written
    omitted : mapping of str to str
        Why an artifact could not be made on the data set, by its name.
    provenance : tuple of str
    """

    folder: Path
    written: tuple[Written, ...]
    omitted: Mapping[str, str]
    provenance: tuple[str, ...]


def reproduce(
    names: Iterable[str],
    folder: str | Path,
    *,
    plan: Plan,
    effort: Effort,
    data: StudyData | None = None,
    convention: str = "jacobs2022",
    report: Report = silent,
) -> Reproduction:
    """Run the studies that some tables and figures need, or resume them, and write these.

    Parameters
    ----------
    names : iterable of str
        Of :data:`~defectkit_jacobs2022.reproduction.artifacts.ARTIFACTS`, or ``all``.
    folder : str or pathlib.Path
        An existing folder is resumed: no finished training is repeated.
    plan : Plan
        See :func:`~defectkit_jacobs2022.reproduction.plan.plan_for`, or one of your own.
    effort : Effort
        See :func:`~defectkit_jacobs2022.reproduction.effort.effort_for`.
    data : StudyData, optional
        With the label sets of the plan; those of the catalogue unless given.
    convention : str
    report : callable
        Told the name of the study and its progress.

    Returns
    -------
    Reproduction
        Files lie under ``artifacts/``, results of studies under ``results/``, finished trainings under ``studies/``;
        ``index.html`` shows all.

    Raises
    ------
    UnknownNameError, UnknownDatasetError, UnknownConventionError
        If there is nothing of a name.
    StudyError, SplitError
        If one artifact is asked for and the data set cannot give it; of several, those that it can give are made.
    FetchError
        If data cannot be had.
    OutputError
        If the folder holds something else, or an artifact that somebody changed, or is, holds or lies in a folder of
        images that are read.
    """
    artifacts = chosen(names)
    listing = Listing.of(Path(folder))
    place = listing.folder
    if data is None:
        data = catalogue_data(plan.dataset, plan.roles, available=plan.is_partial)
    check_apart(place, {image.path.parent for image in data.images.values() if image.path is not None})
    listing.write()
    data = with_initial_split(data, plan)
    needed = tuple(dict.fromkeys(study for artifact in artifacts for study in artifact.studies))
    if needed:
        data = in_memory(data, (name for key in plan.roles for name in data.labels(key).images if name in data.images))
    run = _Running(plan=plan, data=data, convention=convention, place=place, report=report)
    results, failures, winner = run.results(effort, needed)
    if "groups" in results:
        data, _ = with_group_splits(data, plan)
    outcome = Outcome(
        data=data,
        roles=plan.roles,
        results=results,
        predictions=lambda study, run: study_predictions(place / "studies", results[study], run),
        published=published_tables(),
        is_original=plan.is_original,
        provenance=provenance(plan, effort if winner is None else winner.effort, data, convention, winner),
    )
    made: list[Written] = []
    omitted: dict[str, str] = {}
    for artifact in artifacts:
        try:
            made.append(_made(artifact, outcome, failures, listing))
        except (StudyError, SplitError) as error:
            if len(artifacts) == 1:
                raise
            omitted[artifact.name] = str(error)
    with listing.new_files() as new:
        write_page(new, made, omitted, outcome.provenance)
    return Reproduction(folder=place, written=tuple(made), omitted=omitted, provenance=outcome.provenance)


def provenance(
    plan: Plan, effort: Effort, data: StudyData, convention: str, winner: Winner | None = None
) -> tuple[str, ...]:
    """Return the lines that say what artifacts were made from."""
    from defectkit import __version__

    labels = ", ".join(plan.roles)
    lines = (
        f"data set {plan.dataset}, labels {labels}, {len(data.images)} images; {effort}",
        "" if winner is None else str(winner),
        f"convention {convention}; defectkit {__version__}",
        plan.caution,
        *(data.dataset.cautions if data.dataset is not None else ()),
        *data.refusals(plan.roles),
    )
    return tuple(line for line in lines if line)


@attrs.frozen(kw_only=True)
class _Running:
    """What studies are declared and run with, all but the detector."""

    plan: Plan
    data: StudyData
    convention: str
    place: Path
    report: Report

    def results(
        self, effort: Effort, needed: tuple[str, ...]
    ) -> tuple[dict[str, xarray.Dataset], dict[str, Exception], Winner | None]:
        """Return the results of the studies that could be declared, why others could not, and the survey's winner.

        The survey comes first wherever a study trains, since all others train its winner.
        """
        winner = None
        results: dict[str, xarray.Dataset] = {}
        failures: dict[str, Exception] = {}
        is_trained = any(name != INITIAL_STUDY or effort.shipped is None for name in needed)
        if is_trained and effort.n_configurations > 1:
            results[SURVEY] = self.result(SURVEY, effort)
            winner = winner_of(effort, results[SURVEY])
            effort = winner.effort
        for name in needed:
            if name in results:
                continue
            try:
                results[name] = self.result(name, effort)
            except _NotDeclaredError as error:
                failures[name] = error.reason
        return results, failures, winner

    def result(self, name: str, effort: Effort) -> xarray.Dataset:
        """Return the result of a study, under the one convention unless it is about several."""
        try:
            of_study = with_group_splits(self.data, self.plan)[0] if name == "groups" else self.data
            study = STUDIES[name](Declaring(plan=self.plan, data=of_study, effort=effort, convention=self.convention))
        except (StudyError, SplitError) as error:
            raise _NotDeclaredError(error) from error
        result = run_study(study, of_study, self.place / "studies", report=partial(self.report, name))
        save_results(result, self.place / "results" / f"{name}.zarr")
        return result if name in OF_SEVERAL_CONVENTIONS else select_runs(result, convention=self.convention)


class _NotDeclaredError(Exception):
    """A study cannot be declared on the data."""

    def __init__(self, reason: Exception) -> None:
        super().__init__(str(reason))
        self.reason = reason


def _made(artifact: AnyArtifact, outcome: Outcome, failures: Mapping[str, Exception], listing: Listing) -> Written:
    for study in artifact.studies:
        if study in failures:
            raise StudyError(str(failures[study])) from failures[study]
    made = artifact.make(outcome)
    with listing.new_files() as new:
        done = write_artifact(artifact, made, new / FOLDER)
    return attrs.evolve(done, folder=listing.folder / FOLDER)
