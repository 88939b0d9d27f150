"""Table 3: the statistics."""

from __future__ import annotations

from collections.abc import Mapping

from defectkit import hooks
from defectkit_jacobs2022.artifact import Artifact, NamedTables, Outcome
from defectkit_jacobs2022.published_rows import notes, reference
from defectkit_jacobs2022.table import Origin, Row, Table, TableColumn

TITLE = "Statistics: what the paper calls them, and what computes them here"
METRICS: Mapping[str, str] = {
    "find": "find",
    "type": "type",
    "areal_density": "errors",
    "size": "errors",
    "shape_factor": "errors",
}
"""What the registry of published tables calls a statistic here, and the metric that computes it."""


def table_03(outcome: Outcome) -> NamedTables:
    """Return Table 3: every published statistic with the metric for it, then the metrics that the paper has not."""
    published = outcome.published[3]
    columns = (
        TableColumn(name="statistic", title="statistic", origin=Origin.PUBLISHED),
        TableColumn(name="meaning", title="meaning, in our words", origin=Origin.PUBLISHED),
        TableColumn(name="metric", title="metric"),
        TableColumn(name="description", title="what it computes"),
        TableColumn(name="module", title="documented in"),
    )
    metrics = {name: registered.cls for name, registered in hooks.table("metric").items()}
    used = [METRICS[str(row["here"])] for row in published]
    rows = [
        Row(cells=(row.key[0], row["meaning"], name, *_described(metrics[name])))
        for row, name in zip(published, used, strict=True)
    ]
    rows += [Row(cells=(None, None, name, *_described(metric))) for name, metric in metrics.items() if name not in used]
    table = Table(
        name="table3", title=TITLE, columns=columns, rows=rows, notes=notes(outcome, own=[reference(published)])
    )
    return {"": table}


def _described(metric: type) -> tuple[str, str]:
    """Return the sentence of a metric, and the module that states its formula and source."""
    return str(getattr(metric, "description", "")), metric.__module__


TABLE_03 = Artifact(name="table3", title=TITLE, make=table_03)
