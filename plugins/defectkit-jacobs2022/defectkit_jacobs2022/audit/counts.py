"""Counts: sums over types and sides of splits, in Tables 1, 2, 5 and 6."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from defectkit_jacobs2022.audit.finding import Finding, FindingKind
from defectkit_jacobs2022.published import PublishedRow, PublishedTable

TYPES = ("loop_100", "loop_111", "bdot")
SIDES = ("train", "test")
PublishedTables = Mapping[int, PublishedTable]


def audit_counts(tables: PublishedTables) -> Iterator[Finding]:
    """Check every sum of counts."""
    for row in tables[1]:
        yield from _sum_over_types(1, row, "defects", TYPES)
    for row in tables[2]:
        yield from _sides_against_parent(row, tables[1][row.key[:1]])
        yield from _share_left_out(row, tables[1][row.key[:1]])
    yield from _sides_in_common(tables[2])
    for row in tables[6]:
        yield from _sum_over_types(6, row, "train_defects", [f"train_{t}" for t in TYPES])
        yield from _against_split(row, tables[2][row.key[1], row.key[0]])
    yield from _test_instances(tables)


def _count(row: PublishedRow, column: str) -> int:
    return int(row.number(column))


def _side(row: PublishedRow, side: str) -> tuple[int, ...]:
    return tuple(_count(row, f"{t}_{side}") for t in TYPES)


def _sum_over_types(table: int, row: PublishedRow, total: str, parts: Sequence[str]) -> Iterator[Finding]:
    counts = [_count(row, p) for p in parts]
    if sum(counts) != _count(row, total):
        yield Finding(
            table=table,
            page=row.cells[total].page,
            kind=FindingKind.CONTRADICTION,
            where=f"{' / '.join(row.key)}, {total}",
            printed=f"{_count(row, total)} in all",
            computed=f"the types are {_addition(counts)}",
            follows="one of the counts, or the sum, is misprinted",
        )


def _sides_against_parent(row: PublishedRow, parent: PublishedRow) -> Iterator[Finding]:
    """Check that a split of all images holds all defects, and one of some images no more than all."""
    columns = {"images": ("images",), **{t: (t,) for t in TYPES}, "all types": TYPES}
    whole = sum(_count(row, f"images_{s}") for s in SIDES) == _count(parent, "images")
    for name, parts in columns.items():
        sides = [sum(_count(row, f"{p}_{s}") for p in parts) for s in SIDES]
        there = sum(_count(parent, p) for p in parts)
        if (whole and sum(sides) != there) or sum(sides) > there:
            yield Finding(
                table=2,
                page=row.cells[f"{parts[0]}_train"].page,
                kind=FindingKind.CONTRADICTION,
                where=f"{' / '.join(row.key)}, {name}",
                printed=_addition(sides),
                computed=f"Table 1 has {there} in {parent.key[0]}"
                + ("" if whole else ", so a side is labeled by another set"),
                follows="the counts of one of the two tables are not those of the labels that were used"
                if whole
                else "the sides of the split carry different label sets: a model is tested on labels of another kind",
            )


def _share_left_out(row: PublishedRow, parent: PublishedRow) -> Iterator[Finding]:
    share = re.match(r"leave-out-(\d+)-percent", row.key[1])
    if share is None:
        return
    images, test = _count(parent, "images"), _count(row, "images_test")
    wanted = images * int(share[1]) / 100
    if abs(test - wanted) >= 1:
        yield Finding(
            table=2,
            page=row.cells["images_test"].page,
            kind=FindingKind.CONTRADICTION,
            where=f"{' / '.join(row.key)}, images_test",
            printed=f"{test} images",
            computed=f"{share[1]} % of {images} are {wanted:g}",
            follows="the name of the split does not say its size",
        )


def _sides_in_common(table: PublishedTable) -> Iterator[Finding]:
    """Find splits of one name that test on the same defects in two data sets."""
    rows = list(table)
    for k, row in enumerate(rows):
        for other in rows[k + 1 :]:
            if row.key[1] == other.key[1] and _side(row, "test") == _side(other, "test"):
                yield Finding(
                    table=2,
                    page=row.cells["bdot_test"].page,
                    kind=FindingKind.CONVENTION,
                    where=f"{row.key[1]}, test side",
                    printed=f"{_addition(_side(row, 'test'))} for {row.key[0]} and for {other.key[0]}",
                    computed="both are tested on the same labels, those of one of the two",
                    follows="their scores can be compared; the name of the data set is that of the training side only",
                )


def _against_split(row: PublishedRow, split: PublishedRow) -> Iterator[Finding]:
    """Check what Table 6 says of a split against what Table 2 says of it."""
    pairs = {
        "train_images": _count(split, "images_train"),
        "test_images": _count(split, "images_test"),
        "test_defects": sum(_side(split, "test")),
        "train_defects": sum(_side(split, "train")),
        **{f"train_{t}": _count(split, f"{t}_train") for t in TYPES},
    }
    for column, count in pairs.items():
        if _count(row, column) != count:
            yield Finding(
                table=6,
                page=row.cells[column].page,
                kind=FindingKind.CONTRADICTION,
                where=f"{' / '.join(row.key)}, {column}",
                printed=str(_count(row, column)),
                computed=f"Table 2 has {count}",
                follows="the two tables are not about one split",
            )


def _test_instances(tables: PublishedTables) -> Iterator[Finding]:
    row = tables[5]["test_instances", "all"]
    for column in tables[5].columns.values():
        if column.split is None:
            continue
        counts = _side(tables[2][column.dataset, column.split], "test")
        if _count(row, column.name) != sum(counts):
            yield Finding(
                table=5,
                page=row.cells[column.name].page,
                kind=FindingKind.CONTRADICTION,
                where=f"test instances, {column.name}",
                printed=str(_count(row, column.name)),
                computed=f"Table 2 has {_addition(counts)}",
                follows="the column is not about the split that it stands for",
            )


def _addition(counts: Sequence[int]) -> str:
    return f"{' + '.join(map(str, counts))} = {sum(counts)}"
