"""Size distances: how far the distributions of sizes of two conditions are apart, with intervals."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from defectkit.measurement import ALL
from defectkit.statistics import percentile_interval
from defectkit.statistics.intervals import HIGH, LOW
from defectkit.uncertainty import Condition
from defectkit.uncertainty.propagate import drawing_seed
from defectkit.uncertainty.sampling import sampled
from defectkit.workflows.condition import Assessment

Floats = NDArray[np.float64]

UNITS = {"ks_statistic": "", "wasserstein_distance": "nanometer"}
"""The distances that have intervals."""


def size_distances(first: Assessment, second: Assessment, types: tuple[str, ...]) -> dict[str, Floats]:
    """Return the distances of each type and of all, each of shape (T + 1,).

    Parameters
    ----------
    first, second : Assessment
    types : tuple of str, length T

    Returns
    -------
    dict of str to numpy.ndarray
        ``ks_statistic`` and ``wasserstein_distance`` (in nm), each with ``_low`` and ``_high``, and ``ks_p_value``; NaN
        where a side has no size.

    Notes
    -----
    Intervals are percentiles of the distances of defects that are drawn anew in each condition. A distance of samples
    is too large, for they scatter, and that of drawn samples is so once more: the percentiles are moved by twice the
    mean excess of the drawn distances, and never beyond the value or 0. Whether two conditions differ at all is what
    the p-value says. It takes every defect as counted once; so does the statistic. Wasserstein's distance takes each
    with its weight.
    """
    from scipy import stats

    names = (*types, ALL)
    sizes = [[side.condition.sizes_of(name) for name in names] for side in (first, second)]
    weights = [[side.condition.weights_of(name) for name in names] for side in (first, second)]
    found: dict[str, Floats] = {name: np.full(len(names), np.nan) for name in ("ks_p_value", *UNITS)}
    shown = [k for k in range(len(names)) if len(sizes[0][k]) and len(sizes[1][k])]
    for k in shown:
        found["ks_p_value"][k] = stats.ks_2samp(sizes[0][k].tolist(), sizes[1][k].tolist()).pvalue
        ones = [np.ones((1, len(own[k]))) for own in sizes]
        given = [own[k][None] for own in weights]
        found["ks_statistic"][k] = _apart(sizes[0][k], sizes[1][k], *ones)[0][0]
        found["wasserstein_distance"][k] = _apart(sizes[0][k], sizes[1][k], *given)[1][0]
    parts: dict[int, list[tuple[Floats, Floats]]] = {k: [] for k in shown}
    for one, two in zip(_repeats(first), _repeats(second), strict=True):
        for k in shown:
            drawn = [
                repeats[:, _of_type(side.condition, names[k])].astype(np.float64)
                for repeats, side in ((one, first), (two, second))
            ]
            ks, _ = _apart(sizes[0][k], sizes[1][k], *drawn)
            weighted = [repeats * own[k] for repeats, own in zip(drawn, weights, strict=True)]
            parts[k].append((ks, _apart(sizes[0][k], sizes[1][k], *weighted)[1]))
    for j, name in enumerate(UNITS):
        ends = np.full((2, len(names)), np.nan)
        for k in shown:
            states = np.concatenate([part[j] for part in parts[k]])
            low, high, _ = percentile_interval(states, first.known.confidence)
            value = found[name][k]
            too_far = 2 * (np.nanmean(states) - value)
            ends[:, k] = np.clip(low - too_far, 0, value), np.maximum(high - too_far, value)
        found[f"{name}{LOW}"], found[f"{name}{HIGH}"] = ends
    return found


def _repeats(side: Assessment) -> Iterator[NDArray[np.int64]]:
    how, specimen = side.bootstrap, side.inputs.specimen
    for states in sampled(side.condition, how.n_resamples, drawing_seed(how.seed, specimen)):
        yield states.repeats


def _of_type(condition: Condition, name: str) -> NDArray[np.bool_]:
    place = condition.types.index(name) if name in condition.types else -1
    own: NDArray[np.bool_] = ((condition.type_codes == place) | (name == ALL)) & ~np.isnan(condition.sizes_nm)
    return own


def _apart(one: Floats, two: Floats, weights_one: Floats, weights_two: Floats) -> tuple[Floats, Floats]:
    """Return Kolmogorov and Smirnov's statistic and Wasserstein's distance for B states of weights, each (B,).

    NaN where a side has no weight.
    """
    places = np.unique(np.concatenate([one, two]))
    gaps = np.abs(_cumulative(one, weights_one, places) - _cumulative(two, weights_two, places))
    return gaps.max(axis=1), gaps[:, :-1] @ np.diff(places)


def _cumulative(sizes: Floats, weights: Floats, places: Floats) -> Floats:
    order = np.argsort(sizes)
    sums = np.concatenate([np.zeros((len(weights), 1)), np.cumsum(weights[:, order], axis=1)], axis=1)
    total = sums[:, -1:]
    shares = np.full(sums.shape, np.nan)
    np.divide(sums, total, out=shares, where=total > 0)
    at: Floats = shares[:, np.searchsorted(sizes[order], places, side="right")]
    return at
