"""Headline: the few figures of each run that tables begin with."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from defectkit.files.decoding import parse_json
from defectkit.studies.running.joining import ATTRIBUTES

if TYPE_CHECKING:
    import xarray

HEADLINES: Mapping[str, tuple[str, Mapping[str, str]]] = MappingProxyType(
    {
        "find_f1_score": ("find_f1_score", {}),
        "type_f1_score": ("overall_type_f1_score", {}),
        "end_to_end_f1_score": ("overall_end_to_end_f1_score", {}),
        "size_error": ("overall_size_error", {"subset": "all"}),
        "found_size_error": ("overall_size_error", {"subset": "found"}),
        "shape_error": ("overall_shape_error", {"subset": "all"}),
        "found_shape_error": ("overall_shape_error", {"subset": "found"}),
        "density_error": ("overall_density_error", {"subset": "all"}),
    }
)
"""Name, and the variable of an evaluation with the labels to pick; scores at the IoU threshold of each run."""


def headline(result: xarray.Dataset) -> xarray.Dataset:
    """Return the headline figures of each run of a study.

    Parameters
    ----------
    result : xarray.Dataset
        Of :func:`defectkit.studies.run_study`.

    Returns
    -------
    xarray.Dataset
        :data:`HEADLINES` over ``run``, with the coordinates of the runs; errors in percent.
    """
    import xarray

    thresholds = result["iou_threshold"].values
    about = [parse_json(str(text), where="the attributes of a run") for text in result[ATTRIBUTES].values]
    wanted = [each["attributes"]["iou_threshold"] for each in about]
    at = xarray.DataArray([int(np.abs(thresholds - t).argmin()) for t in wanted], dims="run")
    about_runs = [name for name, c in result.coords.items() if c.dims == ("run",)]
    variables = {}
    for name, (variable, labels) in HEADLINES.items():
        values = result[variable].sel(labels)
        if "iou_threshold" in values.dims:
            values = values.isel(iou_threshold=at)
        variables[name] = values.variable
    return xarray.Dataset(variables, coords={name: result[name] for name in about_runs}, attrs=result.attrs)
