"""Joining: the evaluations of all runs as one data set, and each of them out of it again."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from defectkit.errors import StudyError
from defectkit.files.decoding import parse_json

if TYPE_CHECKING:
    import xarray

    Labels = Mapping[str, NDArray[Any]]

LISTS = ("true_defect", "predicted_defect", "overlap")
"""Dimensions that are as long as all runs together; ``<dim>_run`` says which run an entry belongs to."""

TYPE_DIMS = ("defect_type", "true_type", "predicted_type")
LAST = ("all", "background")
"""Labels that stay at the end of a dimension of types."""

PARTNERS = {
    "true_defect_partner": "predicted_defect",
    "predicted_defect_partner": "true_defect",
    "overlap_true": "true_defect",
    "overlap_predicted": "predicted_defect",
}
"""Variables that hold positions on the dimension named."""

ATTRIBUTES = "evaluation_attributes"


def join_evaluations(evaluations: Sequence[xarray.Dataset]) -> xarray.Dataset:
    """Return evaluations as one data set.

    Parameters
    ----------
    evaluations : sequence of xarray.Dataset
        At least one, made with the same metrics.

    Returns
    -------
    xarray.Dataset
        With the dimension ``run`` first wherever a variable is about a run. Images and types are those of all runs: an
        image that a run did not test is NaN, a type that it did not meet counts 0 defects and has NaN elsewhere.
        Tables of defects and overlaps lie one after the other, with ``true_defect_run``, ``predicted_defect_run`` and
        ``overlap_run``; positions of
        partners count from the first defect of all. ``evaluation_attributes`` (run) holds the attributes as JSON.

    Raises
    ------
    StudyError
        If there is none, or they do not hold the same variables.
    """
    import xarray

    if not evaluations:
        raise StudyError("there is no run to join")
    names = list(_data_variables(evaluations[0]))
    if any(set(_data_variables(e)) != set(names) for e in evaluations):
        raise StudyError("the runs were evaluated with different metrics, so they cannot be joined")
    labels = {dim: _labels(evaluations, dim) for dim in _labelled(evaluations[0])}
    starts = {dim: np.cumsum([0, *(e.sizes[dim] for e in evaluations)]) for dim in LISTS}
    variables: dict[str, Any] = {}
    for name in names:
        parts = [e.variables[name] for e in evaluations]
        dims = tuple(map(str, parts[0].dims))
        place = next((dims.index(dim) for dim in LISTS if dim in dims), None)
        if place is None:
            stacked = _stacked(evaluations, parts, dims, labels)
            variables[name] = (("run", *dims), stacked, dict(parts[0].attrs))
        else:
            values = [_moved(name, v.values, starts, run) for run, v in enumerate(parts)]
            variables[name] = (dims, np.concatenate(values, axis=place), dict(parts[0].attrs))
    for dim in LISTS:
        of_run = np.repeat(np.arange(len(evaluations)), np.diff(starts[dim]))
        variables[f"{dim}_run"] = (dim, of_run, {"long_name": "position of the run"})
    attributes = [json.dumps(_described(e), sort_keys=True) for e in evaluations]
    variables[ATTRIBUTES] = ("run", attributes, {"long_name": "attributes of the evaluation, as JSON"})
    return xarray.Dataset(variables, coords=labels)


def select_run(result: xarray.Dataset, run: int) -> xarray.Dataset:
    """Return the evaluation of one run of a study, as :func:`defectkit.studies.evaluate_resampleable` gave it.

    Parameters
    ----------
    result : xarray.Dataset
        Of a study.
    run : int
        Its position.

    Returns
    -------
    xarray.Dataset
        With the images of that run only. Types that only other runs met are left out.
    """
    import xarray

    about: Mapping[str, Any] = parse_json(
        str(result.variables[ATTRIBUTES].values[run]), where=f"the attributes of run {run}"
    )
    own = {dim: np.array(values) for dim, values in about["labels"].items()}
    picked = {dim: _places(result.variables[dim].values, values) for dim, values in own.items()}
    starts = {}
    for dim in LISTS:
        picked[dim] = np.flatnonzero(result.variables[f"{dim}_run"].values == run)
        starts[dim] = np.array([0, -picked[dim][0] if picked[dim].size else 0])
    variables = {}
    for name in about["variables"]:
        whole = result.variables[name]
        dims = tuple(map(str, whole.dims))
        values = whole.values[run] if dims[0] == "run" else whole.values
        dims = dims[1:] if dims[0] == "run" else dims
        for axis, dim in enumerate(dims):
            values = values.take(picked[dim], axis=axis)
        values = _moved(name, values, starts, 1)
        variables[name] = (dims, values.astype(np.int64) if name in about["integers"] else values, dict(whole.attrs))
    return xarray.Dataset(variables, coords=own, attrs=about["attributes"])


def _described(evaluation: xarray.Dataset) -> dict[str, Any]:
    """Return what :func:`select_run` needs to know of an evaluation."""
    variables = _data_variables(evaluation)
    return {
        "attributes": dict(evaluation.attrs),
        "variables": list(variables),
        "integers": [name for name, v in variables.items() if v.dtype.kind == "i"],
        "labels": {dim: evaluation.variables[dim].values.tolist() for dim in _labelled(evaluation)},
    }


def _data_variables(evaluation: xarray.Dataset) -> dict[str, xarray.Variable]:
    return {str(n): v for n, v in evaluation.variables.items() if n not in evaluation.coords}


def _labelled(evaluation: xarray.Dataset) -> list[str]:
    return [str(dim) for dim in evaluation.dims if dim in evaluation.coords]


def _labels(evaluations: Sequence[xarray.Dataset], dim: str) -> NDArray[Any]:
    """Return the labels of all runs: numbers and images sorted, types in the order in which they were met."""
    every = [e.variables[dim].values for e in evaluations]
    if dim not in TYPE_DIMS:
        return np.unique(np.concatenate(every)) if dim in ("image", "iou_threshold") else np.asarray(every[0])
    met = dict.fromkeys(str(name) for values in every for name in values)
    return np.array([*(name for name in met if name not in LAST), *(name for name in met if name in LAST)])


def _places(among: NDArray[Any], labels: NDArray[Any]) -> NDArray[np.int64]:
    """Return the position of each label among those of all runs."""
    place = {label: k for k, label in enumerate(among.tolist())}
    return np.array([place[label] for label in labels.tolist()], np.int64)


def _stacked(
    evaluations: Sequence[xarray.Dataset], parts: Sequence[xarray.Variable], dims: tuple[str, ...], labels: Labels
) -> NDArray[Any]:
    shape = (len(parts), *(len(labels[dim]) for dim in dims))
    counts = all(part.dtype.kind == "i" for part in parts)
    stacked: NDArray[Any] = np.zeros(shape, np.int64)
    if not counts or "image" in dims:
        stacked = np.full(shape, np.nan)
    first = np.zeros(1, np.int64)
    for run, (evaluation, part) in enumerate(zip(evaluations, parts, strict=True)):
        own = [_places(labels[dim], evaluation.variables[dim].values) for dim in dims]
        of_run = stacked[run : run + 1]
        if counts and "image" in dims:
            everything = [own[k] if dim == "image" else np.arange(len(labels[dim])) for k, dim in enumerate(dims)]
            of_run[np.ix_(first, *everything)] = 0
        of_run[np.ix_(first, *own)] = part.values
    return stacked


def _moved(name: str, values: NDArray[Any], starts: Mapping[str, NDArray[np.int64]], run: int) -> NDArray[Any]:
    """Shift positions on another list to where the entries of that run begin; -1, no partner, stays."""
    if name not in PARTNERS:
        return values
    return np.where(values >= 0, values + starts[PARTNERS[name]][run], values)
