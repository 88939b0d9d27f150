"""Whole numbers: printed density errors are those of counts, so each is a whole number of the defects in Table 2."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

import attrs

from defectkit_jacobs2022.audit.counts import TYPES
from defectkit_jacobs2022.audit.finding import Finding, FindingKind
from defectkit_jacobs2022.audit.repeats import REPEATS
from defectkit_jacobs2022.audit.rounding import NOTHING, half_unit, mean
from defectkit_jacobs2022.published import PublishedColumn, PublishedRow, PublishedTable

TABLES = (5, 7, 8)
DENSITY = "density_error"
HUNDRED = Decimal(100)


@attrs.frozen(kw_only=True)
class WholeNumber:
    """A printed density error, and the numbers of defects that it can stand for.

    Parameters
    ----------
    where : str
    page : int
    printed : decimal.Decimal
        In percent.
    n_true : int
        Defects of the type on the test side, by Table 2.
    is_repeat : bool
        Whether the same result of the same model stands in a table before.
    """

    where: str
    page: int
    printed: Decimal
    n_true: int
    is_repeat: bool

    @property
    def counts(self) -> tuple[int, ...]:
        """How many defects too many or too few round to what is printed."""
        half = half_unit(self.printed)
        lowest = math.ceil((self.printed - half) * self.n_true / HUNDRED)
        highest = math.floor((self.printed + half) * self.n_true / HUNDRED)
        return tuple(range(max(lowest, 0), highest + 1))

    @property
    def chance(self) -> float:
        """Which part of all errors up to 100 %, printed with as many digits, are whole numbers of ``n_true``."""
        return min(1.0, float((self.n_true + 1) / (HUNDRED / (2 * half_unit(self.printed)) + 1)))


def audit_whole_numbers(tables: Mapping[int, PublishedTable]) -> Iterator[Finding]:
    """Check every density error of a type, and the means over types that follow from the counts."""
    cells: list[WholeNumber] = []
    closed: list[str] = []
    for number in TABLES:
        table = tables[number]
        for column in table.columns.values():
            if column.split is None:
                continue
            of_types = [_cell(tables, number, table[DENSITY, t], column) for t in TYPES]
            yield from (_no_whole_number(number, cell) for cell in of_types if not cell.counts)
            cells += of_types
            if not all(cell.counts for cell in of_types):
                continue
            row, by_counts = table[DENSITY, "overall"], _mean_of_counts(table, column, of_types)
            printed = row.number(column.name)
            if abs(by_counts - printed) > half_unit(printed):
                yield _another_mean(number, row, column, of_types, by_counts)
            elif mean([cell.printed for cell in of_types]).verdict(printed) is not None:
                closed.append(f"{printed} of {column.title} ({by_counts:.4f} from {_in_parts(of_types)})")
    yield _summary(cells, closed)


def _cell(tables: Mapping[int, PublishedTable], number: int, row: PublishedRow, column: PublishedColumn) -> WholeNumber:
    assert column.split is not None
    return WholeNumber(
        where=f"{' / '.join(row.key)}, {column.name}",
        page=row.cells[column.name].page,
        printed=row.number(column.name),
        n_true=int(tables[2][column.dataset, column.split].number(f"{row.key[1]}_test")),
        is_repeat=(number, column.name) in REPEATS[1:],
    )


def _no_whole_number(table: int, cell: WholeNumber) -> Finding:
    nearest = round(cell.printed * cell.n_true / HUNDRED)
    return Finding(
        table=table,
        page=cell.page,
        kind=FindingKind.CONTRADICTION,
        where=cell.where,
        printed=f"{cell.printed} %",
        computed=f"no number of defects of {cell.n_true} (Table 2) gives it: {nearest} are "
        f"{HUNDRED * nearest / cell.n_true:.2f} %",
        follows="it is misprinted, or about another test side",
    )


def _mean_of_counts(table: PublishedTable, column: PublishedColumn, of_types: Sequence[WholeNumber]) -> Decimal:
    """Return the mean over types that comes nearest to the printed one, of all counts that round to what is printed."""
    printed = table[DENSITY, "overall"].number(column.name)
    means = [
        sum((HUNDRED * k / cell.n_true for k, cell in zip(counts, of_types, strict=True)), NOTHING) / len(of_types)
        for counts in itertools.product(*(cell.counts for cell in of_types))
    ]
    return min(means, key=lambda value: abs(value - printed))


def _another_mean(
    table: int, row: PublishedRow, column: PublishedColumn, of_types: Sequence[WholeNumber], by_counts: Decimal
) -> Finding:
    return Finding(
        table=table,
        page=row.cells[column.name].page,
        kind=FindingKind.CONTRADICTION,
        where=f"{' / '.join(row.key)}, {column.name}",
        printed=f"{row[column.name]} %",
        computed=f"the mean of {_in_parts(of_types)} is {by_counts:.4f} %",
        follows="it was not made from the three types, or one of them is misprinted",
    )


def _summary(cells: Sequence[WholeNumber], closed: Sequence[str]) -> Finding:
    whole = [cell for cell in cells if cell.counts]
    distinct = [cell for cell in whole if not cell.is_repeat]
    chance = math.fsum(math.log10(cell.chance) for cell in distinct)
    return Finding(
        table=min(TABLES),
        page=cells[0].page,
        kind=FindingKind.INFERENCE,
        where=f"{DENSITY} of the types in Tables {', '.join(map(str, TABLES))}",
        printed=f"{len(cells)} errors, of which {sum(not cell.is_repeat for cell in cells)} are of different models",
        computed=f"{len(whole)} are a whole number of the defects that Table 2 has on the test side; by chance all "
        f"would be with a probability of 1e{chance:.0f}; means that the printed digits miss and the counts give: "
        f"{', '.join(closed) or 'none'}",
        follows="they are errors of numbers of defects over all test images: no pixel size and no foil thickness is in "
        "them, and a wrong one would not show",
    )


def _in_parts(cells: Sequence[WholeNumber]) -> str:
    return ", ".join(f"{cell.counts[0]}/{cell.n_true}" for cell in cells)
