"""Figures of a series: densities and sizes over time, and what single tracks look like in each frame."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from defectkit.records.contrast import gray_levels
from defectkit.records.inputs import InstanceSets, instances_by_image
from defectkit.reports.panels import Layout, name_panel, panels
from defectkit.series.tracking import TrackedSeries

if TYPE_CHECKING:
    import xarray
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Floats = NDArray[np.float64]

INK, BAND, OUTLINE = "#1b6ca8", "#c9dcec", "#ffb000"
MOST_TRACKS, MOST_FRAMES = 10, 13
SMALLEST_CROP_PX = 24
CROP_PER_DIAMETER = 2.0


def evolution_figure(series: TrackedSeries) -> Figure:
    """Return number density (areal where no thickness is known), mean size, and what appeared and vanished."""
    table = series.evolution
    layout = Layout(panel=(3.4, 2.2), left=0.95, between=(1.05, 0.65))
    n = f"{len(series.frames.names)} frames, {series.n_tracks} tracks"
    figure, [[density, size, changes]] = panels(
        1, 3, layout, title=[f"{n}; bands: {table.attrs['confidence']:.0%} intervals"]
    )
    axis, name = series.frames.axis, "time (s)" if series.frames.has_times else "frame"
    if np.isfinite(table["number_density"].values).any():
        _band(density, axis, table, "number_density")
        name_panel(density, layout, x=name, y="number density (per m^3)")
    else:
        _band(density, axis, table, "areal_density")
        name_panel(density, layout, x=name, y="areal density (per nm^2)")
    _band(size, axis, table, "size_mean")
    name_panel(size, layout, x=name, y="mean size (nm)")
    changes.plot(axis, np.cumsum(table["appeared"].values), color="#1b9e77", label="appeared", drawstyle="steps-mid")
    gone = np.cumsum(table["vanished"].values + table["merged"].values)
    changes.plot(axis, gone, color="#d95f02", label="vanished or merged", drawstyle="steps-mid")
    changes.legend(frameon=False, fontsize=8)
    changes.set_ylim(bottom=0)
    name_panel(changes, layout, x=name, y="tracks so far")
    return figure


def _band(axes: Axes, axis: Floats, table: xarray.Dataset, name: str) -> None:
    low, high = table[f"{name}_low"].values, table[f"{name}_high"].values
    axes.fill_between(axis, low, high, color=BAND, lw=0)
    axes.plot(axis, table[name].values, color=INK, marker="o", ms=3)
    axes.set_ylim(bottom=0)


def shown_tracks(tracks: xarray.Dataset, most: int = MOST_TRACKS) -> NDArray[np.int64]:
    """Return the numbers of the tracks to be shown, evenly from the fastest shrinking to the fastest growing.

    They are in at least half as many frames as the longest track.

    Examples
    --------
    >>> import xarray
    >>> rates = xarray.Dataset({"n_frames": ("track", [4, 1, 4, 4]), "growth_rate": ("track", [0.3, 9.0, -0.2, 0.1])})
    >>> shown_tracks(rates, most=2).tolist()
    [2, 0]
    """
    n_frames, rate = tracks["n_frames"].values, tracks["growth_rate"].values
    long = np.flatnonzero((2 * n_frames >= n_frames.max(initial=0)) & np.isfinite(rate))
    ranked = long[np.argsort(rate[long], kind="stable")]
    if len(ranked) <= most:
        return ranked.astype(np.int64)
    shown: NDArray[np.int64] = ranked[np.linspace(0, len(ranked) - 1, most).round().astype(int)].astype(np.int64)
    return shown


def tracks_figure(series: TrackedSeries, instances: InstanceSets) -> Figure | None:
    """Return a row of pictures for each of some tracks: the same place in each frame, with the outline of its defect.

    Parameters
    ----------
    series : TrackedSeries
    instances : LabelSet, mapping of str to Instances, or iterable of Prediction
        By frame, the defects as they were measured.

    Returns
    -------
    matplotlib.figure.Figure or None
        None where no track can be shown. The place follows the drift, not the defect.
    """
    numbers = shown_tracks(series.tracks)
    if not len(numbers):
        return None
    by_frame = instances_by_image(instances)
    n = len(series.images)
    frames = np.unique(np.linspace(0, n - 1, min(n, MOST_FRAMES)).round().astype(int))
    unit = "s" if series.frames.has_times else "frame"
    layout = Layout(panel=(0.8, 0.8), left=2.3, bottom=0.15, right=0.1, between=(0.04, 0.04), raised=0.0)
    figure, grid = panels(
        len(numbers), len(frames), layout, title=["the same place in each frame; the outline is that of the track"]
    )
    table = series.defects
    rows_of = {int(k): np.flatnonzero(table["track"].values == k) for k in numbers}
    for column, t in enumerate(frames):
        image = series.images[t]
        gray = gray_levels(image.pixels)
        edges = np.array(image.required_calibration().pixel_size_nm)
        own = np.flatnonzero(table["frame"].values == t)
        for row, number in enumerate(numbers):
            axes, rows = grid[row][column], rows_of[int(number)]
            center = np.array([table["y"].values[rows].mean(), table["x"].values[rows].mean()]) / edges
            center = center + series.drift.pixels[t]
            diameter = float(np.nanmax(table["max_feret_diameter"].values[rows])) / edges.min()
            side = max(SMALLEST_CROP_PX, int(CROP_PER_DIAMETER * diameter))
            top, left = (int(c) - side // 2 for c in center)
            axes.imshow(_crop(gray, top, left, side), cmap="gray", vmin=0, vmax=255, interpolation="nearest")
            for k in own[table["track"].values[own] == number]:
                here = by_frame[image.name]
                mask = here.runs.to_mask(int(np.flatnonzero(here.ids == table["defect_id"].values[k])[0]), here.shape)
                axes.contour(_crop(mask.astype(np.uint8), top, left, side), [0.5], colors=OUTLINE, linewidths=1)
            axes.set(xticks=[], yticks=[])
            axes.spines[:].set_visible(False)
            if row == 0:
                name = f"{series.frames.axis[t]:g}{' s' if unit == 's' else ''}"
                axes.set_title(name, fontsize=7, pad=2, parse_math=False)
            if column == 0:
                rate, error = (float(series.tracks[v].values[number]) for v in ("growth_rate", "growth_rate_error"))
                text = f"track {number}\n{rate:+.3g} ± {error:.1g} nm/{unit}"
                axes.text(-0.1, 0.5, text, transform=axes.transAxes, ha="right", va="center", fontsize=8)
    return figure


def _crop(pixels: NDArray[np.uint8], top: int, left: int, side: int) -> NDArray[np.uint8]:
    """Return a square of pixels; what lies outside the image is 0."""
    part = np.zeros((side, side), np.uint8)
    rows = slice(max(top, 0), min(top + side, pixels.shape[0]))
    columns = slice(max(left, 0), min(left + side, pixels.shape[1]))
    if rows.start < rows.stop and columns.start < columns.stop:
        part[rows.start - top : rows.stop - top, columns.start - left : columns.stop - left] = pixels[rows, columns]
    return part
