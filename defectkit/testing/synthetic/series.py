"""Synthetic series: frames of one area over time, in which defects grow, appear and vanish while the area drifts."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.errors import RecordError
from defectkit.records.calibration import Calibration
from defectkit.records.image import Image
from defectkit.records.label_set import LabelSet
from defectkit.testing.synthetic.acquisition import Acquisition, Pixels, background, expose
from defectkit.testing.synthetic.drawing import defect_depth
from defectkit.testing.synthetic.micrograph import Seed, children
from defectkit.testing.synthetic.scene import Scene, draw_scene
from defectkit.units import QuantityLike, as_pixel_size

Floats = NDArray[np.float64]

MARGIN = 24
"""Pixels of the specimen that lie beyond each side of the first frame: the area may drift as far."""


@attrs.frozen(kw_only=True, eq=False)
class SeriesPixels:
    """Pixels of one frame, drawn each time they are read: a part of the specimen, with noise of its own.

    Parameters
    ----------
    scene : Scene
        The specimen, larger than the frame.
    corner : (int, int)
        Row and column of the specimen at which the frame begins.
    shape : (int, int)
        Height and width of the frame.
    acquisition : Acquisition
    specimen_seed, noise_seed : numpy.random.SeedSequence
    """

    scene: Scene
    corner: tuple[int, int]
    shape: tuple[int, int]
    acquisition: Acquisition
    specimen_seed: np.random.SeedSequence
    noise_seed: np.random.SeedSequence

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype of the pixels."""
        return self.acquisition.dtype

    def read(self) -> Pixels:
        """Draw the pixels."""
        of_field, of_defects = (np.random.default_rng(s) for s in children(self.specimen_seed, 2))
        clear = background(self.scene.shape, self.scene.pixel_size_nm, self.acquisition, of_field)
        seen = clear * np.exp(-defect_depth(self.scene, of_defects))
        (top, left), (rows, columns) = self.corner, self.shape
        part = seen[top : top + rows, left : left + columns]
        return expose(part, self.acquisition, np.random.default_rng(self.noise_seed))


@attrs.frozen(kw_only=True, eq=False)
class SyntheticSeries:
    """A series of which everything is known.

    Parameters
    ----------
    images : dict of str to Image
        In the order in which they were taken.
    labels : LabelSet
        The ids of its defects are the numbers of their tracks.
    drift_px : numpy.ndarray, shape (N, 2)
        Rows and columns, whole pixels, as :func:`defectkit.series.estimate_drift` gives them.
    growth : numpy.ndarray, shape (T,)
        By track, the share by which the size grows from frame to frame, of its size in the first frame.
    """

    images: dict[str, Image]
    labels: LabelSet
    drift_px: NDArray[np.int64]
    growth: Floats


def synthetic_series(
    seed: Seed = 0,
    *,
    n_frames: int = 8,
    n_defects: int = 30,
    shape: tuple[int, int] = (256, 256),
    pixel_size: QuantityLike = "0.478516 nm/px",
    foil_thickness: QuantityLike | None = "100 nm",
    drift_step: int = 3,
    new: float = 0.1,
    gone: float = 0.1,
    prefix: str = "frame",
) -> SyntheticSeries:
    """Return frames of one area, with the tracks of their defects.

    Parameters
    ----------
    seed : int or numpy.random.SeedSequence
    n_frames, n_defects : int
    shape : tuple of int
        Height and width in pixels.
    pixel_size, foil_thickness : str or pint.Quantity
    drift_step : int
        The largest step from frame to frame along rows and along columns, in pixels.
    new, gone : float
        Shares of the defects that appear after the first frame, and that vanish before the last one.
    prefix : str
        Frames are named ``<prefix>-000`` and so on.

    Raises
    ------
    RecordError
        If there is no frame, or a share is not between 0 and 1.

    Examples
    --------
    >>> series = synthetic_series(1, n_frames=3, n_defects=5, shape=(128, 128))
    >>> list(series.images), series.drift_px[0].tolist()
    (['frame-000', 'frame-001', 'frame-002'], [0, 0])
    """
    if n_frames < 1 or not (0 <= new <= 1 and 0 <= gone <= 1):
        raise RecordError(f"synthetic series: {n_frames} frames, {new:g} new and {gone:g} gone cannot be drawn")
    calibration = Calibration.square(as_pixel_size(pixel_size), foil_thickness=foil_thickness)
    of_scene, of_fate, of_specimen, of_noise = children(seed, 4)
    canvas = (shape[0] + 2 * MARGIN, shape[1] + 2 * MARGIN)
    whole = draw_scene(
        np.random.default_rng(of_scene),
        shape=canvas,
        pixel_size_nm=calibration.pixel_size_nm[0],
        counts={"bdot": n_defects - n_defects // 2, "loop_111": n_defects // 2},
    )
    rng = np.random.default_rng(of_fate)
    growth = rng.uniform(0.0, 0.04, len(whole))
    born = np.where(rng.random(len(whole)) < new, rng.integers(0, n_frames, len(whole)), 0)
    dies = np.where(rng.random(len(whole)) < gone, rng.integers(1, n_frames + 1, len(whole)), n_frames)
    steps = rng.integers(-drift_step, drift_step + 1, (n_frames, 2))
    steps[0] = 0
    drift = np.clip(np.cumsum(steps, axis=0), -MARGIN, MARGIN)
    images, truth = {}, {}
    for t, noise in enumerate(children(of_noise, n_frames)):
        name = f"{prefix}-{t:03d}"
        there = np.flatnonzero((born <= t) & (t < dies))
        scene = attrs.evolve(
            whole,
            members=whole.members[there],
            centers=whole.centers[there],
            semi_axes=whole.semi_axes[there] * (1 + t * growth[there])[:, None],
            angles=whole.angles[there],
            depths=whole.depths[there],
        )
        corner = (MARGIN - int(drift[t, 0]), MARGIN - int(drift[t, 1]))
        source = SeriesPixels(
            scene=scene,
            corner=corner,
            shape=shape,
            acquisition=Acquisition(),
            specimen_seed=of_specimen,
            noise_seed=noise,
        )
        images[name] = Image(name=name, source=source, calibration=calibration)
        places = scene.centers - corner
        inside = np.flatnonzero(((places >= 0) & (places < shape)).all(axis=1))
        seen = attrs.evolve(
            scene,
            shape=shape,
            members=scene.members[inside],
            centers=places[inside],
            semi_axes=scene.semi_axes[inside],
            angles=scene.angles[inside],
            depths=scene.depths[inside],
        ).truth()
        truth[name] = attrs.evolve(seen, ids=there[inside].astype(np.int64))
    labels = LabelSet(name="truth", instances=truth, annotator="defectkit.testing")
    return SyntheticSeries(images=images, labels=labels, drift_px=drift.astype(np.int64), growth=growth)
