"""Variance: where the spread of the headline figures comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from defectkit.studies import variance_decomposition
from defectkit.studies.results import HEADLINES
from defectkit_jacobs2022.artifact import Artifact, Material, Tables
from defectkit_jacobs2022.beside import notes
from defectkit_jacobs2022.table import Column, Origin, Row, Table

if TYPE_CHECKING:
    import xarray

STUDIES = ("variance", "label-sets")
TITLE = "Where the spread of each figure comes from: seed, split, labels and convention"
UNITS = {"percent": "%", "": ""}


def variance(material: Material) -> Tables:
    """Return the shares of the spread of each headline figure, and how far it spreads over the levels of each factor.

    Raises
    ------
    StudyError
        If a study was not run, or its runs are not fully crossed.
    """
    columns = (
        Column(name="study", title="study", origin=Origin.LABEL),
        Column(name="statistic", title="statistic", origin=Origin.LABEL),
        Column(name="unit", title="unit of the SD", origin=Origin.LABEL),
        Column(name="factor", title="factor", origin=Origin.LABEL),
        Column(name="n_levels", title="levels"),
        Column(name="share", title="share of the spread", decimals=3),
        Column(name="sd", title="SD over levels", decimals=3),
        Column(name="n_undefined", title="runs without a value"),
    )
    rows = [row for study in STUDIES for row in _rows(study, variance_decomposition(material.result(study)))]
    own = [
        "Shares of the sum of squares about the mean add up to 1 for each study and statistic; they describe the runs "
        "that were made and are no estimates for other seeds or splits.",
        "Factors with one level are left out. Where a run has no value, or all are equal, nothing can be shared out.",
        "SD: ddof 1, of the means of the levels.",
    ]
    table = Table(name="variance", title=TITLE, columns=columns, rows=rows, notes=notes(material, own=own))
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
