"""Drift: how far the area moved under the beam from frame to frame."""

from __future__ import annotations

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.errors import RecordError
from defectkit.records.image import Image
from defectkit.records.inputs import Images, each_image
from defectkit.records.reduced import reduced_pixels

Floats = NDArray[np.float64]

LONGEST_PX = 1024
"""Larger frames are made smaller before they are compared: drift is known to a tenth of what is left."""

UPSAMPLING = 10

LEAST_CORRELATION = 0.2
"""Below it, two frames may look alike by chance."""

BAND_PX = (1.0, 8.0)
"""Standard deviations between which details are compared: noise is finer, uneven illumination and bends are coarser."""


@attrs.frozen(kw_only=True, eq=False)
class Drift:
    """Where the origin of the first frame lies in each of N frames.

    Parameters
    ----------
    pixels : numpy.ndarray, shape (N, 2)
        Rows and columns in pixels, (0, 0) for the first frame. What lies at *x* in the first frame lies at *x* plus the
        drift in another.
    correlation : numpy.ndarray, shape (N,)
        Pearson's correlation of each frame with the one before it, where they overlap after the step; NaN for the
        first. Near 0 the step is a guess.
    """

    pixels: Floats
    correlation: Floats

    def doubtful(self, least: float = LEAST_CORRELATION) -> list[int]:
        """Return the frames whose step is not sure: the correlation is below ``least``."""
        return [t for t in range(1, len(self.correlation)) if not self.correlation[t] >= least]


def estimate_drift(frames: Images) -> Drift:
    r"""Return how far the area moved.

    Parameters
    ----------
    frames : iterable or mapping of Image
        N frames of one shape, in the order in which they were taken.

    Raises
    ------
    RecordError
        If frames have different shapes.
    ImageReadError
        If one cannot be read.

    Notes
    -----
    Each frame is compared with the one before it by the maximum of their cross-correlation [1]_, in a band of spatial
    frequencies, so that neither noise nor uneven illumination plays a part; places that do not count, such as burned-in
    scale bars, play none either. Steps are added up: neighbors look alike even where the first and the last frame do
    not. Rotation and change of scale are not looked for. Errors of steps add up, too: of N frames about
    :math:`\sqrt N` times that of one step.

    References
    ----------
    .. [1] Guizar-Sicairos, M., Thurman, S. T., Fienup, J. R., Optics Letters 33, 156 (2008).
       https://doi.org/10.1364/OL.33.000156

    Examples
    --------
    >>> scene = np.random.default_rng(0).normal(size=(80, 80)).cumsum(axis=0).cumsum(axis=1)
    >>> first, second = (Image.from_array(n, scene[k : k + 64, k : k + 64]) for n, k in (("a", 0), ("b", 3)))
    >>> estimate_drift([first, second]).pixels.round().tolist()
    [[0.0, 0.0], [-3.0, -3.0]]
    """
    given = tuple(each_image(frames))
    shapes = {frame.shape for frame in given}
    if len(shapes) > 1:
        raise RecordError(f"frames of a series have one shape, but there are {', '.join(map(str, sorted(shapes)))}")
    steps, correlations = np.zeros((len(given), 2)), np.full(len(given), np.nan)
    before = np.empty((0, 0))
    for t, frame in enumerate(given):
        now = _details(frame)
        if t:
            step = _step(before, now)
            steps[t] = step * np.array(frame.shape) / np.array(now.shape)
            correlations[t] = _correlation(before, now, step)
        before = now
    return Drift(pixels=np.cumsum(steps, axis=0), correlation=correlations)


def _details(frame: Image) -> Floats:
    """Return what is compared of a frame, smaller where it is large."""
    from skimage.filters import difference_of_gaussians

    small = np.asarray(reduced_pixels(frame, LONGEST_PX), np.float64)
    details = difference_of_gaussians(small, *BAND_PX)  # type: ignore[no-untyped-call]  # it has no types
    return np.where(_counted(frame, small.shape), details, 0.0)


def _step(before: Floats, now: Floats) -> Floats:
    from skimage.registration import phase_cross_correlation

    back = phase_cross_correlation(  # type: ignore[no-untyped-call]  # it has no types
        before, now, upsample_factor=UPSAMPLING, normalization=None
    )[0]
    return -np.asarray(back, np.float64)


def _correlation(before: Floats, now: Floats, step: Floats) -> float:
    rows, columns = (int(s) for s in step.round())
    height, width = before.shape
    one = before[max(0, -rows) : height - max(0, rows), max(0, -columns) : width - max(0, columns)]
    other = now[max(0, rows) : height - max(0, -rows), max(0, columns) : width - max(0, -columns)]
    spread = one.std() * other.std()
    return float(((one - one.mean()) * (other - other.mean())).mean() / spread) if spread else float("nan")


def _counted(frame: Image, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Return at which pixels of the smaller frame the center counts."""
    if frame.field.is_whole:
        return np.ones(shape, np.bool_)
    rows, columns = ((np.arange(n) + 0.5) * size / n for n, size in zip(shape, frame.shape, strict=True))
    row, column = np.meshgrid(rows, columns, indexing="ij")
    return frame.field.holds(row.ravel(), column.ravel()).reshape(shape)
