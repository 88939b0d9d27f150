"""Floor: which part of the errors is the ruler's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from defectkit.conventions import Convention, convention, known_conventions
from defectkit.files.decoding import parse_json
from defectkit.records.image import Image
from defectkit.records.label_set import LabelSet
from defectkit.studies import error_budget, measurement_floor, select_run
from defectkit_jacobs2022.artifact import Artifact, NamedTables, Outcome
from defectkit_jacobs2022.published_rows import notes, ordered
from defectkit_jacobs2022.table import Origin, Row, Table, TableColumn
from defectkit_jacobs2022.tables.statistics import BY_NAME, OVERALL, lines, types_of

if TYPE_CHECKING:
    import xarray

STUDY = "initial"
TITLE = "The measurement floor: what a perfect detector is charged with"
STATISTICS = tuple(BY_NAME[name] for name in ("find_f1", "type_f1", "size_error_all", "density_error"))
PARTS = ("signed_error", "ruler_part", "detector_part", "error", "error_without_ruler")
PART_TITLES = {
    "signed_error": "error with its sign",
    "ruler_part": "the ruler's part",
    "detector_part": "the detector's part",
    "error": "error",
    "error_without_ruler": "error by one ruler",
}


def floor(outcome: Outcome) -> NamedTables:
    """Return the errors of the truth pushed through the path of a prediction, and the error budget of the detector.

    Raises
    ------
    StudyError
        If the study ``initial`` was not run.
    """
    run = select_run(outcome.result(STUDY), 0)
    names = [str(name) for name in run["image"].values]
    images = {name: outcome.data.images[name] for name in names}
    labels = outcome.data.labels(str(outcome.result(STUDY)["test_labels"].values[0]))
    truth = attrs.evolve(labels, instances={name: labels[name] for name in names})
    own = Convention.from_settings(parse_json(run.attrs["convention_settings"], where="its convention"))
    return {"": _floor(outcome, truth, images, own), "budget": _budget(outcome, truth, images, own)}


def _floor(outcome: Outcome, truth: LabelSet, images: dict[str, Image], own: Convention) -> Table:
    rules = list({rule.name: rule for rule in (own, *map(convention, known_conventions()))}.values())
    floors = [measurement_floor(truth, images, convention=rule) for rule in rules]
    columns = (
        TableColumn(name="statistic", title="statistic", origin=Origin.LABEL),
        TableColumn(name="unit", title="unit", origin=Origin.LABEL),
        TableColumn(name="defect_type", title="defect type", origin=Origin.LABEL),
        *(TableColumn(name=rule.name, title=f"convention {rule.name}") for rule in rules),
    )
    rows = [
        Row(
            cells=(statistic.title, statistic.unit, line, *(statistic.value(run, line) for run in floors)),
            decimals=statistic.decimals,
        )
        for statistic, line in lines(types_of(floors), STATISTICS)
    ]
    note = f"Truth: {truth.key}, the {len(images)} test images of the initial split, its own masks as the prediction."
    return Table(name="floor", title=TITLE, columns=columns, rows=rows, notes=notes(outcome, own=[note]))


def _budget(outcome: Outcome, truth: LabelSet, images: dict[str, Image], own: Convention) -> Table:
    settings = parse_json(outcome.result(STUDY).attrs["settings"], where="the settings of the study")
    least = settings["min_score"]
    predictions = [
        prediction if least is None else attrs.evolve(prediction, instances=prediction.instances.above(least))
        for prediction in outcome.predictions(STUDY, 0)
    ]
    budget = error_budget(truth, predictions, images, convention=own)
    types = ordered(str(t) for t in budget["defect_type"].values if str(t) != "all")
    columns = (
        TableColumn(name="quantity", title="quantity", origin=Origin.LABEL),
        TableColumn(name="subset", title="defects", origin=Origin.LABEL),
        TableColumn(name="defect_type", title="defect type", origin=Origin.LABEL),
        *(TableColumn(name=part, title=PART_TITLES[part], unit="percent", decimals=2) for part in PARTS),
    )
    rows = [
        Row(cells=(quantity, subset, line, *(_part(budget, quantity, subset, line, part) for part in PARTS)))
        for quantity in ("size", "shape")
        for subset in ("all", "found")
        for line in (*types, OVERALL)
    ]
    note = (
        "All in percent of the true mean; the two parts add up to the error with its sign. Densities count defects, so "
        "the ruler has no part in them."
    )
    title = "Errors of size and shape: the ruler's part and the detector's"
    return Table(name="floor-budget", title=title, columns=columns, rows=rows, notes=notes(outcome, own=[note]))


def _part(budget: xarray.Dataset, quantity: str, subset: str, line: str, part: str) -> float | None:
    """Return a part of an error; none where a mean over types makes no sense, since signs would cancel."""
    if line == OVERALL:
        name = f"overall_{quantity}_{part}"
        return float(budget[name].sel(subset=subset)) if name in budget else None
    return float(budget[f"{quantity}_{part}"].sel(subset=subset, defect_type=line))


FLOOR = Artifact(name="floor", title=TITLE, studies=(STUDY,), make=floor)
