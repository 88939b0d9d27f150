"""Variance: where the spread of the headline figures comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from defectkit.studies import variance_decomposition
from defectkit.studies.results import HEADLINES
from defectkit_jacobs2022.artifact import Artifact, NamedTables, Outcome
from defectkit_jacobs2022.published_rows import notes
from defectkit_jacobs2022.table import Origin, Row, Table, TableColumn

if TYPE_CHECKING:
    import xarray

STUDIES = ("variance", "label-sets")
TITLE = "Where the spread of each figure comes from: seed, split, labels and convention"
UNITS = {"percent": "%", "": ""}


def variance(outcome: Outcome) -> NamedTables:
    """Return the shares of the spread of each headline figure, and how far it spreads over the levels of each factor.

    Raises
    ------
    StudyError
        If a study was not run, or its runs are not fully crossed.
    """
    columns = (
        TableColumn(name="study", title="study", origin=Origin.LABEL),
        TableColumn(name="statistic", title="statistic", origin=Origin.LABEL),
        TableColumn(name="unit", title="unit of the SD", origin=Origin.LABEL),
        TableColumn(name="factor", title="factor", origin=Origin.LABEL),
        TableColumn(name="n_levels", title="levels"),
        TableColumn(name="share", title="share of the spread", decimals=3),
        TableColumn(name="sd", title="SD over levels", decimals=3),
        TableColumn(name="n_undefined", title="runs without a value"),
    )
    rows = [row for study in STUDIES for row in _rows(study, variance_decomposition(outcome.result(study)))]
    own = [
        "Shares of the sum of squares about the mean add up to 1 for each study and statistic; they describe the runs "
        "that were made and are no estimates for other seeds or splits.",
        "Factors with one level are left out. Where a run has no value, or all are equal, nothing can be shared out.",
        "SD: ddof 1, of the means of the levels.",
    ]
    table = Table(name="variance", title=TITLE, columns=columns, rows=rows, notes=notes(outcome, own=own))
    return {"": table}


def _rows(study: str, shares: xarray.Dataset) -> list[Row]:
    levels = shares["n_levels"].values
    varied = [k for k, n in enumerate(levels) if n > 1]
    shown = [*varied, len(levels) - 1] if len(varied) > 1 else varied
    rows = []
    for name in HEADLINES:
        share, sd = shares[f"{name}_share"].values, shares[f"{name}_sd"]
        n_undefined = int(shares[f"{name}_undefined"])
        for k in shown:
            factor = str(shares["factor"].values[k])
            is_rest = k == len(levels) - 1
            numbers = (None if is_rest else int(levels[k]), share[k], None if is_rest else sd.values[k], n_undefined)
            rows.append(Row(cells=(study, name, UNITS[sd.attrs["units"]], factor, *numbers)))
    return rows


VARIANCE = Artifact(name="variance", title=TITLE, studies=STUDIES, make=variance)
