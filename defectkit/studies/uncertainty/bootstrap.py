"""Bootstrap: intervals for the statistics of stored evaluations, and for the differences of two."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from defectkit.errors import BootstrapError
from defectkit.metrics import BUILT_IN, Metric
from defectkit.records.names import as_names
from defectkit.statistics import Bootstrap, intervals, resample
from defectkit.statistics.same_convention import check_same_convention
from defectkit.studies.uncertainty.stored_comparison import comparison_of

if TYPE_CHECKING:
    import xarray

Floats = NDArray[np.float64]

DEFAULT = Bootstrap()


def bootstrap(
    evaluation: xarray.Dataset,
    how: Bootstrap = DEFAULT,
    *,
    statistics: Iterable[str] | None = None,
    metrics: Iterable[Metric] | None = None,
) -> xarray.Dataset:
    """Return intervals for the statistics of an evaluation that was made before.

    Parameters
    ----------
    evaluation : xarray.Dataset
        Made by :func:`defectkit.studies.evaluate_resampleable`, or of a run of a study.
    how : Bootstrap
    statistics : iterable of str, optional
        Names of variables; by default all that can be resampled.
    metrics : iterable of Metric, optional
        What gives them; by default all built-in ones. A metric that the evaluation was made without will do.

    Returns
    -------
    xarray.Dataset
        For each statistic ``X``, with its own dimensions: ``X`` itself, ``X_low`` and ``X_high``, the ends of its
        interval, and ``X_degenerate``, the number of resamples in which it is undefined.

    Raises
    ------
    BootstrapError
        If the evaluation cannot be resampled, or a statistic is none that can be.
    """
    chosen = None if metrics is None else tuple(metrics)
    (drawn,) = resample_statistics([evaluation], how, statistics=statistics, metrics=chosen)
    return _with_intervals(_estimate(evaluation, chosen), drawn, how)


def bootstrap_difference(
    first: xarray.Dataset,
    second: xarray.Dataset,
    how: Bootstrap = DEFAULT,
    *,
    statistics: Iterable[str] | None = None,
    metrics: Iterable[Metric] | None = None,
) -> xarray.Dataset:
    """Return intervals for the differences of two evaluations of the same truth: the second less the first.

    Parameters
    ----------
    first, second : xarray.Dataset
        Of the same images and labels under one convention.
    how, statistics, metrics
        As for :func:`bootstrap`.

    Returns
    -------
    xarray.Dataset
        As :func:`bootstrap` gives it, of differences. A type that one of the two does not have is degenerate.

    Raises
    ------
    BootstrapError
        As :func:`bootstrap`.
    ConventionError, PairingError
        If the two are not of one truth under one convention.

    Notes
    -----
    Both are resampled together, so what makes an image hard for both cancels.
    """
    chosen = None if metrics is None else tuple(metrics)
    drawn = resample_statistics([first, second], how, statistics=statistics, metrics=chosen)
    names = list(drawn[0].data_vars)
    estimates = [_estimate(evaluation, chosen) for evaluation in (first, second)]
    estimate = _difference(estimates[0][names], estimates[1][names])
    differences = _difference(drawn[0][names], drawn[1][names])
    return _with_intervals(estimate, differences, how).assign_attrs(difference="second less first")


def resample_statistics(
    evaluations: Sequence[xarray.Dataset],
    how: Bootstrap = DEFAULT,
    *,
    statistics: Iterable[str] | None = None,
    metrics: Iterable[Metric] | None = None,
) -> tuple[xarray.Dataset, ...]:
    """Return the statistics of each evaluation in each of many resamples, which are the same for all of them.

    Parameters
    ----------
    evaluations : sequence of xarray.Dataset
        Of one truth under one convention, made by :func:`defectkit.studies.evaluate_resampleable`.
    how, statistics, metrics
        As for :func:`bootstrap`.

    Returns
    -------
    tuple of xarray.Dataset
        For each evaluation its variables with the dimension ``resample`` before their own. What cannot be said of a
        resample is NaN.

    Raises
    ------
    BootstrapError
        If an evaluation cannot be resampled, a statistic is none that can be, or there is nothing to draw.
    ConventionError, PairingError
        If the evaluations are not of one truth under one convention.
    """
    import xarray

    if not evaluations:
        raise BootstrapError("bootstrap: there is no evaluation to resample")
    comparisons = [comparison_of(evaluation) for evaluation in evaluations]
    check_same_convention(evaluations)
    chosen = None if metrics is None else tuple(metrics)
    wanted = None if statistics is None else frozenset(as_names(statistics))
    every = resample(chosen or [metric() for metric in BUILT_IN], comparisons, how, names=wanted)
    results = []
    for evaluation, values in zip(evaluations, every, strict=True):
        known = _estimate(evaluation, chosen)
        about = {"n_resamples": how.n_resamples, "seed": how.seed, "level": str(how.level)}
        results.append(
            xarray.Dataset(
                {n: (("resample", *known[n].dims), v, dict(known[n].attrs)) for n, v in values.items() if n in known},
                coords={name: c for name, c in known.coords.items() if name != "image"},
                attrs=evaluation.attrs | about,
            )
        )
    return tuple(results)


def _estimate(evaluation: xarray.Dataset, metrics: Sequence[Metric] | None) -> xarray.Dataset:
    """Return the values of what is resampled: those of the evaluation, or of metrics that it was made without."""
    import xarray

    if metrics is None:
        return evaluation
    comparison = comparison_of(evaluation)
    return xarray.merge([metric.compute(comparison) for metric in metrics]).assign_attrs(evaluation.attrs)


def _difference(first: xarray.Dataset, second: xarray.Dataset) -> xarray.Dataset:
    import xarray

    one, two = xarray.align(first, second, join="outer")
    difference = two - one
    for name in difference.data_vars:
        difference[name].attrs = dict(second[name].attrs)
    return difference.assign_attrs(second.attrs)


def _with_intervals(estimate: xarray.Dataset, drawn: xarray.Dataset, how: Bootstrap) -> xarray.Dataset:
    """Return estimates with the ends of their intervals and the numbers of degenerate resamples."""
    import xarray

    values: Mapping[str, Floats] = {str(name): v.values for name, v in drawn.data_vars.items()}
    own = {name: estimate.variables[name] for name in values}
    ends = intervals(own, values, how.confidence)
    variables = {n: v for name in values for n, v in ((name, own[name]), *_of(name, ends))}
    dims = {dim for v in variables.values() for dim in v.dims}
    return xarray.Dataset(
        variables,
        coords={name: c for name, c in estimate.coords.items() if name in dims},
        attrs=dict(drawn.attrs) | {"confidence": how.confidence},
    )


def _of(name: str, ends: Mapping[str, xarray.Variable]) -> list[tuple[str, xarray.Variable]]:
    return [(end, ends[end]) for end in (f"{name}_low", f"{name}_high", f"{name}_degenerate")]
