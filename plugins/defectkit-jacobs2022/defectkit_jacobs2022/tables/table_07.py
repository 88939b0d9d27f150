"""Table 7: label sets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import attrs

from defectkit.conventions import Convention
from defectkit.errors import StudyError
from defectkit.files.decoding import parse_json
from defectkit.metrics import Errors, Find, TypeScores
from defectkit.records.image import Image
from defectkit.records.label_set import LabelSet
from defectkit.statistics import Bootstrap
from defectkit.studies import select_run
from defectkit.workflows.agreement import agree
from defectkit.workflows.evaluate import evaluate
from defectkit_jacobs2022.artifact import Artifact, NamedTables, Outcome
from defectkit_jacobs2022.published_rows import OURS, PUBLISHED, TYPES, notes, ordered, printed
from defectkit_jacobs2022.table import Origin, Row, Table, TableColumn
from defectkit_jacobs2022.tables.over_runs import LABELS, SOURCE
from defectkit_jacobs2022.tables.statistics import BY_NAME, OVERALL, evaluations, left_out, lines, types_of

if TYPE_CHECKING:
    import xarray

STUDY = "label-sets"
TITLE = "Models trained and tested on the labels of two groups of people"
CROSSED = ("find_f1", "type_f1", "size_error_all", "size_error_found", "density_error")
PEOPLE = "the people who drew"
FIGURES = (
    ("f1_score", "find F1", "", 2),
    ("kappa", "kappa of types of found pairs", "", 2),
    ("size_difference", "difference of mean size", "%", 2),
    ("density_difference", "difference of density", "%", 2),
)


def table_07(outcome: Outcome) -> NamedTables:
    """Return Table 7, every pairing of training and test labels beside the people, and how far these agree.

    Raises
    ------
    StudyError
        If the study ``label-sets`` was not run, or lacks a pair of label sets.
    """
    result = outcome.result(STUDY)
    return {"": _own_labels(outcome, result), "crossed": _crossed(outcome, result), "agreement": _agreement(outcome)}


def _run_of(result: xarray.Dataset, train: str, test: str) -> int:
    """Return the position of the first run with these labels.

    Raises
    ------
    StudyError
        If there is none.
    """
    pairs = list(zip(map(str, result["train_labels"].values), map(str, result["test_labels"].values), strict=True))
    if (train, test) not in pairs:
        raise StudyError(f"the study {STUDY!r} has no run trained on {train} and tested on {test}")
    return pairs.index((train, test))


def _own_labels(outcome: Outcome, result: xarray.Dataset) -> Table:
    published, roles = outcome.published[7], outcome.roles
    sets = (roles.first, roles.second)
    runs = [select_run(result, _run_of(result, key, key)) for key in sets]
    types = types_of(runs)
    columns = (
        *LABELS,
        SOURCE,
        *(TableColumn(name=name, title=f"in place of {name}") for name in published.columns),
    )
    statistics = [BY_NAME[key] for key in dict.fromkeys(key for key, _ in published.rows)]
    rows = []
    for statistic, line in lines(ordered([*types, *TYPES]), statistics):
        labels = (statistic.title, statistic.unit, line)
        if line in types or line == OVERALL or not statistic.by_type:
            values = [statistic.value(run, line) for run in runs]
            rows.append(Row(cells=(*labels, OURS, *values), decimals=statistic.decimals))
        row = published.rows.get((statistic.name, line))
        if row is not None:
            cells = (*labels, PUBLISHED, *printed(row, tuple(published.columns)))
            rows.append(Row(cells=cells, origin=Origin.PUBLISHED))
    own = [
        *(f"In place of {name}: {key}." for name, key in zip(published.columns, sets, strict=True)),
        *left_out(runs, sets, statistics),
    ]
    return Table(name="table7", title=TITLE, columns=columns, rows=rows, notes=notes(outcome, published, own=own))


def _crossed(outcome: Outcome, result: xarray.Dataset) -> Table:
    columns = (
        TableColumn(name="by", title="who says what is there", origin=Origin.LABEL),
        TableColumn(name="test_labels", title="against the labels", origin=Origin.LABEL),
        *(TableColumn(name=name, title=_title(name), decimals=BY_NAME[name].decimals) for name in CROSSED),
        TableColumn(name="type_kappa", title="kappa of types", decimals=2),
    )
    rows, titles, runs = [], [], []
    for run, evaluation in enumerate(evaluations(result)):
        train, test = (str(result[f"{side}_labels"].values[run]) for side in ("train", "test"))
        rows.append(Row(cells=(f"a model trained on {train}", test, *_figures(evaluation))))
        titles.append(f"trained on {train}, tested on {test}")
        runs.append(evaluation)
    for drawn, test, evaluation in _people(outcome):
        rows.append(Row(cells=(f"{PEOPLE} {drawn}", test, *_figures(evaluation))))
        titles.append(f"{drawn} against {test}")
        runs.append(evaluation)
    own = [
        "All on the same test images. The rows of people are what one group is charged with if the labels of the other "
        "are taken for the truth: no model that learned from the one can be expected to be nearer to the other.",
        *left_out(runs, titles, [BY_NAME[name] for name in CROSSED]),
    ]
    title = "Models and people, each against the labels of both groups"
    return Table(name="table7-crossed", title=title, columns=columns, rows=rows, notes=notes(outcome, own=own))


def _title(name: str) -> str:
    statistic = BY_NAME[name]
    return f"{statistic.title} ({statistic.unit})" if statistic.unit else statistic.title


def _figures(evaluation: xarray.Dataset) -> Iterator[float]:
    for name in CROSSED:
        statistic = BY_NAME[name]
        yield statistic.value(evaluation, OVERALL if statistic.by_type else "all")
    yield float(evaluation["type_kappa"].sel(iou_threshold=evaluation.attrs["iou_threshold"]))


@attrs.frozen(kw_only=True, eq=False)
class _TestSide:
    """Both label sets on the test images of the study, and its convention."""

    labels: tuple[LabelSet, LabelSet]
    images: dict[str, Image]
    convention: Convention

    @classmethod
    def of(cls, outcome: Outcome) -> _TestSide:
        result = outcome.result(STUDY)
        tested = [str(name) for name in select_run(result, 0)["image"].values]
        first, second = (
            attrs.evolve(labels, instances={name: labels[name] for name in tested})
            for labels in map(outcome.data.labels, (outcome.roles.first, outcome.roles.second))
        )
        settings = parse_json(result.attrs["conventions"], where="its conventions")[str(result["convention"].values[0])]
        images = {name: outcome.data.images[name] for name in tested}
        return cls(labels=(first, second), images=images, convention=Convention.from_settings(settings))


def _people(outcome: Outcome) -> Iterator[tuple[str, str, xarray.Dataset]]:
    """Yield who drew, against whom, and the evaluation, for both orders."""
    side = _TestSide.of(outcome)
    for drawn, test in (side.labels[::-1], side.labels):
        evaluation = evaluate(
            test, drawn, side.images, convention=side.convention, metrics=[Find(), TypeScores(), Errors()]
        )
        yield drawn.key, test.key, evaluation


def _agreement(outcome: Outcome) -> Table:
    side = _TestSide.of(outcome)
    result = agree(*side.labels, side.images, convention=side.convention, bootstrap=Bootstrap(confidence=0.95))
    at = result.sel(iou_threshold=result.attrs["iou_threshold"])
    columns = (
        *LABELS,
        TableColumn(name="value", title="value"),
        TableColumn(name="low", title="low end"),
        TableColumn(name="high", title="high end"),
        TableColumn(name="n_degenerate", title="degenerate resamples"),
    )
    rows = [
        Row(cells=(title, unit, line, *_ends(at, name, line)), decimals=decimals)
        for name, title, unit, decimals in FIGURES
        for line in _lines_of(at, name)
    ]
    first, second = (labels.key for labels in side.labels)
    own = [
        f"Labels {first} and {second} of the same {len(side.images)} test images, IoU threshold "
        f"{result.attrs['iou_threshold']:g}.",
        f"Intervals: {result.attrs['bootstrap']}. Differences are {second} less {first}, of {first}.",
    ]
    title = "How far the two groups of people agree on the test images"
    return Table(name="table7-agreement", title=title, columns=columns, rows=rows, notes=notes(outcome, own=own))


def _lines_of(at: xarray.Dataset, name: str) -> Sequence[str]:
    if "defect_type" not in at[name].dims:
        return ("all",)
    return (*ordered(str(t) for t in at["defect_type"].values if str(t) != "all"), "all")


def _ends(at: xarray.Dataset, name: str, line: str) -> Iterator[float | int]:
    for end in ("", "_low", "_high", "_degenerate"):
        variable = at[f"{name}{end}"]
        value = variable.sel(defect_type=line) if "defect_type" in variable.dims else variable
        yield int(value) if end == "_degenerate" else float(value)


TABLE_07 = Artifact(name="table7", title=TITLE, studies=(STUDY,), make=table_07)
