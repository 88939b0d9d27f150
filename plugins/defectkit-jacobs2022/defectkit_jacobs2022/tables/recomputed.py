"""Recomputed: averages, ranges and standard deviations of a published table from its own published values."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from defectkit_jacobs2022.audit.rounding import Computed, extent, mean, spread
from defectkit_jacobs2022.published import PublishedRow, PublishedTable
from defectkit_jacobs2022.published_rows import TYPES, reference
from defectkit_jacobs2022.table import Origin, Row, Table, TableColumn
from defectkit_jacobs2022.tables.statistics import BY_NAME, OVERALL

CLOSES = "closes"
STEMS = {5: "split_", 8: "run_"}
"""How the columns of single runs begin, by the number of the table."""


def recomputed(published: PublishedTable) -> Table:
    """Return the averages, ranges, SDs and means over types of Table 5 or 8 beside what follows from its other numbers.

    Parameters
    ----------
    published : PublishedTable

    Returns
    -------
    Table
        ``verdict`` is ``closes`` where the printed number is the recomputed one within its own rounding, and else the
        kind of :class:`~defectkit_jacobs2022.audit.FindingKind`.

    Examples
    --------
    >>> from defectkit_jacobs2022.published import published_tables
    >>> table = recomputed(published_tables()[5])
    >>> [str(v) for v in table.column("verdict")].count("closes"), len(table.rows)
    (37, 38)
    """
    stem = STEMS[published.number]
    runs = [column for column in published.columns if column.startswith(stem)]
    columns = (
        TableColumn(name="statistic", title="statistic", origin=Origin.LABEL),
        TableColumn(name="defect_type", title="defect type", origin=Origin.LABEL),
        TableColumn(name="what", title="what", origin=Origin.LABEL),
        TableColumn(name="value", title="value", origin=Origin.PUBLISHED),
        TableColumn(name="recomputed", title="recomputed"),
        TableColumn(name="difference", title="difference"),
        TableColumn(name="verdict", title="verdict"),
    )
    rows = [_row(*line) for row in published for line in (*_means_over_types(published, row), *_over(row, runs))]
    notes = (
        reference(published),
        "Recomputed from the printed values of single runs and types; the difference is printed less recomputed.",
        "Rounding: other inputs that round to the printed ones would close it.",
    )
    return Table(
        name=f"table{published.number}-recomputed",
        title=f"Table {published.number} of the paper, recomputed from its own numbers",
        columns=columns,
        rows=rows,
        notes=notes,
    )


Line = tuple[PublishedRow, str, Decimal, Computed, int]


def _over(row: PublishedRow, runs: Sequence[str]) -> Iterator[Line]:
    values = [row.number(column) for column in runs]
    statistic = BY_NAME[row.key[0]]
    computed = {"average": mean(values), "range": extent(values), "sd": spread(values, statistic.ddof)}
    titles = {"average": "average", "range": "range", "sd": f"SD, ddof {statistic.ddof}"}
    for name, result in computed.items():
        if name in row:
            yield row, titles[name], row.number(name), result, statistic.decimals


def _means_over_types(published: PublishedTable, row: PublishedRow) -> Iterator[Line]:
    if row.key[1] != OVERALL:
        return
    parts = [published[row.key[0], name] for name in TYPES]
    for column in row.cells:
        if all(column in part for part in parts):
            result = mean([part.number(column) for part in parts])
            title = f"mean over types, {published.columns[column].title}"
            yield row, title, row.number(column), result, BY_NAME[row.key[0]].decimals


def _row(row: PublishedRow, what: str, value: Decimal, computed: Computed, decimals: int) -> Row:
    verdict = computed.verdict(value)
    cells = (
        BY_NAME[row.key[0]].title,
        row.key[1],
        what,
        value,
        float(computed.value),
        float(value - computed.value),
        CLOSES if verdict is None else str(verdict),
    )
    return Row(cells=cells, decimals=decimals + 2)
