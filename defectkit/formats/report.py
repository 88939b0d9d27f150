"""RepairReport: what had to be mended, refused or known while labels were read or written."""

from __future__ import annotations

import csv
import enum
import io
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import attrs

from defectkit.files.cells import quoted_cell


class RepairKind(enum.StrEnum):
    """What became of a region, or of a file, that was not as it should be."""

    MENDED = "mended"
    REFUSED = "refused"
    NOTED = "noted"


class Problem(enum.StrEnum):
    """The problems that the built-in formats name; a format of your own may name others."""

    OPEN = "open polygon"
    SELF_CROSSING = "self-crossing polygon"
    REPEATED = "repeated region"
    TWO_TYPES = "region with two types"
    OUT_OF_FRAME = "out of frame"
    ZERO_AREA = "zero area"
    NOT_AN_AREA = "not an area"
    MALFORMED = "malformed region"
    PARTS = "several parts"
    CROWD = "crowd region"
    WHITE_SPACE = "white space in a type name"
    NEW_TYPE = "new type"
    NO_TYPE = "no type"
    UNUSED_TYPE = "unused type"
    WRONG_AREA = "wrong stored area"
    WRONG_BOX = "wrong stored box"
    VERTICES = "vertices at pixel centres"
    SCORE = "no score"
    MIXED_IDS = "ids of two kinds"
    NAME = "file name"
    NO_IMAGE = "labels without image"
    NO_LABELS = "image without labels"
    NOT_STORED = "not stored by the format"


@attrs.frozen(kw_only=True)
class Repair:
    """One line of a report.

    Parameters
    ----------
    kind : RepairKind
        ``mended`` (read, but changed), ``refused`` (left out) or ``noted`` (read as it is, but worth knowing).
    problem : str
        What kind of fault it is; the built-in formats use :class:`Problem`.
    what : str
        One sentence: what was wrong and what was done.
    file : str
        The label file.
    image, region : str, optional
        The image, and the region within it as its file counts them.
    """

    kind: RepairKind = attrs.field(converter=RepairKind)
    problem: str = attrs.field(converter=str)
    what: str
    file: str
    image: str = ""
    region: str = ""

    def __str__(self) -> str:
        where = ", ".join(part for part in (self.file, self.image and f"image {self.image}", self.region) if part)
        return f"{self.kind}: {where}: {self.what}"


def _in_order(value: Iterable[Repair]) -> tuple[Repair, ...]:
    return tuple(value)


@attrs.frozen
class RepairReport:
    """The lines of a report, in the order in which they came up.

    Examples
    --------
    >>> line = Repair(kind="refused", problem="zero area", what="it has 2 points", file="a.txt", region="line 3")
    >>> report = RepairReport([line])
    >>> print(report.summary())
    1 refused (1 zero area)
    >>> print(line)
    refused: a.txt, line 3: it has 2 points
    """

    repairs: tuple[Repair, ...] = attrs.field(default=(), converter=_in_order)

    def __len__(self) -> int:
        return len(self.repairs)

    def __iter__(self) -> Iterator[Repair]:
        return iter(self.repairs)

    def __add__(self, other: RepairReport) -> RepairReport:
        return RepairReport((*self.repairs, *other.repairs))

    def of_kind(self, kind: RepairKind | str) -> RepairReport:
        """Return the lines of one kind."""
        return RepairReport(r for r in self.repairs if r.kind == RepairKind(kind))

    def of_problem(self, problem: Problem | str) -> RepairReport:
        """Return the lines of one problem."""
        return RepairReport(r for r in self.repairs if r.problem == problem)

    @property
    def mended(self) -> RepairReport:
        """What was read but changed."""
        return self.of_kind(RepairKind.MENDED)

    @property
    def refused(self) -> RepairReport:
        """What was left out."""
        return self.of_kind(RepairKind.REFUSED)

    @property
    def noted(self) -> RepairReport:
        """What was read as it is, but is worth knowing."""
        return self.of_kind(RepairKind.NOTED)

    def counts(self) -> dict[tuple[RepairKind, str], int]:
        """Return the number of lines of each kind and problem."""
        return dict(Counter((r.kind, r.problem) for r in self.repairs))

    def rows(self) -> list[dict[str, str]]:
        """Return the lines as dicts with the keys kind, problem, image, file, region, what."""
        return [{key: str(getattr(r, key)) for key in _COLUMNS} for r in self.repairs]

    def summary(self) -> str:
        """Return one line that counts what was mended, refused and noted, by problem."""
        parts = []
        for kind in RepairKind:
            problems = Counter(r.problem for r in self.repairs if r.kind == kind)
            if problems:
                named = ", ".join(f"{n} {problem}" for problem, n in sorted(problems.items()))
                parts.append(f"{problems.total()} {kind} ({named})")
        return "; ".join(parts) or "nothing to mend"

    def to_csv(self, path: str | Path) -> None:
        """Write the lines to a CSV file, the head line also where there are none."""
        from defectkit.files import write_text

        text = io.StringIO()
        writer = csv.DictWriter(text, _COLUMNS, lineterminator="\r\n")
        writer.writeheader()
        writer.writerows({key: quoted_cell(text) for key, text in row.items()} for row in self.rows())
        write_text(Path(path), text.getvalue())


_COLUMNS = ("kind", "problem", "image", "file", "region", "what")


@attrs.define
class ReportBuilder:
    """Gathers the lines of a report while one label file is read or written.

    Parameters
    ----------
    file : str
        The file that the lines speak of, unless a line names another.
    """

    file: str
    repairs: list[Repair] = attrs.field(factory=list)

    def add(
        self, kind: RepairKind, problem: str, what: str, *, image: str = "", region: str = "", file: str = ""
    ) -> None:
        """Add a line."""
        self.repairs.append(
            Repair(kind=kind, problem=problem, what=what, file=file or self.file, image=image, region=region)
        )

    def extend(self, repairs: Iterable[Repair]) -> None:
        """Add lines that are made already."""
        self.repairs.extend(repairs)

    def report(self) -> RepairReport:
        """Return what was gathered."""
        return RepairReport(self.repairs)
