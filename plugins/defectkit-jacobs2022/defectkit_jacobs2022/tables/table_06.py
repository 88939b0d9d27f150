"""Table 6: leaving groups out."""

from __future__ import annotations

from collections.abc import Sequence

from defectkit_jacobs2022.artifact import Artifact, NamedTables, Outcome
from defectkit_jacobs2022.published import PublishedRow
from defectkit_jacobs2022.published_rows import OURS, PUBLISHED, TYPES, findings, notes, ordered, printed
from defectkit_jacobs2022.table import Origin, Row, Table, TableColumn
from defectkit_jacobs2022.tables.counting import LEAVE_OUT
from defectkit_jacobs2022.tables.over_runs import SOURCE
from defectkit_jacobs2022.tables.statistics import BY_NAME, OVERALL, evaluations, left_out, types_of

TITLE = "Leaving groups out: how far a model reaches beyond what it was trained on"
FACTS = ("irradiation", "alloy", "microscope")
FIND, TYPE = BY_NAME["find_f1"], BY_NAME["type_f1"]


def table_06(outcome: Outcome) -> NamedTables:
    """Return Table 6.

    Raises
    ------
    StudyError
        If the study ``groups`` was not run.
    """
    result, published = outcome.result("groups"), outcome.published[6]
    runs = evaluations(result)
    types = ordered([*types_of(runs), *TYPES])
    columns = (
        TableColumn(name="group", title="left out", origin=Origin.LABEL),
        TableColumn(name="train_labels", title="trained on", origin=Origin.LABEL),
        SOURCE,
        TableColumn(name="train_images", title="training images"),
        TableColumn(name="train_defects", title="training defects"),
        *(TableColumn(name=f"train_{t}", title=f"training {t}") for t in types),
        TableColumn(name="test_images", title="test images"),
        TableColumn(name="test_defects", title="test defects"),
        *(TableColumn(name=f"type_f1_{t}", title=f"type F1, {t}", decimals=2) for t in (*types, OVERALL)),
        TableColumn(name="find_f1", title="find F1", decimals=2),
    )
    rows, titles = [], []
    of_fact: dict[str, list[Row]] = {fact: [] for fact in FACTS}
    for number, run in enumerate(runs):
        at = result.isel(run=number)
        fact, group = _group(str(at["split"].item()))
        labels = str(at["train_labels"].item())
        trained_on = dict(zip(map(str, at["defect_type"].values), at["train_count"].values, strict=True))
        cells = (
            group,
            labels,
            OURS,
            int(at["n_train_images"]),
            int(trained_on["all"]),
            *(int(trained_on.get(t, 0)) for t in types),
            int(at["n_test_images"]),
            int(run["n_true"]),
            *(TYPE.value(run, t) for t in (*types, OVERALL)),
            FIND.value(run, "all"),
        )
        titles.append(f"{group}, trained on {labels}")
        of_fact.setdefault(fact, []).append(Row(cells=cells))
    for fact, own_rows in of_fact.items():
        rows += own_rows
        rows += [_printed(row, types) for row in published if row.key[0] == f"leave-out-{fact}"]
    own = [
        "Each group is tested with its labels in the expanded set, whatever the training labels.",
        "The paper does not name the group that it left out.",
        *left_out(runs, titles, (TYPE,)),
        *findings(outcome, 6),
    ]
    table = Table(name="table6", title=TITLE, columns=columns, rows=rows, notes=notes(outcome, published, own=own))
    return {"": table}


def _group(split: str) -> tuple[str, str]:
    """Return the fact by which a split leaves images out, and what it leaves out."""
    match = LEAVE_OUT.fullmatch(split)
    if match is not None:
        return match["fact"], f"{match['fact']} {match['value']}"
    fact = split.rpartition("leave-out-")[2]
    return fact, fact


def _printed(row: PublishedRow, types: Sequence[str]) -> Row:
    split, dataset = row.key
    wanted = [
        "train_images",
        "train_defects",
        *(f"train_{t}" for t in types),
        "test_images",
        "test_defects",
        *(f"type_f1_{t}" for t in (*types, OVERALL)),
        "find_f1",
    ]
    cells = (split.removeprefix("leave-out-"), dataset, PUBLISHED, *printed(row, wanted))
    return Row(cells=cells, origin=Origin.PUBLISHED)


TABLE_06 = Artifact(name="table6", title=TITLE, studies=("groups",), make=table_06)
