"""Table: how far each statistic spreads over the choices, and which choice matters how much."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from defectkit.studies.conventions.explore import CHOICES

if TYPE_CHECKING:
    import pandas
    import xarray

STATISTICS: Mapping[str, tuple[str, Mapping[str, str]]] = MappingProxyType(
    {
        "find F1": ("find_f1_score", {}),
        "type F1": ("overall_type_f1_score", {}),
        "end-to-end F1": ("overall_end_to_end_f1_score", {}),
        "size error, all (%)": ("overall_size_error", {"subset": "all"}),
        "size error, found (%)": ("overall_size_error", {"subset": "found"}),
        "shape error, all (%)": ("overall_shape_error", {"subset": "all"}),
        "shape error, found (%)": ("overall_shape_error", {"subset": "found"}),
        "density error, all (%)": ("overall_density_error", {"subset": "all"}),
    }
)
"""Title, and the variable of an exploration with the labels to pick."""


def select_figures(exploration: xarray.Dataset, title: str) -> xarray.DataArray:
    """Return one of :data:`STATISTICS` over the four choices.

    Examples
    --------
    >>> import xarray
    >>> values = xarray.DataArray(0.5).expand_dims(matcher=["a"], iou_kind=["b"], size_rule=["c"], iou_threshold=[0.3])
    >>> select_figures(xarray.Dataset({"find_f1_score": values}), "find F1").dims
    ('matcher', 'iou_kind', 'size_rule', 'iou_threshold')
    """
    name, labels = STATISTICS[title]
    return exploration[name].sel(labels).transpose(*CHOICES)


def convention_table(exploration: xarray.Dataset) -> pandas.DataFrame:
    """Return the spread of each statistic over all choices.

    Parameters
    ----------
    exploration : xarray.Dataset
        Of :func:`~defectkit.studies.conventions.explore.explore_conventions`.

    Returns
    -------
    pandas.DataFrame
        One row per statistic: ``lowest`` and ``highest`` with their choices (``lowest at``, ``highest at``),
        ``undefined`` (combinations that give no value), and for each choice ``effect of ...``: how far the statistic
        moves, from its lowest to its highest value, when only this choice changes, averaged over the other choices.
    """
    import pandas

    rows = []
    for title in STATISTICS:
        values = select_figures(exploration, title)
        row: dict[str, Any] = {"statistic": title, **_ends(values), "undefined": int(values.isnull().sum())}
        for choice in CHOICES:
            row[f"effect of {choice}"] = _effect(values, choice)
        rows.append(row)
    return pandas.DataFrame(rows).set_index("statistic")


def _ends(values: xarray.DataArray) -> dict[str, Any]:
    flat = values.values.ravel()
    if np.isnan(flat).all():
        return {"lowest": np.nan, "lowest at": "", "highest": np.nan, "highest at": ""}
    ends: dict[str, Any] = {}
    for name, place in (("lowest", np.nanargmin(flat)), ("highest", np.nanargmax(flat))):
        at = np.unravel_index(int(place), values.shape)
        labels = [values[dim].values[k] for dim, k in zip(values.dims, at, strict=True)]
        ends |= {
            name: float(flat[place]),
            f"{name} at": ", ".join(x if isinstance(x, str) else f"IoU {x:g}" for x in labels),
        }
    return ends


def _effect(values: xarray.DataArray, choice: str) -> float:
    """Return the mean, over the other choices, of the range along one; combinations with a gap are left out."""
    ranges = (values.max(choice, skipna=False) - values.min(choice, skipna=False)).values
    return float(ranges[~np.isnan(ranges)].mean()) if (~np.isnan(ranges)).any() else float("nan")
