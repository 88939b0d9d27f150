"""Training size: what the text says that a number of training defects is enough for, and what the tables say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal

from defectkit_jacobs2022.audit.counts import TYPES
from defectkit_jacobs2022.audit.finding import Finding, FindingKind
from defectkit_jacobs2022.published import PublishedRow, PublishedTable
from defectkit_jacobs2022.statement import Statement

NamedTables = Mapping[int, PublishedTable]
Statements = Mapping[str, Statement]
A_FEW_HUNDRED = ("a-few-hundred-black-dots", "a-few-hundred-loops-111")


def audit_training_size(tables: NamedTables, statements: Statements) -> Iterator[Finding]:
    """Check scores against numbers of training defects, and the sides of the left-out irradiation."""
    yield from _enough(tables, statements["enough-defects"])
    for name in A_FEW_HUNDRED:
        yield from _few_hundred(tables[6], statements[name])
    yield from _more_on_one_side(tables[2], statements["left-out-irradiation"])


def _enough(tables: NamedTables, said: Statement) -> Iterator[Finding]:
    needed, score = said.number("defects"), said.number("type_f1")
    row = tables[5]["type_f1", "overall"]
    sooner: list[tuple[Decimal, str]] = []
    for column in tables[5].columns.values():
        if column.split is None:
            continue
        split = tables[2][column.dataset, column.split]
        n_train = sum((split.number(f"{t}_train") for t in TYPES), Decimal(0))
        if n_train <= needed and row.number(column.name) > score:
            sooner.append((n_train, f"{row[column.name]} with {n_train} ({column.name})"))
    if sooner:
        yield Finding(
            table=0,
            page=said.page,
            kind=FindingKind.CONTRADICTION,
            where=said.name,
            printed=f"{score} with more than {needed} defects: {said.says}",
            computed=f"Table 5, page {row.page}, has {', '.join(text for _, text in sorted(sooner, reverse=True))}",
            follows="the size at which the score levels off lies within the scatter of the splits, and the "
            "extrapolation from it is weaker than it looks",
        )


def _few_hundred(table: PublishedTable, said: Statement) -> Iterator[Finding]:
    score, least, name = said.number("type_f1"), said.number("defects"), str(said["type"])
    below = [r for r in table if r.number(f"train_{name}") >= least and r.number(f"type_f1_{name}") < score]
    if below:
        yield Finding(
            table=0,
            page=said.page,
            kind=FindingKind.CONTRADICTION,
            where=said.name,
            printed=f"above {score} from {least} on: {said.says}",
            computed=f"Table 6, page {below[0].page}, has "
            + ", ".join(f"{r[f'type_f1_{name}']} with {r[f'train_{name}']} ({' / '.join(r.key)})" for r in below),
            follows="it holds for test images like the training images, not for left-out groups",
        )


def _more_on_one_side(table: PublishedTable, said: Statement) -> Iterator[Finding]:
    more, name = str(said["more_on"]), str(said["type"])
    for row in table:
        if row.key[1] != said["split"]:
            continue
        per_image = {side: _per_image(row, name, side) for side in ("train", "test")}
        if per_image[more] < max(per_image.values()):
            yield Finding(
                table=0,
                page=said.page,
                kind=FindingKind.CONTRADICTION,
                where=f"{said.name}, {row.key[0]}",
                printed=f"more {name} on the side {more}: {said.says}",
                computed=f"by Table 2, page {row.page}, an image has {per_image['train']:.1f} in training and "
                f"{per_image['test']:.1f} in testing",
                follows="the shift between the sides is not the one that is described, unless the images of the side "
                f"{more} show less than {min(per_image.values()) / max(per_image.values()):.0%} of the area",
            )


def _per_image(row: PublishedRow, name: str, side: str) -> Decimal:
    return row.number(f"{name}_{side}") / row.number(f"images_{side}")
