"""Claims: what the paper says, and whether it holds in this reproduction."""

from __future__ import annotations

import math
from collections import Counter

from defectkit_jacobs2022.artifact import Artifact, NamedTables, Outcome
from defectkit_jacobs2022.claims import CLAIMS
from defectkit_jacobs2022.claims.claim import Judgement
from defectkit_jacobs2022.claims.evidence import STUDIES, SURVEY, Evidence, evidence_of
from defectkit_jacobs2022.claims.rule import Verdict
from defectkit_jacobs2022.published_rows import notes
from defectkit_jacobs2022.table import Origin, Row, Table, TableColumn

TITLE = "What the paper says, and what becomes of it"
READING = (
    "A claim holds if the whole interval of 95 % lies in the range that it is read as, and does not hold if none of it "
    "does; otherwise the images and runs are too few to say. Ranges were written down before any result was looked at."
)
INTERVALS = (
    "Intervals: bootstrap over images and defects for numbers of one run; Student's t, Welch's t and Fisher's F over "
    "runs, as if runs were independent, which splits that share images are not quite; Poisson for the ratio of black "
    "dots; what is counted has none."
)


def claims(outcome: Outcome) -> NamedTables:
    """Return the table of claims.

    Raises
    ------
    StudyError
        If a study was not run.
    """
    return {"": claims_table(outcome, evidence_of(outcome))}


def claims_table(outcome: Outcome, evidence: Evidence) -> Table:
    """Return the table of claims by some evidence."""
    columns = (
        TableColumn(name="claim", title="claim, in our words", origin=Origin.LABEL),
        TableColumn(name="page", title="page", origin=Origin.LABEL),
        TableColumn(name="numbers", title="numbers", origin=Origin.PUBLISHED),
        TableColumn(name="quantity", title="what is measured", origin=Origin.LABEL),
        TableColumn(name="range", title="holds if", origin=Origin.LABEL),
        TableColumn(name="value", title="ours"),
        TableColumn(name="low", title="low end"),
        TableColumn(name="high", title="high end"),
        TableColumn(name="n", title="n"),
        TableColumn(name="outcome", title="outcome"),
        TableColumn(name="reason", title="why not"),
    )
    judged = [claim.judged(evidence) for claim in CLAIMS]
    found = Counter(judgement.verdict for judgement in judged)
    told = ", ".join(f"{found[verdict]} {verdict}" for verdict in Verdict)
    return Table(
        name="claims",
        title=TITLE,
        columns=columns,
        rows=[_row(judgement) for judgement in judged],
        notes=notes(outcome, own=[f"{len(judged)} claims: {told}.", READING, INTERVALS]),
    )


def _row(judgement: Judgement) -> Row:
    claim, measured = judgement.claim, judgement.measured
    numbers = (None,) * 4 if measured is None else (measured.value, measured.low, measured.high, measured.n)
    unit = f" ({claim.unit})" if claim.unit else ""
    cells = (
        claim.says,
        claim.page,
        claim.published or None,
        f"{claim.quantity}{unit}" if claim.measure else None,
        str(claim.rule) if claim.measure else None,
        *(_plain(number) for number in numbers),
        str(judgement.verdict),
        judgement.reason or None,
    )
    return Row(cells=cells, decimals=claim.decimals)


def _plain(number: float | int | None) -> float | int | str | None:
    """Return a number as a table can show it; no number of defects is enough where it is infinite."""
    return "infinite" if isinstance(number, float) and math.isinf(number) else number


CLAIMS_TABLE = Artifact(name="claims", title=TITLE, studies=(*STUDIES, SURVEY), make=claims)
