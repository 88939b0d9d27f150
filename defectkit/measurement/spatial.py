"""Spatial statistics: whether defects lie at random, in clusters or apart."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from defectkit.errors import RecordError
from defectkit.measurement.window import Window

Floats = NDArray[np.float64]


def nearest_neighbour_distances(points: Floats) -> Floats:
    """Return the distance of each point to the nearest other one; NaN where there is no other.

    Parameters
    ----------
    points : numpy.ndarray, shape (N, 2)
        Row and column in any unit of length.

    Returns
    -------
    numpy.ndarray, shape (N,)
        In the unit of the points. Neighbours beyond the frame are not known, so distances near the border are too
        large.

    Examples
    --------
    >>> nearest_neighbour_distances(np.array([[0.0, 0.0], [0.0, 3.0], [0.0, 4.0]]))
    array([3., 1., 1.])
    """
    from scipy.spatial import KDTree

    if len(points) < 2:
        return np.full(len(points), np.nan)
    distances, _ = KDTree(points).query(points, k=2)
    nearest: Floats = np.asarray(distances, dtype=np.float64)[:, 1]
    return nearest


def ripley_k(points: Floats, frame: tuple[float, float] | Window, radii: Floats) -> Floats:
    r"""Return Ripley's K: the expected number of others within a radius of a point, over their density.

    Parameters
    ----------
    points : numpy.ndarray, shape (N, 2)
        Row and column, within the frame.
    frame : (float, float) or Window
        Height and width in the unit of the points, or the part of a frame that is seen.
    radii : numpy.ndarray, shape (R,)
        Rising, at most half the shorter side of the frame.

    Returns
    -------
    numpy.ndarray, shape (R,)
        In the square of the unit; :math:`\pi r^2` is expected of points at random. NaN for fewer than two points.

    Raises
    ------
    RecordError
        If a point lies outside the frame, or radii do not rise or are too large.

    Notes
    -----
    With the translation correction, which is unbiased:

    .. math:: \hat K(r) = \frac{A^2}{n (n - 1)} \sum_{i \ne j} \frac{1[d_{ij} \le r]}{\gamma(\Delta_{ij})}

    with the area :math:`\gamma` that the window shares with itself moved by :math:`\Delta_{ij}`, which is
    :math:`(h - |\Delta y|) (w - |\Delta x|)` for a whole frame.

    J. Ohser, *On estimators for the reduced second moment measure of point processes*, Mathematische
    Operationsforschung und Statistik, series Statistics 14 (1983) 63, doi 10.1080/02331888308801687.

    Examples
    --------
    >>> corners = np.array([[1.0, 1.0], [1.0, 3.0], [3.0, 1.0], [3.0, 3.0]])
    >>> ripley_k(corners, (4.0, 4.0), np.array([1.0, 2.0])).round(3)
    array([ 0.   , 21.333])
    """
    window = frame if isinstance(frame, Window) else Window(frame=frame)
    n = len(points)
    if n < 2:
        pair_sums(points, window, radii)
        return np.full(len(radii), np.nan)
    counted: Floats = pair_sums(points, window, radii) * window.area**2 / (n * (n - 1))
    return counted


def pair_sums(points: Floats, window: Window, radii: Floats) -> Floats:
    """Return the sum over pairs within each radius of one over the area that they share, shape (R,).

    Over :math:`n (n - 1) / A^2` it is K; sums of several windows over the sum of these are K of all together.

    Raises
    ------
    RecordError
        As :func:`ripley_k`.
    """
    distances, weights = _weighted_pairs(points, window, radii)
    order = np.argsort(distances)
    sums = np.concatenate([[0.0], np.cumsum(weights[order])])
    within: Floats = sums[np.searchsorted(distances[order], radii, side="right")]
    return within


def pair_correlation(points: Floats, frame: tuple[float, float] | Window, edges: Floats) -> Floats:
    r"""Return the pair correlation function in rings: 1 for points at random, more where they cluster.

    Parameters
    ----------
    points : numpy.ndarray, shape (N, 2)
    frame : (float, float) or Window
        Height and width, or the part of a frame that is seen.
    edges : numpy.ndarray, shape (R + 1,)
        Radii between which pairs are counted, rising from 0 or more.

    Returns
    -------
    numpy.ndarray, shape (R,)
        :math:`g = \Delta K / (\pi \Delta r^2)` of each ring, with K as :func:`ripley_k` gives it.

    Raises
    ------
    RecordError
        As :func:`ripley_k`.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> random = rng.uniform(0, 100, (2000, 2))
    >>> bool(np.allclose(pair_correlation(random, (100.0, 100.0), np.array([0.0, 5.0, 10.0])), 1, atol=0.05))
    True
    """
    rings: Floats = np.diff(ripley_k(points, frame, edges)) / (np.pi * np.diff(np.square(edges)))
    return rings


def random_envelope(
    n: int, frame: tuple[float, float], radii: Floats, *, n_simulations: int = 199, level: float = 0.9, seed: int = 0
) -> tuple[Floats, Floats]:
    """Return between which values Ripley's K of as many points at random lies, at each radius by itself.

    Parameters
    ----------
    n : int
        Points in the frame.
    frame : (float, float)
        Height and width.
    radii : numpy.ndarray, shape (R,)
    n_simulations : int
        Sets of points that are drawn.
    level : float
        The share of the simulations that lies between the two.
    seed : int

    Returns
    -------
    low, high : numpy.ndarray, shape (R,)

    Raises
    ------
    RecordError
        As :func:`ripley_k`.
    """
    rng = np.random.default_rng(seed)
    drawn = [ripley_k(rng.uniform((0, 0), frame, (n, 2)), frame, radii) for _ in range(n_simulations)]
    low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2], axis=0)
    return low, high


def _weighted_pairs(points: Floats, window: Window, radii: Floats) -> tuple[Floats, Floats]:
    """Return distance and weight of every ordered pair within the largest radius."""
    from scipy.spatial import KDTree

    frame = window.frame
    if np.any(np.diff(radii) <= 0) or (len(radii) and not 0 <= radii[0] <= radii[-1] <= min(frame) / 2):
        raise RecordError(f"radii have to rise from 0 or more to at most half the shorter side, {min(frame) / 2:g}")
    if len(points) and not window.holds(points).all():
        raise RecordError(f"a point lies outside the frame of {frame[0]:g} by {frame[1]:g}, or in an excluded place")
    if len(points) < 2 or not len(radii):
        return np.zeros(0), np.zeros(0)
    pairs = KDTree(points).query_pairs(float(radii[-1]), output_type="ndarray")
    apart = points[pairs[:, 0]] - points[pairs[:, 1]]
    return np.tile(np.hypot(*apart.T), 2), np.tile(1 / window.shared_area(apart), 2)
