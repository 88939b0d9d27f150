"""The audit of the published tables: everything that can be recomputed is, and what does not close is reported."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from defectkit_jacobs2022.audit.calibrations import audit_calibrations
from defectkit_jacobs2022.audit.counts import audit_counts
from defectkit_jacobs2022.audit.finding import Finding, FindingKind
from defectkit_jacobs2022.audit.repeats import audit_repeats
from defectkit_jacobs2022.audit.statistics import audit_statistics
from defectkit_jacobs2022.published import PublishedTable, published_tables

__all__ = ["Finding", "FindingKind", "audit_published"]

Audit = Callable[[Mapping[int, PublishedTable]], Iterator[Finding]]
AUDITS: tuple[Audit, ...] = (audit_counts, audit_statistics, audit_repeats, audit_calibrations)


def audit_published(tables: Mapping[int, PublishedTable] | None = None) -> tuple[Finding, ...]:
    """Return what does not close in the published tables.

    Parameters
    ----------
    tables : mapping of int to PublishedTable, optional
        By number; those of the registry by default.

    Returns
    -------
    tuple of Finding
        By table, then kind; none where everything closes.

    Raises
    ------
    UnknownNameError
        If a row or column that a check needs is missing.

    Notes
    -----
    Recomputed are: sums over types and over the two sides of splits, shares of images left out, means over types,
    averages, ranges and standard deviations over splits and runs (with either number of degrees of freedom), counts and
    results that stand in more than one table, and pixel sizes against the field of view. A printed decimal stands for
    the interval that rounds to it; see :class:`FindingKind`.

    Examples
    --------
    >>> for finding in audit_published():
    ...     if "loop_100" in finding.where and finding.table == 2:
    ...         print(finding)  # doctest: +ELLIPSIS
    Table 2, page 7, dataset2 / initial, loop_100: printed 600 + 134 = 734; Table 1 has 754 ...
    """
    given = published_tables() if tables is None else tables
    found = [finding for audit in AUDITS for finding in audit(given)]
    order = list(FindingKind)
    return tuple(sorted(found, key=lambda f: (f.table, order.index(f.kind))))
