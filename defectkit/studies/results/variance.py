"""Variance: which part of the spread of a figure comes from the seed, the split, the labels or the convention."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from defectkit.errors import StudyError
from defectkit.records.names import as_names
from defectkit.studies.results.headline import HEADLINES, headline

if TYPE_CHECKING:
    import xarray

Floats = NDArray[np.float64]

FACTORS = ("seed", "split", "labels", "detector", "convention")
"""What runs of a study differ in; ``labels`` are those of both sides, ``split`` is named with its choice of splits."""

INTERACTION = "interaction"
"""What no factor explains alone."""


def main_effects(values: Floats) -> tuple[Floats, float]:
    """Return the sum of squares of each factor of a full crossing, and that of their interactions.

    Parameters
    ----------
    values : numpy.ndarray, shape (levels of the first factor, levels of the second, ...)

    Returns
    -------
    effects : numpy.ndarray, shape (factors,)
    interaction : float
        With the effects it adds up to the sum of squares about the mean.

    Notes
    -----
    Analysis of variance without replication: ``N sum_i (m_i - m)^2 / L`` with the means ``m_i`` of the ``L`` levels.

    Examples
    --------
    >>> effects, rest = main_effects(np.array([[1.0, 2.0], [3.0, 4.0]]))
    >>> effects.tolist(), rest
    ([4.0, 1.0], 0.0)
    """
    mean = values.mean()
    axes = range(values.ndim)
    effects = np.array(
        [
            values.size / values.shape[k] * ((values.mean(axis=tuple(a for a in axes if a != k)) - mean) ** 2).sum()
            for k in axes
        ]
    )
    rest = float(((values - mean) ** 2).sum() - effects.sum())
    return effects, max(rest, 0.0)


def variance_decomposition(
    result: xarray.Dataset, *, statistics: Iterable[str] | None = None, factors: Sequence[str] = FACTORS
) -> xarray.Dataset:
    """Return where the spread of the headline figures of a study comes from.

    Parameters
    ----------
    result : xarray.Dataset
        Of :func:`defectkit.studies.run_study`; every level of every factor crossed with every other, once.
    statistics : iterable of str, optional
        Some of :data:`~defectkit.studies.results.headline.HEADLINES`; all by default.
    factors : sequence of str
        Some of :data:`FACTORS`; those with a single level explain nothing.

    Returns
    -------
    xarray.Dataset
        Dimension ``factor`` (the given ones, then ``interaction``), for each statistic ``X``: ``X_share`` of the sum of
        squares, which add up to 1, and ``X_sd``, the standard deviation (ddof 1) of the means of the levels, NaN for
        the interaction and for a single level. ``n_levels``; ``X_undefined``, how many runs have no value. Where one
        has none, or all are equal, nothing can be shared out: NaN.

    Raises
    ------
    StudyError
        If a factor or statistic is unknown, or runs are missing or there twice in the crossing.

    Notes
    -----
    Shares describe the runs that were made; they are no estimates for other seeds or splits.
    """
    import xarray

    names = tuple(HEADLINES) if statistics is None else as_names(statistics)
    factors = as_names(factors)
    strange = [*(set(names) - set(HEADLINES)), *(set(factors) - set(FACTORS))]
    if strange:
        raise StudyError(
            f"variance decomposition: {', '.join(map(str, strange))} is unknown; statistics are "
            f"{', '.join(HEADLINES)}, factors {', '.join(FACTORS)}"
        )
    figures = headline(result)
    levels = {factor: _levels(figures, factor) for factor in factors}
    order, shape = _crossing(levels)
    variables: dict[str, tuple[tuple[str, ...], object, dict[str, str]]] = {
        "n_levels": (("factor",), [*shape, 0], {"long_name": "levels of the factor", "units": ""})
    }
    for name in names:
        values = figures[name].values[order].reshape(shape)
        units = str(figures[name].attrs.get("units", ""))
        title = str(figures[name].attrs.get("long_name", name))
        shares, deviations = np.full(len(shape) + 1, np.nan), np.full(len(shape) + 1, np.nan)
        if not np.isnan(values).any():
            effects, rest = main_effects(values)
            total = effects.sum() + rest
            if total > 0:
                shares = np.append(effects, rest) / total
            for k, n in enumerate(shape):
                if n > 1:
                    others = tuple(a for a in range(len(shape)) if a != k)
                    deviations[k] = values.mean(axis=others).std(ddof=1)
        variables |= {
            f"{name}_share": (("factor",), shares, {"long_name": f"share of the spread of: {title}", "units": ""}),
            f"{name}_sd": (("factor",), deviations, {"long_name": f"spread over levels of: {title}", "units": units}),
            f"{name}_undefined": (
                (),
                int(np.isnan(values).sum()),
                {"long_name": f"runs without: {title}", "units": ""},
            ),
        }
    return xarray.Dataset(variables, coords={"factor": [*factors, INTERACTION]}, attrs=result.attrs)


def _levels(figures: xarray.Dataset, factor: str) -> list[str]:
    """Return the level of each run."""
    parts = {"labels": ("train_labels", "test_labels"), "split": ("splits", "split")}.get(factor, (factor,))
    return [" | ".join(map(str, values)) for values in zip(*(figures[p].values for p in parts), strict=True)]


def _crossing(levels: dict[str, list[str]]) -> tuple[NDArray[np.int64], tuple[int, ...]]:
    """Return the positions of the runs in the order of the crossing of all levels, and its shape."""
    distinct = [list(dict.fromkeys(values)) for values in levels.values()]
    rows = list(zip(*levels.values(), strict=True))
    places: dict[tuple[str, ...], int] = {}
    for run, row in enumerate(rows):
        if row in places:
            raise StudyError(
                f"variance decomposition: two runs have {', '.join(row)}: name all factors in which they differ, "
                "or select runs"
            )
        places[row] = run
    missing = [row for row in itertools.product(*distinct) if row not in places]
    if missing:
        raise StudyError(
            f"variance decomposition: {len(missing)} combinations were not run, for instance {', '.join(missing[0])}; "
            "select runs of the result that are fully crossed"
        )
    order = np.array([places[row] for row in itertools.product(*distinct)], np.int64)
    return order, tuple(map(len, distinct))
