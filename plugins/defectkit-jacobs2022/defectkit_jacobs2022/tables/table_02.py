"""Table 2: the splits."""

from __future__ import annotations

from collections.abc import Sequence

from defectkit_jacobs2022.artifact import Artifact, Material, Tables
from defectkit_jacobs2022.audit import audit_published
from defectkit_jacobs2022.beside import OURS, PUBLISHED, notes, ordered, printed, reference
from defectkit_jacobs2022.published import PublishedRow
from defectkit_jacobs2022.table import Column, Origin, Row, Table
from defectkit_jacobs2022.tables.counting import CountedSplit, published_key, splits_of

TITLE = "Splits: images and defects on each side"
SIDES = ("train", "test")


def table_02(material: Material) -> Tables:
    """Return Table 2, and what does not close in the published one."""
    published = material.published[2]
    splits = splits_of(material)
    suffix = f"_{SIDES[0]}"
    printed_types = [c.removesuffix(suffix) for c in published.columns if c.endswith(suffix) and c != f"images{suffix}"]
    types = ordered([*(t for split in splits for t in split.types), *printed_types])
    columns = (
        Column(name="split", title="split", origin=Origin.LABEL),
        Column(name="train_labels", title="train labels", origin=Origin.LABEL),
        Column(name="test_labels", title="test labels", origin=Origin.LABEL),
        Column(name="source", title="source", origin=Origin.LABEL),
        *(Column(name=f"images_{side}", title=f"images, {side}") for side in SIDES),
        *(Column(name=f"{t}_{side}", title=f"{t}, {side}") for t in types for side in SIDES),
    )
    rows, shown = [], set()
    for split in splits:
        rows.append(_ours(split, types))
        key = published_key(material, split)
        if key is not None:
            rows.append(_printed(published[key], types))
            shown.add(key)
    rows += [_printed(row, types) for row in published if row.key not in shown]
    own = (
        "Under a split of ours stands the published one of the same name; published ones that ours have no counterpart "
        "of come last.",
        "A published row has the label set that the paper names in the column of the train labels.",
    )
    table = Table(name="table2", title=TITLE, columns=columns, rows=rows, notes=notes(material, published, own=own))
    return {"": table, "audit": _audit(material)}


def _ours(split: CountedSplit, types: Sequence[str]) -> Row:
    numbers = [split.train.n_images, split.test.n_images]
    numbers += [side.counts.get(t, 0) for t in types for side in (split.train, split.test)]
    return Row(cells=(split.name, split.train.labels, split.test.labels, OURS, *numbers))


def _printed(row: PublishedRow, types: Sequence[str]) -> Row:
    dataset, split = row.key
    wanted = [f"{what}_{side}" for what in ("images", *types) for side in SIDES]
    return Row(cells=(split, dataset, "", PUBLISHED, *printed(row, wanted)), origin=Origin.PUBLISHED)


def _audit(material: Material) -> Table:
    columns = (
        Column(name="where", title="where", origin=Origin.LABEL),
        Column(name="page", title="page", origin=Origin.LABEL),
        Column(name="value", title="what stands there", origin=Origin.PUBLISHED),
        Column(name="computed", title="what follows from other numbers"),
        Column(name="kind", title="kind"),
    )
    rows = [
        Row(cells=(finding.where, finding.page, finding.printed, finding.computed, str(finding.kind)))
        for finding in audit_published(material.published)
        if finding.table == 2
    ]
    return Table(
        name="table2-audit",
        title="What does not close in the published Table 2",
        columns=columns,
        rows=rows,
        notes=notes(material, own=[reference(material.published[2])]),
    )


TABLE_02 = Artifact(name="table2", title=TITLE, make=table_02)
