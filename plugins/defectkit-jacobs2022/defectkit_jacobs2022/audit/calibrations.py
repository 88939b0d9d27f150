"""Calibrations: what Table 10 assumes, and pixel sizes against the field of view of the images."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from defectkit_jacobs2022.audit.finding import Finding, FindingKind
from defectkit_jacobs2022.audit.rounding import Computed, half_unit
from defectkit_jacobs2022.published import PublishedRow, PublishedTable


def audit_calibrations(tables: Mapping[int, PublishedTable]) -> Iterator[Finding]:
    """Check Table 10."""
    table = tables[10]
    yield from _assumed(table)
    for row in table:
        yield from _pixel_size(row)


def _assumed(table: PublishedTable) -> Iterator[Finding]:
    rows = [row for row in table if row.cells["thickness"].mark]
    if rows:
        yield Finding(
            table=table.number,
            page=rows[0].cells["thickness"].page,
            kind=FindingKind.ASSUMPTION,
            where="thickness",
            printed=f"{len(rows)} of {len(table)} thicknesses as {rows[0].cells['thickness'].mark}",
            computed=f"assumed for {', '.join(row.key[0] for row in rows)}",
            follows="number densities and hardening of these series are as uncertain as the assumed thickness",
        )


def _pixel_size(row: PublishedRow) -> Iterator[Finding]:
    seen = row.observed
    if seen is None:
        return
    width, field = seen.width_px, seen.field_of_view_um * 1000
    computed = Computed(value=field / width, reach=half_unit(seen.field_of_view_um) * 1000 / width)
    printed = row.number("pixel_size")
    if computed.verdict(printed) is FindingKind.CONTRADICTION:
        yield Finding(
            table=10,
            page=row.cells["pixel_size"].page,
            kind=FindingKind.CONTRADICTION,
            where=f"{row.key[0]}, pixel_size",
            printed=f"{printed} nm/px",
            computed=f"{width} px over {seen.field_of_view_um} um are {computed.value:.4f} nm/px, of which "
            f"the printed one is {printed / computed.value:.2f} times ({seen.source})",
            follows=f"by the printed one sizes of this series are {printed / computed.value:.2f} times too large, and "
            f"areal densities {(computed.value / printed) ** 2:.2f} times what they are",
        )
