"""Statistics: means over types, averages, ranges and standard deviations, in Tables 5 to 8."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from defectkit_jacobs2022.audit.counts import TYPES
from defectkit_jacobs2022.audit.finding import Finding, FindingKind
from defectkit_jacobs2022.audit.rounding import Computed, extent, mean, spread
from defectkit_jacobs2022.published import PublishedRow, PublishedTable

PublishedTables = Mapping[int, PublishedTable]
TABLES_BY_TYPE = (5, 7, 8)
DDOFS = (0, 1)
FOLLOWS = {
    FindingKind.ROUNDING: "it was made from numbers with more digits than are printed",
    FindingKind.CONTRADICTION: "it was not made from the numbers beside it, or one of them is misprinted",
}


def audit_statistics(tables: PublishedTables) -> Iterator[Finding]:
    """Check every mean, average, range and standard deviation."""
    for number in TABLES_BY_TYPE:
        yield from _means_over_types(tables[number])
    for row in tables[6]:
        values = [row.number(f"type_f1_{t}") for t in TYPES]
        yield from _closes(6, row, "type_f1_overall", mean(values), _mean_of(values))
    for number, stem in ((5, "split_"), (8, "run_")):
        columns = [c for c in tables[number].columns if c.startswith(stem)]
        yield from _over_columns(tables[number], columns)
        yield from _degrees_of_freedom(tables[number], columns)


def _means_over_types(table: PublishedTable) -> Iterator[Finding]:
    for row in table:
        if row.key[1] != "overall":
            continue
        parts = [table[row.key[0], t] for t in TYPES]
        for column in row.cells:
            if all(column in part for part in parts):
                values = [part.number(column) for part in parts]
                yield from _closes(table.number, row, column, mean(values), _mean_of(values))


def _over_columns(table: PublishedTable, columns: Sequence[str]) -> Iterator[Finding]:
    for row in table:
        values = [row.number(c) for c in columns]
        if "average" in row:
            yield from _closes(table.number, row, "average", mean(values), _mean_of(values))
        if "range" in row:
            of = f"{max(values)} - {min(values)}"
            yield from _closes(table.number, row, "range", extent(values), of)


def _degrees_of_freedom(table: PublishedTable, columns: Sequence[str]) -> Iterator[Finding]:
    """Check that each SD has one of the two definitions, and that all SDs of a table have the same one."""
    only: dict[int, list[PublishedRow]] = {ddof: [] for ddof in DDOFS}
    for row in table:
        if "sd" not in row:
            continue
        values, printed = [row.number(c) for c in columns], row.number("sd")
        candidates = {ddof: spread(values, ddof) for ddof in DDOFS}
        possible = [d for d in DDOFS if candidates[d].verdict(printed) is not FindingKind.CONTRADICTION]
        if not possible:
            yield _finding(
                table.number,
                row,
                "sd",
                FindingKind.CONTRADICTION,
                " and ".join(f"{candidates[d].value:.4g} with ddof {d}" for d in DDOFS),
            )
        elif not any(candidates[d].verdict(printed) is None for d in possible):
            values_given = " or ".join(f"{candidates[d].value:.4g} with ddof {d}" for d in possible)
            yield _finding(table.number, row, "sd", FindingKind.ROUNDING, values_given)
        if len(possible) == 1:
            only[possible[0]].append(row)
    if all(only.values()):
        few, many = sorted(only, key=lambda d: len(only[d]))
        row = only[few][0]
        ratio = math.sqrt((len(columns) - many) / (len(columns) - few))
        yield Finding(
            table=table.number,
            page=row.cells["sd"].page,
            kind=FindingKind.CONVENTION,
            where="standard deviations",
            printed="; ".join(f"{_name(r)} {r['sd']}" for r in only[few]) + f" has ddof {few}",
            computed="; ".join(f"{_name(r)} {r['sd']}" for r in only[many]) + f" has ddof {many}",
            follows=f"for {len(columns)} values the first is {ratio:.3f} times what the definition of the others gives",
        )


def _closes(table: int, row: PublishedRow, column: str, computed: Computed, how: str) -> Iterator[Finding]:
    verdict = computed.verdict(row.number(column))
    if verdict is not None:
        yield _finding(table, row, column, verdict, f"{how} = {computed.value:.6g}")


def _finding(table: int, row: PublishedRow, column: str, kind: FindingKind, computed: str) -> Finding:
    return Finding(
        table=table,
        page=row.cells[column].page,
        kind=kind,
        where=f"{' / '.join(row.key)}, {column}",
        printed=str(row[column]),
        computed=f"it ought to be {computed}",
        follows=FOLLOWS[kind],
    )


def _mean_of(values: Sequence[Decimal]) -> str:
    return f"mean of {', '.join(map(str, values))}"


def _name(row: PublishedRow) -> str:
    return " / ".join(row.key)
