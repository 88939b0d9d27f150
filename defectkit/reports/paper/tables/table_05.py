"""Table 5: random cross validation."""

from __future__ import annotations

from defectkit.reports.paper.artifact import Artifact, Material, Tables
from defectkit.reports.paper.tables.over_runs import bootstrap_table, over_runs
from defectkit.reports.paper.tables.recomputed import recomputed
from defectkit.reports.paper.tables.statistics import STATISTICS

TITLE = "Random cross validation: how much the choice of images matters"


def table_05(material: Material) -> Tables:
    """Return Table 5, its bootstrap intervals, and the published table recomputed."""
    published = material.published[5]
    return {
        "": over_runs(material, "random-cv", published, name="table5", title=TITLE, stem="split"),
        "bootstrap": bootstrap_table(
            material,
            "random-cv",
            STATISTICS,
            name="table5-bootstrap",
            title="Random cross validation: bootstrap intervals of each split",
            stem="split",
        ),
        "recomputed": recomputed(published),
    }


TABLE_05 = Artifact(name="table5", title=TITLE, studies=("random-cv",), make=table_05)
