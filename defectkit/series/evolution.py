"""Evolution: number, density and size of defects against time, with intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from defectkit.series.drift import Drift
from defectkit.series.frames import FrameTable
from defectkit.series.growth import Beginning, End

if TYPE_CHECKING:
    import xarray

Floats = NDArray[np.float64]

CONFIDENCE = 0.9
"""Of all intervals."""


def poisson_interval(counts: NDArray[np.int64], confidence: float = CONFIDENCE) -> tuple[Floats, Floats]:
    """Return the exact interval of the mean of a Poisson distribution from one count of it.

    Notes
    -----
    Garwood, F., Biometrika 28, 437 (1936). https://doi.org/10.1093/biomet/28.3-4.437

    Examples
    --------
    >>> low, high = poisson_interval(np.array([0, 10]), confidence=0.95)
    >>> low.round(2).tolist(), high.round(2).tolist()
    ([0.0, 4.8], [3.69, 18.39])
    """
    from scipy.stats import chi2

    tail = (1 - confidence) / 2
    n = np.asarray(counts, np.float64)
    low = np.where(n > 0, chi2.ppf(tail, 2 * np.maximum(n, 1)) / 2, 0.0)
    return low, np.asarray(chi2.ppf(1 - tail, 2 * (n + 1)) / 2, np.float64)


def mean_interval(values: Floats, confidence: float = CONFIDENCE) -> tuple[float, float, float]:
    """Return the mean of values, and its interval by Student's t; NaN where there are too few.

    Examples
    --------
    >>> mean_interval(np.array([1.0, 3.0]), 0.5)[0]
    2.0
    """
    from scipy.stats import t

    known = values[np.isfinite(values)]
    if not len(known):
        return float("nan"), float("nan"), float("nan")
    mean = float(known.mean())
    if len(known) < 2:
        return mean, float("nan"), float("nan")
    half = float(t.ppf((1 + confidence) / 2, len(known) - 1) * known.std(ddof=1) / np.sqrt(len(known)))
    return mean, mean - half, mean + half


def evolution_of(
    defects: xarray.Dataset, tracks: xarray.Dataset, summary: xarray.Dataset, frames: FrameTable, drift: Drift
) -> xarray.Dataset:
    """Return one row per frame.

    Parameters
    ----------
    defects : xarray.Dataset
        With ``frame``.
    tracks : xarray.Dataset
        As :func:`defectkit.series.growth.track_table` gives it.
    summary : xarray.Dataset
        As :func:`defectkit.measurement.summarize` gives it.
    frames : FrameTable
    drift : Drift

    Returns
    -------
    xarray.Dataset
        Dimension ``frame``: ``image``, ``time``, ``temperature``, ``dose``, ``drift_rows``, ``drift_columns``,
        ``correlation``, ``count``, ``areal_density``, ``number_density``, ``size_mean``, the latter four with ``_low``
        and ``_high``, and the numbers of tracks that ``appeared`` in the frame, and that ``vanished`` or ``merged``
        after it.

    Notes
    -----
    Intervals of counts and densities are those of a Poisson distribution, of means those of Student's t. They say how
    far another area of the same specimen may differ. Frames show one area, so differences between frames are surer
    than intervals that overlap suggest: the tracks say what changed.
    """
    import xarray

    here = summary.sel(image=list(frames.names), defect_type="all")
    counts = here["count"].values.astype(np.int64)
    low, high = poisson_interval(counts)
    columns: dict[str, tuple[NDArray[Any], str, str]] = {
        "time": (frames.time_s, "time", "second"),
        "temperature": (frames.temperature_c, "temperature", "degree_Celsius"),
        "dose": (frames.dose_dpa, "dose", "dpa"),
        "drift_rows": (drift.pixels[:, 0], "drift along rows", "pixel"),
        "drift_columns": (drift.pixels[:, 1], "drift along columns", "pixel"),
        "correlation": (drift.correlation, "correlation with the frame before, after the step", ""),
        "count": (counts, "number of defects", ""),
        "count_low": (low, "number of defects, low end", ""),
        "count_high": (high, "number of defects, high end", ""),
    }
    extents = {"areal_density": here["field_area"].values}
    extents["number_density"] = extents["areal_density"] * here["foil_thickness"].values * 1e-27
    for name, extent in extents.items():
        value, unit = here[name].values, str(summary[name].attrs["units"])
        per_count = np.divide(value, counts, out=1 / extent, where=counts > 0)
        columns[name] = (value, name.replace("_", " "), unit)
        columns[f"{name}_low"] = (low * per_count, f"{name.replace('_', ' ')}, low end", unit)
        columns[f"{name}_high"] = (high * per_count, f"{name.replace('_', ' ')}, high end", unit)
    size, frame = defects["size"].values, defects["frame"].values
    means = np.array([mean_interval(size[frame == t]) for t in range(len(frames.names))]).reshape(-1, 3)
    for k, end in enumerate(("", "_low", "_high")):
        columns[f"size_mean{end}"] = (means[:, k], f"mean size{end.replace('_', ', ')}", "nanometer")
    n = len(frames.names)
    first, last = tracks["first_frame"].values, tracks["last_frame"].values
    for name, of in (
        ("appeared", first[tracks["begins"].values == Beginning.APPEARED]),
        ("vanished", last[tracks["ends"].values == End.VANISHED]),
        ("merged", last[tracks["ends"].values == End.MERGED]),
    ):
        columns[name] = (np.bincount(of, minlength=n), f"number of tracks that {name}", "")
    return xarray.Dataset(
        {name: ("frame", values, {"long_name": text, "units": unit}) for name, (values, text, unit) in columns.items()},
        coords={"frame": np.arange(n), "image": ("frame", np.array(frames.names, dtype=str))},
        attrs={"confidence": CONFIDENCE},
    )
