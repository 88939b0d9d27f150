"""Published rows: published numbers beside ours, and what has to be said of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from defectkit_jacobs2022.artifact import Outcome, Roles
from defectkit_jacobs2022.audit import audit_published
from defectkit_jacobs2022.published import PublishedRow, PublishedTable, Value

OURS, PUBLISHED = "ours", "published"
"""Cells of the column that says whose a row is."""

TYPES = ("loop_100", "loop_111", "bdot")
"""The types of the paper, in the order of most of its tables."""

OTHER_IMAGES = "Published numbers are about the images of the paper, which are not those that ours are about."


def reference(table: PublishedTable) -> str:
    """Return where published numbers stand.

    Examples
    --------
    >>> from defectkit_jacobs2022.published import published_hardening
    >>> reference(published_hardening()).partition(", ")[2]
    'https://doi.org/10.1016/j.xcrp.2022.100876, in the text, page 20 of the manuscript.'
    """
    pages = sorted({cell.page for row in table for cell in row.cells.values()})
    where = f"Table {table.number}" if table.number else "in the text"
    numbers = f"page {pages[0]}" if len(pages) == 1 else f"pages {', '.join(map(str, pages[:-1]))} and {pages[-1]}"
    return f"Published: Jacobs et al. (2022), https://doi.org/{table.doi}, {where}, {numbers} of the manuscript."


def notes(outcome: Outcome, *published: PublishedTable, own: Iterable[str] = ()) -> tuple[str, ...]:
    """Return the notes of a table: what made it, where published numbers stand and what they are about, then its own.

    Parameters
    ----------
    outcome : Outcome
    *published : PublishedTable
        That stand beside ours.
    own : iterable of str
        Of the table alone.
    """
    cited = [reference(table) for table in published]
    if published and not outcome.is_original:
        cited.append(OTHER_IMAGES)
    return tuple(dict.fromkeys((*outcome.provenance, *cited, *own)))


def findings(outcome: Outcome, number: int) -> tuple[str, ...]:
    """Return what does not close in a published table, by the audit of the registry."""
    return tuple(str(finding) for finding in audit_published(outcome.published) if finding.table == number)


def printed(row: PublishedRow | None, columns: Sequence[str]) -> list[Value | None]:
    """Return the printed values of some columns; None where nothing is printed.

    Examples
    --------
    >>> from defectkit_jacobs2022.published import published_hardening
    >>> row = published_hardening()["linear",]
    >>> [str(value) for value in printed(row, ("mape", "range"))], printed(None, ("mape",))
    (['12.9', 'None'], [None])
    """
    return [row[name] if row is not None and name in row else None for name in columns]


def ordered(types: Iterable[str]) -> tuple[str, ...]:
    """Return types in the order of the paper; those it does not have come last.

    Examples
    --------
    >>> ordered(["bdot", "cavity", "loop_100"])
    ('loop_100', 'bdot', 'cavity')
    """
    given = list(dict.fromkeys(types))
    return (*(name for name in TYPES if name in given), *(name for name in given if name not in TYPES))


def stands_for(roles: Roles) -> dict[str, tuple[str, ...]]:
    """Return which published data sets each of our label sets stands for.

    Examples
    --------
    >>> stands_for(Roles(first="old@1", second="new@1", expanded="new@1"))
    {'old@1': ('dataset1',), 'new@1': ('dataset2', 'dataset2-expanded')}
    """
    pairs = ((roles.first, "dataset1"), (roles.second, "dataset2"), (roles.expanded, "dataset2-expanded"))
    found: dict[str, tuple[str, ...]] = {}
    for key, name in pairs:
        found[key] = (*found.get(key, ()), name)
    return found
