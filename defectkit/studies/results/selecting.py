"""Selecting: the runs of a study that have certain coordinates."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from defectkit.errors import StudyError
from defectkit.studies.running.joining import LISTS, PARTNERS

if TYPE_CHECKING:
    import xarray


def select_runs(result: xarray.Dataset, **labels: str | int) -> xarray.Dataset:
    """Return the result of some runs of a study.

    Parameters
    ----------
    result : xarray.Dataset
        Of :func:`defectkit.studies.run_study`.
    **labels
        A value of each of some of ``splits``, ``split``, ``train_labels``, ``test_labels``, ``detector``, ``seed`` and
        ``convention``.

    Returns
    -------
    xarray.Dataset
        With the runs that have all of them, and the defects of those.

    Raises
    ------
    StudyError
        If there is no such coordinate, or no run has these.
    """
    kept = np.ones(result.sizes["run"], bool)
    for name, value in labels.items():
        if name not in result.coords or result[name].dims != ("run",):
            known = [str(n) for n, c in result.coords.items() if c.dims == ("run",)]
            raise StudyError(f"the runs have no coordinate {name!r}; they have {', '.join(known)}")
        own = np.array([str(v) == str(value) for v in result[name].values])
        if not own.any():
            known = sorted({str(v) for v in result[name].values})
            raise StudyError(f"the study has no {name!r} {value!r}; it has {', '.join(known)}")
        kept &= own
    if not kept.any():
        raise StudyError(f"no run has all of {labels}")
    return _taken(result, np.flatnonzero(kept))


def _taken(result: xarray.Dataset, runs: np.ndarray[tuple[int], np.dtype[np.int64]]) -> xarray.Dataset:
    picked = result.isel(run=runs)
    renumbered = np.full(result.sizes["run"], -1)
    renumbered[runs] = np.arange(len(runs))
    positions = {}
    for dim in LISTS:
        of_run = renumbered[result[f"{dim}_run"].values]
        own = np.flatnonzero(of_run >= 0)
        positions[dim] = np.full(result.sizes[dim], -1)
        positions[dim][own] = np.arange(len(own))
        picked = picked.isel({dim: own})
        picked[f"{dim}_run"] = picked[f"{dim}_run"].copy(data=of_run[own])
    for name, dim in PARTNERS.items():
        values = picked[name].values
        moved = positions[dim][values] if positions[dim].size else values
        picked[name] = picked[name].copy(data=np.where(values >= 0, moved, values))
    return picked
