"""Table 8: the randomness of training."""

from __future__ import annotations

from defectkit_jacobs2022.artifact import Artifact, NamedTables, Outcome
from defectkit_jacobs2022.tables.over_runs import bootstrap_table, over_runs
from defectkit_jacobs2022.tables.recomputed import recomputed
from defectkit_jacobs2022.tables.statistics import STATISTICS

TITLE = "Randomness of training: one configuration with several seeds"


def table_08(outcome: Outcome) -> NamedTables:
    """Return Table 8, its bootstrap intervals, and the published table recomputed."""
    published = outcome.published[8]
    return {
        "": over_runs(outcome, "runs", published, name="table8", title=TITLE, stem="run"),
        "bootstrap": bootstrap_table(
            outcome,
            "runs",
            STATISTICS,
            name="table8-bootstrap",
            title="Randomness of training: bootstrap intervals of each run",
            stem="run",
        ),
        "recomputed": recomputed(published),
    }


TABLE_08 = Artifact(name="table8", title=TITLE, studies=("runs",), make=table_08)
