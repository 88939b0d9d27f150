"""Errors in words: what the text says of sizes of errors, and what the tables say."""

from __future__ import annotations

import itertools
import statistics
from collections.abc import Iterator, Mapping

from defectkit_jacobs2022.audit.counts import TYPES
from defectkit_jacobs2022.audit.finding import Finding, FindingKind
from defectkit_jacobs2022.audit.rounding import half_unit
from defectkit_jacobs2022.published import PublishedTable
from defectkit_jacobs2022.statement import Statement

NamedTables = Mapping[int, PublishedTable]
Statements = Mapping[str, Statement]
SAME_MAGNITUDE = 3
"""Standard deviations up to which we let a difference pass as one of the same magnitude."""


def audit_errors_in_words(tables: NamedTables, statements: Statements) -> Iterator[Finding]:
    """Check the mean size error, that of hardening, and differences between label sets against those between runs."""
    yield from _mean_size(tables[7], statements["mean-size-error"])
    yield from _hardening(tables[0], statements["summary-of-hardening"])
    yield from _label_sets(tables, statements["two-groups-of-experts"])
    yield from _same_result_twice(tables[8])
    yield from _what_is_shown(statements["figure-5-in-the-text"], statements["figure-5-caption"])


def _mean_size(table: PublishedTable, said: Statement) -> Iterator[Finding]:
    row, value = table["size_error_all", "overall"], said.number("percent")
    if abs(row.number("dataset1") - value) > half_unit(value):
        of_types = [table["size_error_all", t].number("dataset1") for t in TYPES]
        yield Finding(
            table=0,
            page=said.page,
            kind=FindingKind.CONVENTION,
            where=said.name,
            printed=f"{value} %: {said.says}",
            computed=f"Table 7, page {row.page}, has {row['dataset1']} % for the same model, the mean of "
            f"{', '.join(map(str, of_types))}",
            follows="one is of all defects in one distribution, the other a mean over types: a number of another "
            "model can be compared with one of them only",
        )


def _hardening(table: PublishedTable, said: Statement) -> Iterator[Finding]:
    value = said.number("percent")
    beyond = [row for row in table if abs(row.number("mape") - value) > half_unit(value)]
    if beyond:
        yield Finding(
            table=0,
            page=said.page,
            kind=FindingKind.ROUNDING,
            where=said.name,
            printed=f"{value} %: {said.says}",
            computed="; ".join(f"{row.key[0]} sum, page {row.page}: {row['mape']} %" for row in beyond),
            follows=f"the errors are {min(row.number('mape') / value for row in beyond):.2f} to "
            f"{max(row.number('mape') / value for row in beyond):.2f} times what the summary says",
        )


def _label_sets(tables: NamedTables, said: Statement) -> Iterator[Finding]:
    """Compare the difference of the two columns of Table 7 with the SD of the runs of Table 8."""
    first, second = str(said["first"]), str(said["second"])
    runs = [name for name, column in tables[8].columns.items() if column.split is not None]
    beyond: list[tuple[float, str]] = []
    rows = [row for row in tables[8] if row.key in tables[7].rows and row.key[1] in TYPES]
    for row in rows:
        there = tables[7][row.key]
        difference = abs(there.number(first) - there.number(second))
        sd = statistics.stdev(row.number(name) for name in runs)
        if difference > SAME_MAGNITUDE * sd:
            beyond.append((float(difference / sd), f"{' / '.join(row.key)} {difference} against an SD of {sd:.2f}"))
    if beyond:
        yield Finding(
            table=0,
            page=said.page,
            kind=FindingKind.CONTRADICTION,
            where=said.name,
            printed=said.says,
            computed=f"of {len(rows)} errors of types, {len(beyond)} differ in Table 7 by over {SAME_MAGNITUDE} SDs of "
            f"the runs of Table 8: {'; '.join(text for _, text in sorted(beyond, reverse=True))}",
            follows="for these errors who labeled matters more than which training is looked at",
        )


def _same_result_twice(table: PublishedTable) -> Iterator[Finding]:
    """Find errors of a type that two runs share to the last digit."""
    runs = [name for name, column in table.columns.items() if column.split is not None]
    for row in table:
        if row.key[1] not in TYPES:
            continue
        for one, other in itertools.combinations(runs, 2):
            if row[one] == row[other]:
                yield Finding(
                    table=table.number,
                    page=row.cells[other].page,
                    kind=FindingKind.REPETITION,
                    where=f"{' / '.join(row.key)}, {one} and {other}",
                    printed=f"{row[one]} in both",
                    computed=f"all other runs of the row: "
                    f"{', '.join(str(row[name]) for name in runs if name not in (one, other))}",
                    follows="two trainings ended at one number of defects by chance, or a value was copied; the SD of "
                    "the row rests on it",
                )


def _what_is_shown(text: Statement, caption: Statement) -> Iterator[Finding]:
    if text["figure"] == caption["figure"] and text["defects"] != caption["defects"]:
        yield Finding(
            table=0,
            page=text.page,
            kind=FindingKind.CONTRADICTION,
            where=f"figure {text['figure']}",
            printed=f"{text['defects']} defects: {text.says}",
            computed=f"the caption, page {caption.page}, says {caption['defects']}: {caption.says}",
            follows="histograms of all and of found defects have different numbers in their bins, and it is open which "
            "of them is shown",
        )
