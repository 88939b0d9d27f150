"""Scales: the printed unit of densities, and how the authors' scripts find the scale of an image."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal

from defectkit_jacobs2022.audit.finding import Finding, FindingKind
from defectkit_jacobs2022.published import PublishedTable
from defectkit_jacobs2022.statement import Statement

NamedTables = Mapping[int, PublishedTable]
Statements = Mapping[str, Statement]


def audit_scales(tables: NamedTables, statements: Statements) -> Iterator[Finding]:
    """Check the unit of densities and the rule of scales."""
    yield from _unit_of_density(tables, statements["unit-of-density"])
    yield from _scale_by_name(tables[10], statements["scale-by-name"])


def _unit_of_density(tables: NamedTables, said: Statement) -> Iterator[Finding]:
    """Compare the side of an image with a density of one printed unit with the smallest pixel."""
    exponent = int(said.number("exponent"))
    row = next(iter(tables[1]))
    per_image = row.number("defects") / row.number("images")
    side, other_side = ((per_image / Decimal(10) ** power).sqrt() for power in (exponent, -exponent))
    pixel = min(line.number("pixel_size") for line in tables[10])
    if side < pixel:
        yield Finding(
            table=0,
            page=said.page,
            kind=FindingKind.CONTRADICTION,
            where=said.name,
            printed=f"10^{exponent} per {said['per']}: {said.says}",
            computed=f"an image of {row.key[0]} has {per_image:.1f} defects (Table 1); at a density of one such unit "
            f"its side is {side:.3f} nm, less than a pixel of Table 10 ({pixel} nm), and at 10^{-exponent} per "
            f"{said['per']} it is {other_side:.0f} nm",
            follows=f"densities are to be read in 10^{-exponent} per {said['per']}, that is 10^{18 - exponent} per m^2",
        )


def _scale_by_name(table: PublishedTable, said: Statement) -> Iterator[Finding]:
    """Apply the rule to a frame of a series of another magnification."""
    contains, frame = str(said["contains"]), str(said["frame"])
    sizes = {
        found[0]: line.number("pixel_size") for line in table if (found := re.search(r"\d+kx", line.key[0])) is not None
    }
    own, given = sizes[str(said["series"])], sizes[str(said["scaled_as"])]
    page = next(line.page for line in table if line.number("pixel_size") == own)
    if contains in frame and own != given:
        yield Finding(
            table=0,
            page=said.page,
            kind=FindingKind.CONVENTION,
            where=f"{said.name} ({said.source})",
            printed=f"a name with {contains} is {said['scaled_as']}, {given} nm/px: {said.says}",
            computed=f"a frame ..._{frame} of {said['series']} has {own} nm/px by Table 10, page {page}",
            follows=f"sizes of such a frame come out {given / own:.2f} times too large, and densities "
            f"{(own / given) ** 2:.2f} times what they are",
        )
