"""Finding: one place where published numbers do not close."""

from __future__ import annotations

import enum

import attrs


class FindingKind(enum.StrEnum):
    """How bad it is."""

    CONTRADICTION = "contradiction"
    """No rounding explains it: two printed numbers or statements cannot both hold."""

    ROUNDING = "rounding"
    """The printed digits do not follow from the printed inputs, but from inputs that round to them they may."""

    CONVENTION = "convention"
    """Numbers that look alike are made in different ways."""

    ASSUMPTION = "assumption"
    """Numbers that were not measured."""

    REPETITION = "repetition"
    """One number stands where two are to be expected."""

    INFERENCE = "inference"
    """The numbers close, and show something that is not said."""


@attrs.frozen(kw_only=True)
class Finding:
    """One place where published numbers do not close.

    Parameters
    ----------
    table : int
        Where the first of the numbers stands; 0 for the text.
    page : int
    kind : FindingKind
    where : str
        Row and column, or what the text speaks of.
    printed, computed : str
        What stands there, and what it ought to be by the other numbers.
    follows : str
        What a reader has to take from it.
    """

    table: int
    page: int
    kind: FindingKind
    where: str
    printed: str
    computed: str
    follows: str

    @property
    def place(self) -> str:
        """The table, or the text.

        Examples
        --------
        >>> said = Finding(table=0, page=2, kind="rounding", where="x", printed="1", computed="2", follows="none")
        >>> said.place
        'Text'
        """
        return f"Table {self.table}" if self.table else "Text"

    def __str__(self) -> str:
        return (
            f"{self.place}, page {self.page}, {self.where}: printed {self.printed}; {self.computed} ({self.kind}). "
            f"What follows: {self.follows}"
        )
