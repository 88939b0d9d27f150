"""Statistics: the numbers of one run that Tables 5, 7 and 8 are made of."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import attrs

from defectkit.reports.evaluation_tables import at_threshold
from defectkit.studies import select_run
from defectkit_jacobs2022.published_rows import ordered

if TYPE_CHECKING:
    import xarray

ALL, OVERALL = "all", "overall"
"""Lines of a statistic that are of all types: counted together, and the unweighted mean over types."""


@attrs.frozen(kw_only=True)
class Statistic:
    """One statistic.

    Parameters
    ----------
    name : str
        As in the published tables of the registry.
    title : str
    variable : str
        Of an evaluation.
    unit : str
        As people write it.
    decimals : int
        As the paper prints it.
    subset : str
        ``all`` or ``found`` where the variable has both.
    by_type : bool
    ddof : int
        Of its standard deviation over runs in the published table.
    """

    name: str
    title: str
    variable: str
    unit: str = ""
    decimals: int = 2
    subset: str = ""
    by_type: bool = True
    ddof: int = 1

    def value(self, evaluation: xarray.Dataset, line: str) -> float:
        """Return the statistic of one run.

        Parameters
        ----------
        evaluation : xarray.Dataset
            Of :func:`defectkit.studies.select_run`; scores are taken at its IoU threshold.
        line : str
            A type, :data:`OVERALL`, or :data:`ALL` for a statistic that is not by type.

        Returns
        -------
        float
            NaN for a type that the run does not know.
        """
        name = f"overall_{self.variable}" if line == OVERALL else self.variable
        variable = self._picked(evaluation, name)
        if "defect_type" not in variable.dims:
            return float(variable)
        known = [str(t) for t in evaluation["defect_type"].values]
        return float(variable.sel(defect_type=line)) if line in known else math.nan

    def n_undefined(self, evaluation: xarray.Dataset) -> int:
        """Return how many types :data:`OVERALL` leaves out, because they have no value."""
        return int(self._picked(evaluation, f"undefined_overall_{self.variable}")) if self.by_type else 0

    def _picked(self, evaluation: xarray.Dataset, name: str) -> xarray.DataArray:
        variable = at_threshold(evaluation)[name]
        return variable.sel(subset=self.subset) if self.subset else variable


TEST_INSTANCES = Statistic(
    name="test_instances", title="test defects", variable="n_true", decimals=0, by_type=False, ddof=0
)
STATISTICS: Sequence[Statistic] = (
    TEST_INSTANCES,
    Statistic(name="find_f1", title="find F1", variable="find_f1_score", by_type=False),
    Statistic(name="type_f1", title="type F1, of found defects", variable="type_f1_score"),
    Statistic(name="size_error_all", title="size error, all defects", variable="size_error", unit="%", subset="all"),
    Statistic(
        name="size_error_found", title="size error, found defects", variable="size_error", unit="%", subset="found"
    ),
    Statistic(name="density_error", title="density error", variable="density_error", unit="%", subset="all"),
)
BY_NAME: Mapping[str, Statistic] = {statistic.name: statistic for statistic in STATISTICS}


def evaluations(result: xarray.Dataset) -> tuple[xarray.Dataset, ...]:
    """Return the evaluation of each run of a study."""
    return tuple(select_run(result, run) for run in range(result.sizes["run"]))


def types_of(runs: Iterable[xarray.Dataset]) -> tuple[str, ...]:
    """Return the types that any of some evaluations compares, in the order of the paper."""
    return ordered(str(name) for run in runs for name in run["defect_type"].values if str(name) != ALL)


def lines(types: Iterable[str], statistics: Iterable[Statistic]) -> Iterator[tuple[Statistic, str]]:
    """Yield each statistic with each line that it has."""
    names = tuple(types)
    for statistic in statistics:
        for line in (*names, OVERALL) if statistic.by_type else (ALL,):
            yield statistic, line


def left_out(runs: Sequence[xarray.Dataset], titles: Sequence[str], statistics: Iterable[Statistic]) -> list[str]:
    """Return a note for each mean over types that leaves types out."""
    return [
        f"{statistic.title}, {OVERALL}, {title}: the mean leaves out {n} types that have no value."
        for statistic in statistics
        for run, title in zip(runs, titles, strict=True)
        if (n := statistic.n_undefined(run))
    ]


def run_titles(result: xarray.Dataset) -> list[str]:
    """Return what tells each run of a study from the others, in words."""
    names = ("splits", "split", "train_labels", "test_labels", "detector", "seed", "convention")
    columns = {name: [str(v) for v in result[name].values] for name in names}
    telling = [name for name in names if len(set(columns[name])) > 1] or ["split"]
    titles = []
    for run in range(result.sizes["run"]):
        texts = {name: columns[name][run] for name in telling}
        if "split" in texts and texts["split"] == texts.get("splits"):
            del texts["splits"]
        titles.append(", ".join(f"seed {v}" if name == "seed" else v for name, v in texts.items()))
    return titles
