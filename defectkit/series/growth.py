"""Growth: what each track tells: how long it lasted, how it began and ended, and how fast its defect grew."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from typing import TYPE_CHECKING

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.records.image import Image
from defectkit.records.inputs import Images, each_image
from defectkit.series.frames import FrameTable

if TYPE_CHECKING:
    import xarray

Floats = NDArray[np.float64]


class Beginning(enum.StrEnum):
    """How a track begins."""

    SERIES = "series begins"
    """It is there in the first frame: when it came into being is not known."""
    ENTERED = "entered"
    """It came into view with the drift."""
    APPEARED = "appeared"


class End(enum.StrEnum):
    """How a track ends."""

    SERIES = "series ends"
    """It is there in the last frame."""
    LEFT = "left"
    """It went out of view with the drift."""
    MERGED = "merged"
    """Where it was, the next frame has a defect of another track that reaches over its place."""
    VANISHED = "vanished"


@attrs.frozen(kw_only=True)
class Slope:
    """A straight line through sizes over time.

    Parameters
    ----------
    rate, standard_error : float
        NaN for fewer than two and three points.
    """

    rate: float
    standard_error: float

    @classmethod
    def of(cls, times: Floats, sizes: Floats) -> Slope:
        """Fit it by least squares; sizes that are NaN are left out.

        Examples
        --------
        >>> Slope.of(np.arange(4.0), np.array([1.0, 3.0, 5.0, 7.0]))
        Slope(rate=2.0, standard_error=0.0)
        """
        known = np.isfinite(sizes)
        t, s = times[known], sizes[known]
        if len(t) < 2:
            return cls(rate=float("nan"), standard_error=float("nan"))
        spread = float(((t - t.mean()) ** 2).sum())
        rate = float(((t - t.mean()) * (s - s.mean())).sum() / spread)
        if len(t) < 3:
            return cls(rate=rate, standard_error=float("nan"))
        residual = s - s.mean() - rate * (t - t.mean())
        return cls(rate=rate, standard_error=float(np.sqrt((residual**2).sum() / (len(t) - 2) / spread)))


def track_table(defects: xarray.Dataset, images: Images, frames: FrameTable, drift_px: Floats) -> xarray.Dataset:
    """Return one row per track.

    Parameters
    ----------
    defects : xarray.Dataset
        With ``track``, ``frame``, ``y``, ``x``, in the order of the frames.
    images : iterable or mapping of Image
        In the order of the frames.
    frames : FrameTable
    drift_px : numpy.ndarray, shape (N, 2)

    Returns
    -------
    xarray.Dataset
        Dimension ``track``: ``defect_type`` (the most frequent), ``first_frame``, ``last_frame``, ``n_frames`` in which
        it was seen, ``begins`` and ``ends`` (:class:`Beginning`, :class:`End`), ``lifetime`` (from the first to the
        last frame, a lower bound where it did not both appear and vanish), ``size_first``, ``size_last``,
        ``growth_rate`` with ``growth_rate_error``, the least-squares slope of the size and its standard error where
        the border does not cut it, and
        ``displacement`` between the first and the last center.
    """
    import xarray

    axis, unit = frames.axis, frames.axis_unit
    n_tracks = int(defects["track"].values.max()) + 1 if defects.sizes["defect"] else 0
    by_track = np.argsort(defects["track"].values, kind="stable")
    groups = np.split(by_track, np.cumsum(np.bincount(defects["track"].values, minlength=n_tracks))[:-1])
    frame, size, cut = (defects[name].values for name in ("frame", "size", "touches_border"))
    kinds, centers = defects["defect_type"].values, np.stack([defects["y"].values, defects["x"].values], axis=1)
    view = _View(images=tuple(each_image(images)), drift_px=drift_px)
    reach = _Reach(defects=defects)
    rows: list[tuple[object, ...]] = []
    for number, rows_of in enumerate(groups if n_tracks else []):
        at, sizes = frame[rows_of], size[rows_of]
        names, counts = np.unique(kinds[rows_of].astype(str), return_counts=True)
        slope = Slope.of(axis[at], np.where(cut[rows_of], np.nan, sizes))
        first, last = int(at[0]), int(at[-1])
        moved = float(np.linalg.norm(centers[rows_of[-1]] - centers[rows_of[0]]))
        begins = view.beginning(first, centers[rows_of[0]])
        ends = view.end(last, centers[rows_of[-1]])
        if ends is End.VANISHED and reach.covers(last + 1, centers[rows_of[-1]], number):
            ends = End.MERGED
        lifetime = axis[last] - axis[first]
        rows.append(
            (
                str(names[counts.argmax()]),
                first,
                last,
                len(at),
                str(begins),
                str(ends),
                lifetime,
                sizes[0],
                sizes[-1],
                slope.rate,
                slope.standard_error,
                moved,
            )
        )
    columns = list(zip(*rows, strict=True)) if rows else [()] * 12
    nm = {"units": "nanometer"}
    per = {"units": f"nanometer / {unit}"}
    about: dict[str, tuple[type, dict[str, str]]] = {
        "defect_type": (str, {}),
        "first_frame": (np.int64, {"units": ""}),
        "last_frame": (np.int64, {"units": ""}),
        "n_frames": (np.int64, {"units": ""}),
        "begins": (str, {}),
        "ends": (str, {}),
        "lifetime": (np.float64, {"units": unit}),
        "size_first": (np.float64, nm),
        "size_last": (np.float64, nm),
        "growth_rate": (np.float64, per),
        "growth_rate_error": (np.float64, per),
        "displacement": (np.float64, nm),
    }
    return xarray.Dataset(
        {
            name: ("track", np.array(values, dtype=dtype), dict(units))
            for (name, (dtype, units)), values in zip(about.items(), columns, strict=True)
        },
        coords={"track": np.arange(n_tracks)},
    )


@attrs.frozen(kw_only=True, eq=False)
class _View:
    """Which places are in view in which frame."""

    images: Sequence[Image]
    drift_px: Floats

    def shows(self, frame: int, center_nm: Floats) -> bool:
        image = self.images[frame]
        place = center_nm / np.array(image.required_calibration().pixel_size_nm) + self.drift_px[frame]
        return bool((place >= 0).all() and (place < np.array(image.shape)).all())

    def beginning(self, frame: int, center_nm: Floats) -> Beginning:
        if frame == 0:
            return Beginning.SERIES
        return Beginning.APPEARED if self.shows(frame - 1, center_nm) else Beginning.ENTERED

    def end(self, frame: int, center_nm: Floats) -> End:
        if frame == len(self.images) - 1:
            return End.SERIES
        return End.VANISHED if self.shows(frame + 1, center_nm) else End.LEFT


@attrs.frozen(kw_only=True, eq=False)
class _Reach:
    """Which places lie within half the size of a defect of another track."""

    defects: xarray.Dataset

    def covers(self, frame: int, center_nm: Floats, track: int) -> bool:
        low, high = np.searchsorted(self.defects["frame"].values, [frame, frame + 1])
        here = slice(int(low), int(high))
        away = np.hypot(self.defects["y"].values[here] - center_nm[0], self.defects["x"].values[here] - center_nm[1])
        inside = away <= self.defects["equivalent_diameter"].values[here] / 2
        return bool((inside & (self.defects["track"].values[here] != track)).any())
