"""Expectations: what the catalogue says a label set holds, against what it holds."""

from __future__ import annotations

from collections.abc import Mapping

from defectkit.datasets.entry import Expected
from defectkit.records import LabelSet


def counts_as(labels: LabelSet, among: Mapping[str, object]) -> dict[str, int]:
    """Return the number of defects by type, each counted for the nearest type at or above it ``among`` the given.

    A type that is below none of them is counted under its own name.

    Examples
    --------
    >>> counts_as(LabelSet(name="new", instances={}), {"loop_100": 754})
    {'loop_100': 0}
    """
    counts = dict.fromkeys(among, 0)
    for name, n in labels.counts().items():
        counted = labels.taxonomy.canonical(name, among) or name
        counts[counted] = counts.get(counted, 0) + n
    return counts


def missed_expectations(labels: LabelSet, expected: Expected | None) -> tuple[str, ...]:
    """Return what a whole label set has otherwise than expected, a sentence each; none where all is as expected.

    Parameters
    ----------
    labels : LabelSet
        All of it: with images missing the counts are bound to differ.
    expected : Expected, optional
    """
    if expected is None:
        return ()
    counts = counts_as(labels, expected.by_type)
    found = {"images": len(labels), "defects": labels.n_defects}
    wanted = {"images": expected.images, "defects": expected.defects}
    source = "" if expected.page is None else f" (page {expected.page})"
    sentences = [
        f"{labels.key} has {found[what]} {what}, not {number} as expected{source}"
        for what, number in wanted.items()
        if number is not None and number != found[what]
    ]
    sentences += [
        f"{labels.key} has {counts[name]} of type {name}, not {number} as expected{source}"
        for name, number in expected.by_type.items()
        if counts[name] != number
    ]
    if expected.by_type:
        sentences += [
            f"{labels.key} has {n} of type {name}, which is not expected"
            for name, n in counts.items()
            if n and name not in expected.by_type
        ]
    return tuple(sentences)
