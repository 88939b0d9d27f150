"""Repeats: one model, that of Dataset1's initial split, whose results stand in Tables 5, 7 and 8."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from defectkit_jacobs2022.audit.finding import Finding, FindingKind
from defectkit_jacobs2022.published import PublishedTable

REPEATS = ((5, "split_1"), (7, "dataset1"), (8, "run_1"))
"""Table and column of the same results; the first is taken as the reference."""


def audit_repeats(tables: Mapping[int, PublishedTable]) -> Iterator[Finding]:
    """Check that results printed more than once are the same each time."""
    (first, column), *others = REPEATS
    for row in tables[first]:
        for number, other_column in others:
            other = tables[number].rows.get(row.key)
            if other is None or other_column not in other or other[other_column] == row[column]:
                continue
            yield Finding(
                table=number,
                page=other.cells[other_column].page,
                kind=FindingKind.CONTRADICTION,
                where=f"{' / '.join(row.key)}, {other_column}",
                printed=str(other[other_column]),
                computed=f"Table {first} has {row[column]} for the same model",
                follows="it is not the same model, or one of the two is misprinted",
            )
