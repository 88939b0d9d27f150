"""Random splits: what the text says of those of Table 5, and what Tables 1 and 2 say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from defectkit_jacobs2022.audit.counts import TYPES
from defectkit_jacobs2022.audit.finding import Finding, FindingKind
from defectkit_jacobs2022.audit.rounding import half_unit
from defectkit_jacobs2022.published import PublishedRow, PublishedTable
from defectkit_jacobs2022.statement import Statement

NamedTables = Mapping[int, PublishedTable]
Statements = Mapping[str, Statement]
COUNTED = ("images", *TYPES)


def audit_random_splits(tables: NamedTables, statements: Statements) -> Iterator[Finding]:
    """Check how many images and defects are held out, and whether the test sides can be apart."""
    splits = {c.name: (c.dataset, c.split) for c in tables[5].columns.values() if c.split is not None}
    rows = {name: tables[2][dataset, split] for name, (dataset, split) in splits.items()}
    (dataset,) = {dataset for dataset, _ in splits.values()}
    whole = tables[1][dataset,]
    yield from _images(rows, statements["held-out-images"])
    yield from _share(rows, whole, statements["held-out-share"])
    yield from _apart(rows, whole)


def _images(rows: Mapping[str, PublishedRow], said: Statement) -> Iterator[Finding]:
    wanted = said.number("images")
    others = {name: row for name, row in rows.items() if row.number("images_test") != wanted}
    if others:
        found = "; ".join(f"{name} ({row.key[1]}) holds out {row['images_test']}" for name, row in others.items())
        yield Finding(
            table=0,
            page=said.page,
            kind=FindingKind.CONTRADICTION,
            where=said.name,
            printed=f"{wanted} images: {said.says}",
            computed=f"by Table 2, page {_page(others, 'images_test')}, {found}",
            follows="one of the five splits is of another size, so the five are not draws of one kind",
        )


def _share(rows: Mapping[str, PublishedRow], whole: PublishedRow, said: Statement) -> Iterator[Finding]:
    lowest, highest = said.number("lowest_percent"), said.number("highest_percent")
    total = whole.number("defects")
    shares = {name: 100 * sum(row.number(f"{t}_test") for t in TYPES) / total for name, row in rows.items()}
    beyond = [n for n, s in shares.items() if not lowest - half_unit(lowest) <= s <= highest + half_unit(highest)]
    if beyond:
        yield Finding(
            table=0,
            page=said.page,
            kind=FindingKind.CONTRADICTION,
            where=said.name,
            printed=f"{lowest} to {highest} %: {said.says}",
            computed=f"by Tables 1 and 2 they are {min(shares.values()):.1f} to {max(shares.values()):.1f} %, beyond "
            f"it {', '.join(f'{name} {shares[name]:.1f} %' for name in beyond)}",
            follows="images were drawn, not defects: the test sides differ in size by a factor of "
            f"{max(shares.values()) / min(shares.values()):.2f}, and an average over splits weighs defects unequally",
        )


def _apart(rows: Mapping[str, PublishedRow], whole: PublishedRow) -> Iterator[Finding]:
    """Compare all test sides together with what there is: folds of a cross validation share nothing."""
    for name in COUNTED:
        held_out = [int(row.number(f"{name}_test")) for row in rows.values()]
        there = int(whole.number(name))
        if sum(held_out) > there:
            yield Finding(
                table=2,
                page=_page(rows, f"{name}_test"),
                kind=FindingKind.CONVENTION,
                where=f"{name}, held out by the {len(rows)} random splits",
                printed=f"{' + '.join(map(str, held_out))} = {sum(held_out)}",
                computed=f"Table 1 has {there} in {whole.key[0]}",
                follows=f"at least {sum(held_out) - there} are tested more than once: this is repeated hold-out, not "
                "the cross validation that it is called, and the splits are not independent",
            )


def _page(rows: Mapping[str, PublishedRow], column: str) -> int:
    return min(row.cells[column].page for row in rows.values())
