"""Over runs: the statistics of each run of a study beside each other, with average, range, SD and intervals."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from defectkit_jacobs2022.artifact import Outcome
from defectkit_jacobs2022.published import PublishedTable
from defectkit_jacobs2022.published_rows import OURS, PUBLISHED, findings, notes, ordered, printed
from defectkit_jacobs2022.table import Origin, Row, Table, TableColumn
from defectkit_jacobs2022.tables.statistics import (
    BY_NAME,
    OVERALL,
    Statistic,
    evaluations,
    left_out,
    lines,
    run_titles,
    types_of,
)

if TYPE_CHECKING:
    import xarray

SUMMARY = ("average", "range", "sd")
LABELS = (
    TableColumn(name="statistic", title="statistic", origin=Origin.LABEL),
    TableColumn(name="unit", title="unit", origin=Origin.LABEL),
    TableColumn(name="defect_type", title="defect type", origin=Origin.LABEL),
)
SOURCE = TableColumn(name="source", title="source", origin=Origin.LABEL)
N_RESAMPLES = 1000


def summary(values: ArrayLike, ddof: int) -> tuple[float, float, float, int]:
    """Return average, range and standard deviation of the values that are defined, and how many are not.

    Parameters
    ----------
    values : array_like, shape (runs,)
    ddof : int

    Returns
    -------
    average, range, sd : float
        NaN where too few values are defined.
    n_undefined : int

    Examples
    --------
    >>> summary([1.0, 3.0, float("nan")], ddof=0)
    (2.0, 2.0, 1.0, 1)
    """
    given = np.asarray(values, np.float64)
    defined = given[~np.isnan(given)]
    n_undefined = int(len(given) - len(defined))
    if not len(defined):
        return math.nan, math.nan, math.nan, n_undefined
    sd = float(defined.std(ddof=ddof)) if len(defined) > ddof else math.nan
    return float(defined.mean()), float(np.ptp(defined)), sd, n_undefined


def over_runs(outcome: Outcome, study: str, published: PublishedTable, *, name: str, title: str, stem: str) -> Table:
    """Return the statistics of each run of a study, beside those of the paper.

    Parameters
    ----------
    outcome : Outcome
    study : str
    published : PublishedTable
        Its columns ``<stem>_1``, ``<stem>_2`` ... are the runs of the paper.
    name, title : str
        Of the table.
    stem : str
        ``split`` or ``run``.

    Raises
    ------
    StudyError
        If the study was not run.
    """
    result = outcome.result(study)
    runs = evaluations(result)
    printed_runs = [column for column in published.columns if column.startswith(f"{stem}_")]
    n = max(len(runs), len(printed_runs))
    columns = (
        *LABELS,
        SOURCE,
        *(TableColumn(name=f"{stem}_{k}", title=f"{stem} {k}") for k in range(1, n + 1)),
        TableColumn(name="average", title="average"),
        TableColumn(name="range", title="range"),
        TableColumn(name="sd", title="SD"),
        TableColumn(name="n_undefined", title="undefined"),
    )
    statistics = [BY_NAME[key] for key in dict.fromkeys(key for key, _ in published.rows)]
    types = types_of(runs)
    rows = []
    for statistic, line in lines(_with_published(types, published), statistics):
        labels = (statistic.title, statistic.unit, line)
        if line in types or line == OVERALL or not statistic.by_type:
            values = [statistic.value(run, line) for run in runs]
            *spread, n_undefined = summary(values, statistic.ddof)
            shown = [int(v) if statistic.decimals == 0 and not math.isnan(v) else v for v in values]
            cells = (*labels, OURS, *shown, *[None] * (n - len(runs)), *spread, n_undefined)
            rows.append(Row(cells=cells, decimals=statistic.decimals or 1))
        row = published.rows.get((statistic.name, line))
        if row is not None:
            of_runs = printed(row, printed_runs)
            numbers = (*of_runs, *[None] * (n - len(of_runs)), *printed(row, SUMMARY), None)
            rows.append(Row(cells=(*labels, PUBLISHED, *numbers), origin=Origin.PUBLISHED))
    titles = run_titles(result)
    own = [
        *(f"{stem} {k} of ours: {text}." for k, text in enumerate(titles, start=1)),
        "SD: ddof 1, but ddof 0 for the number of test defects, as in the paper."
        if any(s.ddof == 0 for s in statistics)
        else "SD: ddof 1.",
        "Undefined: runs without a value, which average, range and SD leave out.",
        *left_out(runs, [f"{stem} {k}" for k in range(1, len(runs) + 1)], statistics),
        *findings(outcome, published.number),
    ]
    return Table(name=name, title=title, columns=columns, rows=rows, notes=notes(outcome, published, own=own))


def _with_published(types: Sequence[str], published: PublishedTable) -> Sequence[str]:
    return ordered([*types, *(line for _, line in published.rows if line not in (OVERALL, "all"))])


def bootstrap_table(
    outcome: Outcome, study: str, statistics: Iterable[Statistic], *, name: str, title: str, stem: str
) -> Table:
    """Return the statistics of each run of a study that are over all types, with bootstrap intervals.

    Parameters
    ----------
    outcome : Outcome
    study : str
    statistics : iterable of Statistic
        A number of defects has no interval here.
    name, title, stem
        As for :func:`over_runs`.

    Raises
    ------
    StudyError
        If the study was not run.
    """
    from defectkit.statistics import Bootstrap
    from defectkit.studies import bootstrap

    result = outcome.result(study)
    wanted = [statistic for statistic in statistics if statistic.variable != "n_true"]
    variables = {s.name: f"overall_{s.variable}" if s.by_type else s.variable for s in wanted}
    columns = (
        TableColumn(name=stem, title=stem, origin=Origin.LABEL),
        *LABELS[:2],
        TableColumn(name="value", title="value"),
        TableColumn(name="low", title="low end"),
        TableColumn(name="high", title="high end"),
        TableColumn(name="n_degenerate", title="degenerate resamples"),
    )
    rows = []
    for number, run in enumerate(evaluations(result), start=1):
        how = Bootstrap(n_resamples=N_RESAMPLES, level="images-and-defects", confidence=0.95)
        drawn = bootstrap(
            run,
            how,
            statistics=list(dict.fromkeys(variables.values())),
        )
        for statistic in wanted:
            ends = [_end(drawn, variables[statistic.name] + end, statistic, run) for end in ("", "_low", "_high")]
            degenerate = int(_end(drawn, f"{variables[statistic.name]}_degenerate", statistic, run))
            cells = (f"{stem} {number}", statistic.title, statistic.unit, *ends, degenerate)
            rows.append(Row(cells=cells, decimals=statistic.decimals))
    own = [
        f"Percentile intervals of 95 % from {N_RESAMPLES} resamples, seed 0: images are drawn, then defects in each.",
        "A resample is degenerate if it gives no value; it counts as lower than all others for the low end and as "
        "higher for the high end.",
        "Each statistic by type is the unweighted mean over types.",
    ]
    return Table(name=name, title=title, columns=columns, rows=rows, notes=notes(outcome, own=own))


def _end(drawn: xarray.Dataset, name: str, statistic: Statistic, run: xarray.Dataset) -> float:
    variable = drawn[name]
    if "iou_threshold" in variable.dims:
        variable = variable.sel(iou_threshold=run.attrs["iou_threshold"], method="nearest")
    return float(variable.sel(subset=statistic.subset) if statistic.subset else variable)
