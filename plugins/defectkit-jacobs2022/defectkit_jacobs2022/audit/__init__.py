"""The audit of the published tables: everything that can be recomputed is, and what does not close is reported."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from defectkit_jacobs2022.audit.calibrations import audit_calibrations
from defectkit_jacobs2022.audit.counts import audit_counts
from defectkit_jacobs2022.audit.errors_in_words import audit_errors_in_words
from defectkit_jacobs2022.audit.finding import Finding, FindingKind
from defectkit_jacobs2022.audit.random_splits import audit_random_splits
from defectkit_jacobs2022.audit.repeats import audit_repeats
from defectkit_jacobs2022.audit.scales import audit_scales
from defectkit_jacobs2022.audit.statistics import audit_statistics
from defectkit_jacobs2022.audit.training_size import audit_training_size
from defectkit_jacobs2022.audit.whole_numbers import audit_whole_numbers
from defectkit_jacobs2022.published import PublishedTable, published_hardening, published_tables
from defectkit_jacobs2022.statement import Statement, published_statements

__all__ = ["Finding", "FindingKind", "audit_published"]

NamedTables = Mapping[int, PublishedTable]
AUDITS: tuple[Callable[[NamedTables], Iterator[Finding]], ...] = (
    audit_counts,
    audit_statistics,
    audit_whole_numbers,
    audit_repeats,
    audit_calibrations,
)
AUDITS_OF_TEXT: tuple[Callable[[NamedTables, Mapping[str, Statement]], Iterator[Finding]], ...] = (
    audit_random_splits,
    audit_training_size,
    audit_errors_in_words,
    audit_scales,
)


def audit_published(
    tables: NamedTables | None = None, statements: Mapping[str, Statement] | None = None
) -> tuple[Finding, ...]:
    """Return what does not close in the published tables, and between them and the text.

    Parameters
    ----------
    tables : mapping of int to PublishedTable, optional
        By number; those of the registry by default, also where a number is missing. Number 0 is the hardening that
        stands in the text.
    statements : mapping of str to Statement, optional
        What the text says; that of the registry by default, also where a name is missing.

    Returns
    -------
    tuple of Finding
        By table, those of the text first, then kind.

    Raises
    ------
    UnknownNameError
        If a row or column that a check needs is missing.

    Notes
    -----
    Recomputed are: sums over types and over the two sides of splits, shares of images left out, means over types,
    averages, ranges and standard deviations over splits and runs (with either number of degrees of freedom), counts and
    results that stand in more than one table, density errors as whole numbers of defects, and pixel sizes against the
    field of view. What the text says of splits, training sizes, errors and units is compared with the tables. A printed
    decimal stands for the interval that rounds to it; see :class:`FindingKind`.

    Examples
    --------
    >>> for finding in audit_published():
    ...     if "loop_100" in finding.where and finding.table == 2:
    ...         print(finding)  # doctest: +ELLIPSIS
    Table 2, page 7, dataset2 / initial, loop_100: printed 600 + 134 = 734; Table 1 has 754 ...
    """
    given = {0: published_hardening(), **published_tables(), **(tables or {})}
    said = {**published_statements(), **(statements or {})}
    found = [finding for audit in AUDITS for finding in audit(given)]
    found += [finding for audit in AUDITS_OF_TEXT for finding in audit(given, said)]
    order = list(FindingKind)
    return tuple(sorted(found, key=lambda f: (f.table, order.index(f.kind))))
