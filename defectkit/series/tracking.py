"""Tracking: a series of measured frames to tracks, their growth, and densities over time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.errors import EmptyInputError, PairingError
from defectkit.records.image import Image
from defectkit.records.inputs import Images, images_by_name
from defectkit.series.drift import Drift
from defectkit.series.evolution import CONFIDENCE, evolution_of
from defectkit.series.frames import FrameTable, frames_of
from defectkit.series.growth import track_table
from defectkit.series.linking import LinkRule, link

if TYPE_CHECKING:
    import xarray

Floats = NDArray[np.float64]


@attrs.frozen(kw_only=True, eq=False)
class TrackedSeries:
    """The tracks of a series.

    Parameters
    ----------
    frames : FrameTable
    images : tuple of Image
        In the order of the frames.
    drift : Drift
    defects : xarray.Dataset
        One row per defect, as it was measured, in the order of the frames: with ``track``, ``frame``, and ``y`` and
        ``x``, its center in nm without the drift.
    tracks : xarray.Dataset
        One row per track; see :func:`defectkit.series.growth.track_table`.
    evolution : xarray.Dataset
        One row per frame; see :func:`defectkit.series.evolution.evolution_of`.
    settings : mapping of str to Any
        What the links depend on, ready for JSON.
    """

    frames: FrameTable
    images: tuple[Image, ...]
    drift: Drift
    defects: xarray.Dataset
    tracks: xarray.Dataset
    evolution: xarray.Dataset
    settings: Mapping[str, Any]

    @property
    def n_tracks(self) -> int:
        """How many tracks there are."""
        return int(self.tracks.sizes["track"])

    def tracks_of(self, name: str) -> NDArray[np.int64]:
        """Return the track of each defect of a frame, in the order in which its defects were measured."""
        numbers: NDArray[np.int64] = self.defects["track"].values[self.defects["image"].values == name]
        return numbers


def track_series(
    images: Images,
    defects: xarray.Dataset,
    summary: xarray.Dataset,
    *,
    frames: FrameTable | None = None,
    drift: Drift | None = None,
    max_distance_nm: float | None = None,
    max_gap: int = 1,
    max_size_ratio: float = 3.0,
) -> TrackedSeries:
    """Return the tracks of the defects of a series.

    Parameters
    ----------
    images : iterable or mapping of Image
        N frames of one area, calibrated.
    defects, summary : xarray.Dataset
        As :func:`defectkit.measurement.measure` and :func:`~defectkit.measurement.summarize`, or an
        :class:`~defectkit.workflows.Analysis`, give them for these images.
    frames : FrameTable
        Their order and times; by default the order of the numbers in their names.
    drift : Drift
        In the order of the frames, as :func:`~defectkit.series.drift.estimate_drift` gives it; by default none.
    max_distance_nm : float
        How far a defect may move from frame to frame, beside the drift. By default half the distance to the nearest
        neighbor that is to be expected of points at random at the highest density of the series,
        ``0.25 / sqrt(density)``.
    max_gap : int
        How many frames in a row a defect may be missing from.
    max_size_ratio : float
        How much larger or smaller it may be in the next frame.

    Raises
    ------
    EmptyInputError
        If there is no image.
    PairingError
        If frames and images have different names.
    RecordError
        If a limit is out of bounds.
    MissingCalibrationError
        If an image has no pixel size.

    Examples
    --------
    >>> from defectkit.measurement import measure, summarize
    >>> from defectkit.testing.synthetic.series import synthetic_series
    >>> series = synthetic_series(1, n_frames=4, n_defects=6, shape=(128, 128))
    >>> table = measure(series.images, series.labels)
    >>> tracked = track_series(series.images, table, summarize(table, series.images, series.labels))
    >>> tracked.n_tracks
    5
    """
    by_name = images_by_name(images)
    if not by_name:
        raise EmptyInputError("there is no frame to link; give at least one")
    order = frames_of(by_name) if frames is None else frames
    if set(order.names) != set(by_name):
        strange = sorted(set(order.names) ^ set(by_name))
        raise PairingError(f"the frame {strange[0]!r} is not both among the images and in the table of frames")
    given = tuple(by_name[name] for name in order.names)
    moved = Drift(pixels=np.zeros((len(given), 2)), correlation=np.full(len(given), np.nan)) if drift is None else drift
    rule = LinkRule(
        max_distance=_default_distance(summary) if max_distance_nm is None else max_distance_nm,
        max_gap=max_gap,
        max_size_ratio=max_size_ratio,
    )
    table = _in_order(defects, given, moved.pixels)
    frame = table["frame"].values
    rows = [np.flatnonzero(frame == t) for t in range(len(given))]
    centers = np.stack([table["y"].values, table["x"].values], axis=1)
    tracks = link([centers[k] for k in rows], [table["size"].values[k] for k in rows], rule)
    numbers = np.concatenate([np.empty(0, np.int64), *tracks])
    table = table.assign(track=("defect", numbers, {"long_name": "number of the track", "units": ""}))
    made = track_table(table, given, order, moved.pixels)
    return TrackedSeries(
        frames=order,
        images=given,
        drift=moved,
        defects=table,
        tracks=made,
        evolution=evolution_of(table, made, summary, order, moved),
        settings=attrs.asdict(rule) | {"unit": "nanometer", "confidence": CONFIDENCE},
    )


def _default_distance(summary: xarray.Dataset) -> float:
    densities = summary["areal_density"].sel(defect_type="all").values
    highest = float(np.nanmax(densities)) if np.isfinite(densities).any() else 0.0
    return float(0.25 / np.sqrt(highest)) if highest > 0 else 1.0


def _in_order(defects: xarray.Dataset, images: Sequence[Image], drift_px: Floats) -> xarray.Dataset:
    """Return the defects in the order of the frames, with their centers in nm where they lay in the first one."""
    number = {image.name: t for t, image in enumerate(images)}
    frame = np.array([number[str(name)] for name in defects["image"].values], np.int64)
    by_frame = np.argsort(frame, kind="stable")
    table = defects.isel(defect=by_frame)
    frame = frame[by_frame]
    edges = np.array([image.required_calibration().pixel_size_nm for image in images], np.float64).reshape(-1, 2)
    places = np.stack([table["centroid_row"].values, table["centroid_col"].values], axis=1) - drift_px[frame]
    centers = places * edges[frame]
    about = {"units": "nanometer"}
    return table.assign(
        frame=("defect", frame, {"long_name": "number of the frame, from 0", "units": ""}),
        y=("defect", centers[:, 0], {"long_name": "center along rows, without drift"} | about),
        x=("defect", centers[:, 1], {"long_name": "center along columns, without drift"} | about),
    )
