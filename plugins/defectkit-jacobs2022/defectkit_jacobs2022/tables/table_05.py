"""Table 5: repeated hold-out, which the paper calls random cross validation."""

from __future__ import annotations

from defectkit_jacobs2022.artifact import Artifact, NamedTables, Outcome
from defectkit_jacobs2022.tables.over_runs import bootstrap_table, over_runs
from defectkit_jacobs2022.tables.recomputed import recomputed
from defectkit_jacobs2022.tables.statistics import STATISTICS

TITLE = "Repeated hold-out: how much the choice of images matters"


def table_05(outcome: Outcome) -> NamedTables:
    """Return Table 5, its bootstrap intervals, and the published table recomputed."""
    published = outcome.published[5]
    return {
        "": over_runs(outcome, "random-cv", published, name="table5", title=TITLE, stem="split"),
        "bootstrap": bootstrap_table(
            outcome,
            "random-cv",
            STATISTICS,
            name="table5-bootstrap",
            title="Repeated hold-out: bootstrap intervals of each split",
            stem="split",
        ),
        "recomputed": recomputed(published),
    }


TABLE_05 = Artifact(name="table5", title=TITLE, studies=("random-cv",), make=table_05)
