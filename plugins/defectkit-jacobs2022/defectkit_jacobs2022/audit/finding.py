"""Finding: one place where published numbers do not close."""

from __future__ import annotations

import enum

import attrs


class FindingKind(enum.StrEnum):
    """How bad it is."""

    CONTRADICTION = "contradiction"
    """No rounding explains it: two printed numbers cannot both hold."""

    ROUNDING = "rounding"
    """The printed digits do not follow from the printed inputs, but from inputs that round to them they may."""

    CONVENTION = "convention"
    """Numbers that look alike are made in different ways."""

    ASSUMPTION = "assumption"
    """Numbers that were not measured."""


@attrs.frozen(kw_only=True)
class Finding:
    """One place where published numbers do not close.

    Parameters
    ----------
    table, page : int
        Where the first of the numbers stands.
    kind : FindingKind
    where : str
        Row and column.
    printed, computed : str
        What stands there, and what it ought to be by the other numbers.
    """

    table: int
    page: int
    kind: FindingKind
    where: str
    printed: str
    computed: str

    def __str__(self) -> str:
        return (
            f"Table {self.table}, page {self.page}, {self.where}: printed {self.printed}; {self.computed} ({self.kind})"
        )
