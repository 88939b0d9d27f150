"""Audit table: the findings of the audit as one table."""

from __future__ import annotations

from collections.abc import Iterable

from defectkit_jacobs2022.audit import Finding
from defectkit_jacobs2022.table import Origin, Row, Table, TableColumn

TITLE = "What does not close in Jacobs et al. (2022)"
NOTES = (
    "Published: Jacobs et al. (2022), https://doi.org/10.1016/j.xcrp.2022.100876. Pages are those of the manuscript.",
    "Computed from the tables and statements in the registry of defectkit-jacobs2022, which hold what was printed.",
)
COLUMNS = ("place", "page", "kind", "where", "printed", "computed", "follows")


def audit_table(findings: Iterable[Finding]) -> Table:
    """Return one row per finding.

    Parameters
    ----------
    findings : iterable of Finding

    Examples
    --------
    >>> audit_table([]).rows
    ()
    """
    columns = (TableColumn(name=name, title=name, origin=Origin.LABEL) for name in COLUMNS)
    rows = (Row(cells=(f.place, f.page, f.kind.value, f.where, f.printed, f.computed, f.follows)) for f in findings)
    return Table(name="audit", title=TITLE, columns=columns, rows=rows, notes=NOTES)
