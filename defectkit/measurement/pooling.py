"""Pooling: all images of a run taken as one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from defectkit.measurement.columns import AREA, AREAL_DENSITY, LENGTH, NUMBER_DENSITY
from defectkit.measurement.statistics import STANDS_FOR, attributes_of, statistics_of
from defectkit.units import ureg

if TYPE_CHECKING:
    import xarray


def pool(defects: xarray.Dataset, summary: xarray.Dataset) -> xarray.Dataset:
    """Return what all images together hold of each type.

    Parameters
    ----------
    defects : xarray.Dataset
        As :func:`~defectkit.measurement.measure.measure` makes it.
    summary : xarray.Dataset
        What :func:`~defectkit.measurement.summary.summarize` made of it, with T types.

    Returns
    -------
    xarray.Dataset
        Dimension ``defect_type`` (T + 1, the last one ``"all"``): ``count``, ``stands_for``, ``areal_density`` and
        ``number_density``,
        and mean and SD over all defects, not over images, of each of
        :data:`~defectkit.measurement.columns.MEASURES`.

    Notes
    -----
    Densities are the sum of the weights over the sum of the areas (or volumes), so a large image weighs more than a
    small one. The number density is NaN if any image has no foil thickness; without an image both are NaN. Images that
    the summary leaves out, because they are not fully read, take no part: the attributes ``n_images`` and
    ``n_left_out`` say how many are in and out. A type that none of the others holds has no density, either, if any of
    their regions were refused.
    """
    import xarray

    n_left_out = 0
    if "left_out" in summary:
        out = summary["left_out"].values.astype(bool)
        n_left_out = int(out.sum())
        defects = defects.isel(defect=~np.isin(defects["image"].values, summary["image"].values[out]))
        summary = summary.isel(image=~out)

    names = [str(name) for name in summary["defect_type"].values[:-1]]
    found = statistics_of(defects, names, int(summary.attrs["ddof"]))
    counts = found.counts
    number = ureg.Quantity(found.stands_for, "")
    areas = ureg.Quantity(summary["field_area"].values, AREA)
    volumes = areas * ureg.Quantity(summary["foil_thickness"].values, LENGTH)
    with np.errstate(invalid="ignore"):  # no image: 0 / 0 is the NaN that is meant
        areal = (number / areas.sum()).to(AREAL_DENSITY).magnitude
        volumic = (ureg.Quantity(found.in_volume, "") / volumes.sum()).to(NUMBER_DENSITY).magnitude
    if "n_refused" in summary and summary["n_refused"].sum() > 0:
        areal[counts == 0] = volumic[counts == 0] = found.stands_for[counts == 0] = np.nan
    return xarray.Dataset(
        {
            "count": ("defect_type", counts, dict(summary["count"].attrs)),
            "areal_density": ("defect_type", areal, {"long_name": "defects per area", "units": AREAL_DENSITY}),
            "number_density": ("defect_type", volumic, {"long_name": "defects per volume", "units": NUMBER_DENSITY}),
            **{name: ("defect_type", values, attributes_of(name)) for name, values in found.of_measures.items()},
            "stands_for": ("defect_type", found.stands_for, STANDS_FOR),
        },
        coords={"defect_type": summary["defect_type"].values},
        attrs=dict(summary.attrs) | {"n_images": int(summary.sizes["image"]), "n_left_out": n_left_out},
    )
