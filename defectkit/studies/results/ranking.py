"""Ranking: which configuration of a detector is best by the three figures of the paper, and how sure that is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.errors import StudyError
from defectkit.statistics import Bootstrap, percentile_interval
from defectkit.studies.results.headline import HEADLINES, headline
from defectkit.studies.running.joining import select_run
from defectkit.studies.uncertainty.bootstrap import DEFAULT, resample_statistics

if TYPE_CHECKING:
    import xarray

Floats = NDArray[np.float64]

FIGURES = ("find_f1_score", "size_error", "density_error")
"""Figures that are ranked by; errors count as 100 less the percent error."""


def normalize(values: Floats) -> Floats:
    """Return values stretched between the worst (0) and the best (1) along the last axis.

    Parameters
    ----------
    values : numpy.ndarray, shape (..., detectors)
        Higher is better. NaN stays NaN.

    Returns
    -------
    numpy.ndarray, shape (..., detectors)
        1 for all where all are equal.

    Examples
    --------
    >>> normalize(np.array([0.5, 0.75, 1.0])).tolist(), normalize(np.array([2.0, 2.0])).tolist()
    ([0.0, 0.5, 1.0], [1.0, 1.0])
    """
    defined = ~np.isnan(values)
    lowest = np.where(defined, values, np.inf).min(axis=-1, keepdims=True)
    highest = np.where(defined, values, -np.inf).max(axis=-1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):  # no range, and no value at all, are treated beside
        stretched = (values - lowest) / (highest - lowest)
    return np.asarray(np.where(highest == lowest, np.where(defined, 1.0, np.nan), stretched))


def ranks(norms: Floats) -> Floats:
    """Return the rank of each detector along the last axis: 1 for the largest norm, means for equal ones.

    Examples
    --------
    >>> ranks(np.array([0.2, 0.9, 0.9, np.nan])).tolist()
    [3.0, 1.5, 1.5, nan]
    """
    with np.errstate(invalid="ignore"):  # comparisons with NaN are false
        above = (norms[..., None, :] > norms[..., :, None]).sum(axis=-1)
        equal = (norms[..., None, :] == norms[..., :, None]).sum(axis=-1)
    return np.asarray(np.where(np.isnan(norms), np.nan, above + (equal + 1) / 2))


def rank_detectors(
    result: xarray.Dataset,
    how: Bootstrap = DEFAULT,
) -> xarray.Dataset:
    """Return the detectors of a study from best to worst, with the uncertainty of their ranks.

    Parameters
    ----------
    result : xarray.Dataset
        Of :func:`defectkit.studies.run_study` with several detectors under one convention, each run on the same splits
        with the same seeds.
    how : Bootstrap

    Returns
    -------
    xarray.Dataset
        Dimension ``detector``, best first: the three figures (means over splits, labels and seeds), ``normalized_...``
        of each, ``norm`` and ``rank``, with ``norm_low``, ``norm_high``, ``rank_low`` and ``rank_high``;
        ``rank_probability`` (detector, place), the share of resamples in which the detector takes the place (equal ones
        share theirs), and ``n_degenerate``, the resamples in which it cannot be ranked.

    Raises
    ------
    StudyError
        If there are not two detectors, several conventions, or a detector was not run on every split.

    Notes
    -----
    Find F1, 100 less the overall percent error of size and 100 less that of density are each stretched between the
    worst and the best detector; the norm is the root of the sum of their squares (figure 11 of Jacobs et al. 2022,
    https://doi.org/10.1016/j.xcrp.2022.100876). Stretching magnifies small differences. All runs on one test side are
    resampled together, so the ranks are those of detectors seen on the same defects.
    """
    import xarray

    names = list(dict.fromkeys(map(str, result["detector"].values)))
    _check(result, names)
    figures = headline(result)
    sample = {name: np.array([_mean_of(figures, name, d) for d in names]) for name in FIGURES}
    resampled = _resampled(result, names, how)
    parts, norm = _norms(sample)
    _, norms = _norms(resampled)
    place = ranks(norms)
    best_first = np.argsort(np.where(np.isnan(norm), np.inf, -norm), kind="stable")
    norm_low, norm_high, degenerate = percentile_interval(norms, how.confidence)
    rank_low, rank_high, _ = percentile_interval(place, how.confidence)
    columns: dict[str, tuple[Floats, str, str]] = {
        **{
            name: (sample[name], str(figures[name].attrs["long_name"]), figures[name].attrs["units"])
            for name in FIGURES
        },
        **{f"normalized_{name}": (parts[name], f"{name}, 0 for the worst and 1 for the best", "") for name in FIGURES},
        "norm": (norm, "root of the sum of squares of the three", ""),
        "norm_low": (norm_low, "low end of the interval of the norm", ""),
        "norm_high": (norm_high, "high end of the interval of the norm", ""),
        "rank": (ranks(norm), "place, 1 for the best", ""),
        "rank_low": (rank_low, "low end of the interval of the place", ""),
        "rank_high": (rank_high, "high end of the interval of the place", ""),
        "n_degenerate": (degenerate.astype(np.float64), "resamples in which it cannot be ranked", ""),
    }
    return xarray.Dataset(
        {
            **{
                name: ("detector", values[best_first], {"long_name": title, "units": units})
                for name, (values, title, units) in columns.items()
            },
            "rank_probability": (
                ("detector", "place"),
                _probabilities(place)[best_first],
                {"long_name": "share of resamples in which the detector takes the place", "units": ""},
            ),
        },
        coords={"detector": np.array(names)[best_first], "place": np.arange(1, len(names) + 1)},
        attrs=dict(result.attrs)
        | {"n_resamples": how.n_resamples, "seed": how.seed, "level": str(how.level), "confidence": how.confidence},
    )


def _check(result: xarray.Dataset, names: list[str]) -> None:
    if len(names) < 2:
        raise StudyError(f"a ranking takes two detectors, but the study has {', '.join(names) or 'none'}")
    if len(set(map(str, result["convention"].values))) > 1:
        raise StudyError("detectors are ranked under one convention: select the runs of one of them first")
    runs = [_circumstances(result, k) for k in range(result.sizes["run"])]
    for name in names:
        own = [run for run, d in zip(runs, result["detector"].values, strict=True) if str(d) == name]
        if sorted(own) != sorted(set(runs)):
            raise StudyError(f"detector {name!r} was not run once on every split with every seed, so it has no rank")


def _circumstances(result: xarray.Dataset, run: int) -> tuple[str, ...]:
    names = ("splits", "split", "train_labels", "test_labels", "seed")
    return tuple(str(result[name].values[run]) for name in names)


def _mean_of(figures: xarray.Dataset, name: str, detector: str) -> float:
    return float(figures[name].values[figures["detector"].values == detector].mean())


def _norms(values: Mapping[str, Floats]) -> tuple[dict[str, Floats], Floats]:
    better = {name: v if name == "find_f1_score" else 100 - v for name, v in values.items()}
    parts = {name: normalize(v) for name, v in better.items()}
    return parts, np.sqrt(np.sum([part**2 for part in parts.values()], axis=0))


def _resampled(result: xarray.Dataset, names: list[str], how: Bootstrap) -> dict[str, Floats]:
    """Return the figures of each detector in each resample, shape (B, detectors), means over all else."""
    sides: dict[tuple[str, ...], list[int]] = {}
    for run in range(result.sizes["run"]):
        splits, split, _, test_labels, _ = _circumstances(result, run)
        sides.setdefault((splits, split, test_labels), []).append(run)
    sums = {name: np.zeros((how.n_resamples, len(names))) for name in FIGURES}
    n_runs = len(result["run"]) // len(names)
    variables = {HEADLINES[name][0] for name in FIGURES}
    for number, runs in enumerate(sides.values()):
        evaluations = [select_run(result, run) for run in runs]
        own = attrs.evolve(how, seed=_own_seed(how.seed, number))
        drawn = resample_statistics(evaluations, own, statistics=variables)
        for run, evaluation in zip(runs, drawn, strict=True):
            column = names.index(str(result["detector"].values[run]))
            for name in FIGURES:
                variable, labels = HEADLINES[name]
                values = evaluation[variable].sel(labels)
                if "iou_threshold" in values.dims:
                    values = values.sel(iou_threshold=evaluation.attrs["iou_threshold"], method="nearest")
                sums[name][:, column] += values.values / n_runs
    return sums


def _own_seed(seed: int, number: int) -> int:
    return int(np.random.default_rng([seed, number]).integers(2**31))


def _probabilities(place: Floats) -> Floats:
    """Return the share of resamples (B, D) in which each detector takes each place, shape (D, D)."""
    n = place.shape[1]
    low, high = np.floor(place)[..., None], np.ceil(place)[..., None]
    places = np.arange(1, n + 1)
    with np.errstate(invalid="ignore"):  # a detector that cannot be ranked takes no place
        shares = np.mean([low == places, high == places], axis=0)
    return np.asarray(shares.mean(axis=0))
