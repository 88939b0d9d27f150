"""Boundary: densities by the distance from a line that somebody drew, a grain boundary for instance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from defectkit.errors import EmptyInputError, PairingError, UnitError
from defectkit.measurement import ALL
from defectkit.measurement.profiles import distances_to_line, strip_areas
from defectkit.statistics.intervals import HIGH, LOW
from defectkit.units import LENGTH, QuantityLike, as_quantity
from defectkit.workflows.analysis import Analysis
from defectkit.workflows.spatial import point_patterns

if TYPE_CHECKING:
    import xarray

Floats = NDArray[np.float64]


def boundary_profile(
    analysis: Analysis,
    lines: Mapping[str, Sequence[Sequence[float]]],
    *,
    width: QuantityLike,
    level: float = 0.9,
) -> xarray.Dataset:
    """Return densities in strips along a line, by their distance from it.

    Parameters
    ----------
    analysis : Analysis
    lines : mapping of str to sequence of (x, y)
        By image name, the vertices of a line in pixels: x to the right, y down, from the upper left corner.
    width : str or pint.Quantity
        Of a strip.
    level : float
        Of the intervals.

    Returns
    -------
    xarray.Dataset
        Dimensions ``defect_type`` (T + 1, the last one ``"all"``) and ``distance`` (K, the strips that lie within any
        of the images): ``count`` and ``areal_density`` with ``_low`` and ``_high``; by distance ``distance_low``,
        ``distance_high`` and ``area`` of both sides of the line and of all images together.

    Raises
    ------
    EmptyInputError
        If no line is given.
    PairingError
        If a line is of an image that is not there, or that is not fully read.
    RecordError
        If a line has fewer than two different vertices.
    UnitError
        If the width is no length, or not positive.

    Notes
    -----
    The area of a strip is that of the field at those distances, so that borders, excluded places and the ends of a
    line bias nothing. The intervals are those of Poisson numbers with Jeffreys's prior: of the strips, not of what
    differs between grains.
    """
    import xarray
    from scipy import stats

    step = float(as_quantity(width, LENGTH, what="width of the strips").magnitude)
    if not step > 0:
        raise UnitError(f"width of the strips: {width!s} is not positive")
    if not lines:
        raise EmptyInputError("no line is given; give the vertices of one for an image")
    images = {image.name: image for image in analysis.images}
    patterns = point_patterns(analysis)
    for name in lines:
        if name not in patterns:
            raise PairingError(f"a line is given for the image {name!r}, which is not among those that are fully read")
    types = (*analysis.types, ALL)
    found: list[tuple[Floats, Floats]] = []
    farthest = max(float(np.hypot(*patterns[name].window.frame)) for name in lines)
    edges: Floats = np.arange(int(np.ceil(farthest / step)) + 1, dtype=np.float64) * step
    for name, vertices in lines.items():
        pattern = patterns[name]
        pixel = np.array(images[name].required_calibration().pixel_size_nm)
        line = np.asarray(vertices, np.float64).reshape(-1, 2)[:, ::-1] * pixel
        areas = strip_areas(pattern.window, line, edges)
        away = distances_to_line(pattern.points_nm, line)
        kinds = [np.ones(len(away), np.bool_) if kind == ALL else pattern.types == kind for kind in types]
        found.append((areas, np.array([np.histogram(away[own], edges)[0] for own in kinds], np.float64)))
    area = np.sum([areas for areas, _ in found], axis=0)
    counts = np.sum([numbers for _, numbers in found], axis=0)
    last = int(np.flatnonzero(area)[-1]) + 1
    area, counts, edges = area[:last], counts[:, :last], edges[: last + 1]
    seen = np.where(area > 0, area, np.nan)
    ends = [stats.gamma.ppf(p, counts + 0.5) / seen for p in ((1 - level) / 2, (1 + level) / 2)]
    table, per_area = ("defect_type", "distance"), {"units": "1 / nanometer ** 2"}
    length = {"units": "nanometer"}
    return xarray.Dataset(
        {
            "count": (table, counts.astype(np.int64), {"units": "", "long_name": "number of defects"}),
            "areal_density": (table, counts / seen, per_area | {"long_name": "defects per area"}),
            f"areal_density{LOW}": (table, np.where(counts == 0, 0.0, ends[0]), per_area | {"level": level}),
            f"areal_density{HIGH}": (table, ends[1], per_area | {"level": level}),
            "distance_low": ("distance", edges[:-1], length),
            "distance_high": ("distance", edges[1:], length),
            "area": ("distance", area, {"units": "nanometer ** 2"}),
        },
        coords={
            "defect_type": np.array(types, dtype=str),
            "distance": ("distance", (edges[:-1] + edges[1:]) / 2, length),
        },
        attrs={"level": level, "lines": {k: [list(map(float, v)) for v in line] for k, line in lines.items()}},
    )
