"""One model in detail: the scores kept, pixels by type, and the best and worst images."""

from __future__ import annotations

from typing import TYPE_CHECKING

from defectkit.conventions import Convention
from defectkit.files.decoding import parse_json
from defectkit.studies import extreme_images, select_run
from defectkit.workflows import pixel_report, sweep_scores
from defectkit_jacobs2022.artifact import Artifact, NamedTables, Outcome
from defectkit_jacobs2022.published_rows import notes
from defectkit_jacobs2022.table import Origin, Row, Table, TableColumn

if TYPE_CHECKING:
    import xarray

TITLE = "One model in detail: lowest scores, pixels by type, best and worst images"
STUDY = "initial"
SWEPT = (
    TableColumn(name="n_predicted", title="predicted defects", decimals=0),
    TableColumn(name="find_precision", title="find precision", decimals=2),
    TableColumn(name="find_recall", title="find recall", decimals=2),
    TableColumn(name="find_f1_score", title="find F1", decimals=2),
    TableColumn(name="overall_type_f1_score", title="type F1", decimals=2),
    TableColumn(name="overall_size_error", title="size error", unit="percent", decimals=2),
    TableColumn(name="overall_density_error", title="density error", unit="percent", decimals=2),
)
"""Columns of the sweep, named as the variables of an evaluation."""

PIXELS = (
    TableColumn(name="true_pixels", title="true pixels"),
    TableColumn(name="predicted_pixels", title="predicted pixels"),
    TableColumn(name="shared_pixels", title="shared pixels"),
    TableColumn(name="precision", title="precision", decimals=2),
    TableColumn(name="recall", title="recall", decimals=2),
    TableColumn(name="dice", title="F1 (Dice)", decimals=2),
    TableColumn(name="iou", title="IoU", decimals=2),
)
"""Columns of the report of pixels, named as its variables."""

STATISTICS = {
    "find_f1_score": "find F1",
    "type_f1_score": "type F1, of found defects",
    "size_error": "size error, all defects, %",
    "density_error": "density error, %",
}


def one_model(outcome: Outcome) -> NamedTables:
    """Return the sweep of scores, the report of pixels, and the best and worst image by each statistic."""
    evaluation = select_run(outcome.result(STUDY), 0)
    predictions = outcome.predictions(STUDY, 0)
    labels = outcome.data.labels(str(outcome.result(STUDY)["test_labels"].values[0]))
    tested = [prediction.image for prediction in predictions]
    sides = {name: labels[name] for name in tested}, predictions, [outcome.data.images[name] for name in tested]
    convention = Convention.from_settings(parse_json(evaluation.attrs["convention_settings"], where="its convention"))
    return {
        "scores": _scores(outcome, sweep_scores(*sides, convention=convention, taxonomy=labels.taxonomy)),
        "pixels": _pixels(outcome, pixel_report(*sides, convention=convention, taxonomy=labels.taxonomy)),
        "images": _images(outcome, evaluation),
    }


def _scores(outcome: Outcome, swept: xarray.Dataset) -> Table:
    named = [swept[column.name] for column in SWEPT]
    everything = [v.sel(subset="all") if "subset" in v.dims else v for v in named]
    rows = [
        Row(cells=(float(score), *(float(v.values[k]) for v in everything)))
        for k, score in enumerate(swept["min_score"].values)
    ]
    return Table(
        name="one-model-scores",
        title="Detections kept from a lowest score on",
        columns=(TableColumn(name="min_score", title="lowest score", origin=Origin.LABEL, decimals=1), *SWEPT),
        rows=rows,
        notes=notes(
            outcome, own=("The lowest score that is best here is best for these images; choose it on other ones.",)
        ),
    )


def _pixels(outcome: Outcome, report: xarray.Dataset) -> Table:
    rows = [
        Row(cells=(str(name), *(report[column.name].values[k] for column in PIXELS)))
        for k, name in enumerate(report["defect_type"].values)
    ]
    return Table(
        name="one-model-pixels",
        title="Pixels by type, of all test images together",
        columns=(TableColumn(name="type", title="type", origin=Origin.LABEL), *PIXELS),
        rows=rows,
        notes=notes(outcome, own=("A pixel in several masks of a type counts once; all: in a mask of any type.",)),
    )


def _images(outcome: Outcome, evaluation: xarray.Dataset) -> Table:
    columns = (
        TableColumn(name="statistic", title="statistic", origin=Origin.LABEL),
        TableColumn(name="best_image", title="best image"),
        TableColumn(name="best", title="there", decimals=2),
        TableColumn(name="worst_image", title="worst image"),
        TableColumn(name="worst", title="there", decimals=2),
        TableColumn(name="n_undefined", title="images without a value"),
    )
    rows = [
        Row(cells=(STATISTICS[e.statistic], e.best, e.best_value, e.worst, e.worst_value, e.n_undefined))
        for e in extreme_images(evaluation)
    ]
    return Table(
        name="one-model-images",
        title="The best and the worst test image by each of four statistics",
        columns=columns,
        rows=rows,
        notes=notes(outcome, own=("Type F1 and errors of an image are means over the types that have one.",)),
    )


ONE_MODEL = Artifact(name="one-model", title=TITLE, studies=(STUDY,), make=one_model)
