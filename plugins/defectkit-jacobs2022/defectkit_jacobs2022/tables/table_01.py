"""Table 1: the label sets."""

from __future__ import annotations

from defectkit_jacobs2022.artifact import Artifact, Material, Tables
from defectkit_jacobs2022.beside import OURS, PUBLISHED, findings, notes, ordered, printed
from defectkit_jacobs2022.table import Column, Origin, Row, Table
from defectkit_jacobs2022.tables.counting import counted

TITLE = "Label sets: images and defects of each type"


def table_01(material: Material) -> Tables:
    """Return Table 1.

    Raises
    ------
    StudyError
        If the data lack a label set of the roles.
    """
    published = material.published[1]
    sets = [material.data.labels(key) for key in (material.roles.first, material.roles.second, material.roles.expanded)]
    counts = [counted(labels, labels) for labels in sets]
    printed_types = [column for column in published.columns if column not in ("images", "defects")]
    types = ordered([*(t for count in counts for t in count), *printed_types])
    columns = (
        Column(name="place", title="data set of the paper", origin=Origin.LABEL),
        Column(name="labels", title="labels", origin=Origin.LABEL),
        Column(name="source", title="source", origin=Origin.LABEL),
        Column(name="images", title="images"),
        *(Column(name=t, title=t) for t in types),
        Column(name="defects", title="all defects"),
    )
    rows = []
    for row, labels, count in zip(published, sets, counts, strict=True):
        numbers = (len(labels), *(count.get(t, 0) for t in types), labels.n_defects)
        rows.append(Row(cells=(row.key[0], labels.key, OURS, *numbers)))
        cells = (row.key[0], "", PUBLISHED, *printed(row, ["images", *types, "defects"]))
        rows.append(Row(cells=cells, origin=Origin.PUBLISHED))
    own = (
        "The first column says in the place of which data set of the paper our labels stand.",
        *findings(material, 1),
    )
    table = Table(name="table1", title=TITLE, columns=columns, rows=rows, notes=notes(material, published, own=own))
    return {"": table}


TABLE_01 = Artifact(name="table1", title=TITLE, make=table_01)
