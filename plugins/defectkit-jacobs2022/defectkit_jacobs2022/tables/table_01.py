"""Table 1: the label sets."""

from __future__ import annotations

from defectkit_jacobs2022.artifact import Artifact, NamedTables, Outcome
from defectkit_jacobs2022.published_rows import OURS, PUBLISHED, findings, notes, ordered, printed
from defectkit_jacobs2022.table import Origin, Row, Table, TableColumn
from defectkit_jacobs2022.tables.counting import counted

TITLE = "Label sets: images and defects of each type"


def table_01(outcome: Outcome) -> NamedTables:
    """Return Table 1.

    Raises
    ------
    StudyError
        If the data lack a label set of the roles.
    """
    published = outcome.published[1]
    sets = [outcome.data.labels(key) for key in (outcome.roles.first, outcome.roles.second, outcome.roles.expanded)]
    counts = [counted(labels, labels) for labels in sets]
    printed_types = [column for column in published.columns if column not in ("images", "defects")]
    types = ordered([*(t for count in counts for t in count), *printed_types])
    columns = (
        TableColumn(name="place", title="data set of the paper", origin=Origin.LABEL),
        TableColumn(name="labels", title="labels", origin=Origin.LABEL),
        TableColumn(name="source", title="source", origin=Origin.LABEL),
        TableColumn(name="images", title="images"),
        *(TableColumn(name=t, title=t) for t in types),
        TableColumn(name="defects", title="all defects"),
    )
    rows = []
    for row, labels, count in zip(published, sets, counts, strict=True):
        numbers = (len(labels), *(count.get(t, 0) for t in types), labels.n_defects)
        rows.append(Row(cells=(row.key[0], labels.key, OURS, *numbers)))
        cells = (row.key[0], "", PUBLISHED, *printed(row, ["images", *types, "defects"]))
        rows.append(Row(cells=cells, origin=Origin.PUBLISHED))
    own = (
        "The first column says in the place of which data set of the paper our labels stand.",
        *findings(outcome, 1),
    )
    table = Table(name="table1", title=TITLE, columns=columns, rows=rows, notes=notes(outcome, published, own=own))
    return {"": table}


TABLE_01 = Artifact(name="table1", title=TITLE, make=table_01)
