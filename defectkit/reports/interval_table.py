"""Interval table: every figure of an evaluation that has an interval, a row for each of its values."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import TYPE_CHECKING, Any

from defectkit.reports.csv_tables import csv_text
from defectkit.statistics.intervals import DEGENERATE, HIGH, LOW

if TYPE_CHECKING:
    import xarray


def is_of_interval(name: str, result: xarray.Dataset) -> bool:
    """Return whether a variable is an end of the interval of another, or counts its undefined resamples."""
    return any(name.endswith(end) and name.removesuffix(end) in result for end in (LOW, HIGH, DEGENERATE))


def with_intervals(result: xarray.Dataset) -> list[str]:
    """Return the names of the variables that have an interval."""
    return [str(name) for name in result.data_vars if f"{name}{LOW}" in result and f"{name}{HIGH}" in result]


def intervals_csv(result: xarray.Dataset) -> str:
    """Return value and interval of every figure that has one: a row for each value, with its place on each dimension.

    Parameters
    ----------
    result : xarray.Dataset
        As :func:`defectkit.workflows.evaluate` returns it with a bootstrap.

    Notes
    -----
    ``n_degenerate`` is the number of resamples in which the figure is undefined; an end that falls among them is empty.
    """
    names = with_intervals(result)
    dims = list(dict.fromkeys(str(dim) for name in names for dim in result[name].dims))
    labels = {dim: result[dim].values.tolist() for dim in dims}

    def rows() -> Iterator[list[Any]]:
        for name in names:
            variable = result.variables[name]
            columns = [result.variables[f"{name}{end}"].values for end in ("", LOW, HIGH, DEGENERATE)]
            for place in product(*(range(n) for n in variable.shape)):
                at = {str(dim): labels[str(dim)][k] for dim, k in zip(variable.dims, place, strict=True)}
                units = variable.attrs.get("units", "")
                yield [name, *(at.get(dim, "") for dim in dims), *(column[place] for column in columns), units]

    return csv_text(["name", *dims, "value", "low", "high", "n_degenerate", "units"], rows())
