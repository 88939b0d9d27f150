"""Table 2: the splits."""

from __future__ import annotations

from collections.abc import Sequence

from defectkit_jacobs2022.artifact import Artifact, NamedTables, Outcome
from defectkit_jacobs2022.audit import audit_published
from defectkit_jacobs2022.published import PublishedRow
from defectkit_jacobs2022.published_rows import OURS, PUBLISHED, notes, ordered, printed, reference
from defectkit_jacobs2022.table import Origin, Row, Table, TableColumn
from defectkit_jacobs2022.tables.counting import CountedSplit, published_key, splits_of

TITLE = "Splits: images and defects on each side"
SIDES = ("train", "test")


def table_02(outcome: Outcome) -> NamedTables:
    """Return Table 2, and what does not close in the published one."""
    published = outcome.published[2]
    splits = splits_of(outcome)
    suffix = f"_{SIDES[0]}"
    printed_types = [c.removesuffix(suffix) for c in published.columns if c.endswith(suffix) and c != f"images{suffix}"]
    types = ordered([*(t for split in splits for t in split.types), *printed_types])
    columns = (
        TableColumn(name="split", title="split", origin=Origin.LABEL),
        TableColumn(name="train_labels", title="train labels", origin=Origin.LABEL),
        TableColumn(name="test_labels", title="test labels", origin=Origin.LABEL),
        TableColumn(name="source", title="source", origin=Origin.LABEL),
        *(TableColumn(name=f"images_{side}", title=f"images, {side}") for side in SIDES),
        *(TableColumn(name=f"{t}_{side}", title=f"{t}, {side}") for t in types for side in SIDES),
    )
    rows, shown = [], set()
    for split in splits:
        rows.append(_ours(split, types))
        key = published_key(outcome, split)
        if key is not None:
            rows.append(_printed(published[key], types))
            shown.add(key)
    rows += [_printed(row, types) for row in published if row.key not in shown]
    own = (
        "Under a split of ours stands the published one of the same name; published ones that ours have no counterpart "
        "of come last.",
        "A published row has the label set that the paper names in the column of the train labels.",
    )
    table = Table(name="table2", title=TITLE, columns=columns, rows=rows, notes=notes(outcome, published, own=own))
    return {"": table, "audit": _audit(outcome)}


def _ours(split: CountedSplit, types: Sequence[str]) -> Row:
    numbers = [split.train.n_images, split.test.n_images]
    numbers += [side.counts.get(t, 0) for t in types for side in (split.train, split.test)]
    return Row(cells=(split.name, split.train.labels, split.test.labels, OURS, *numbers))


def _printed(row: PublishedRow, types: Sequence[str]) -> Row:
    dataset, split = row.key
    wanted = [f"{what}_{side}" for what in ("images", *types) for side in SIDES]
    return Row(cells=(split, dataset, "", PUBLISHED, *printed(row, wanted)), origin=Origin.PUBLISHED)


def _audit(outcome: Outcome) -> Table:
    columns = (
        TableColumn(name="where", title="where", origin=Origin.LABEL),
        TableColumn(name="page", title="page", origin=Origin.LABEL),
        TableColumn(name="value", title="what stands there", origin=Origin.PUBLISHED),
        TableColumn(name="computed", title="what follows from other numbers"),
        TableColumn(name="kind", title="kind"),
    )
    rows = [
        Row(cells=(finding.where, finding.page, finding.printed, finding.computed, str(finding.kind)))
        for finding in audit_published(outcome.published)
        if finding.table == 2
    ]
    return Table(
        name="table2-audit",
        title="What does not close in the published Table 2",
        columns=columns,
        rows=rows,
        notes=notes(outcome, own=[reference(outcome.published[2])]),
    )


TABLE_02 = Artifact(name="table2", title=TITLE, make=table_02)
