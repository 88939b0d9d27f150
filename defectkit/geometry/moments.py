"""Moments: areas, centroids, second moments and the equivalent ellipse of masks."""

from __future__ import annotations

import numpy as np

from defectkit.geometry.columns import Float64s
from defectkit.geometry.frames import UNIT_SPACING, Spacing, check_spacing
from defectkit.geometry.runs import Runs

ROUND = 1e-12
"""Ellipses whose squared axes differ by less than this part of their sum count as circles and have no orientation."""


def areas(runs: Runs, spacing: Spacing = UNIT_SPACING) -> Float64s:
    """Return the area of each mask: its pixels times the area of one.

    Parameters
    ----------
    runs : Runs
        N masks.
    spacing : (float, float)
        Height and width of a pixel.

    Returns
    -------
    numpy.ndarray, shape (N,), float64
        In squared units of ``spacing``; 0 for an empty mask.

    Raises
    ------
    GeometryError
        If ``spacing`` is not two positive numbers.
    """
    height, width = check_spacing(spacing)
    sizes: Float64s = runs.areas().astype(np.float64) * (height * width)
    return sizes


def equivalent_diameters(runs: Runs, spacing: Spacing = UNIT_SPACING) -> Float64s:
    """Return the diameter of the circle of equal area of each mask, ``2 sqrt(A / pi)``.

    Parameters
    ----------
    runs : Runs
        N masks.
    spacing : (float, float)
        Height and width of a pixel.

    Returns
    -------
    numpy.ndarray, shape (N,), float64
        In units of ``spacing``; 0 for an empty mask.

    Raises
    ------
    GeometryError
        If ``spacing`` is not two positive numbers.
    """
    diameters: Float64s = 2 * np.sqrt(areas(runs, spacing) / np.pi)
    return diameters


def centroids(runs: Runs, spacing: Spacing = UNIT_SPACING) -> Float64s:
    """Return the center of mass of each mask.

    Parameters
    ----------
    runs : Runs
        N masks.
    spacing : (float, float)
        Height and width of a pixel.

    Returns
    -------
    numpy.ndarray, shape (N, 2), float64
        Row and column in continuous coordinates times ``spacing``: the centroid of pixel (0, 0) alone is
        (0.5, 0.5) pixels. NaN for an empty mask.

    Raises
    ------
    GeometryError
        If ``spacing`` is not two positive numbers.

    Examples
    --------
    >>> from defectkit.geometry.masks import masks_to_runs
    >>> centroids(masks_to_runs([np.ones((1, 3), bool)])).tolist()
    [[0.5, 1.5]]
    """
    return area_moments(runs, spacing)[1]


def second_moments(runs: Runs, spacing: Spacing = UNIT_SPACING) -> Float64s:
    """Return the central second moments of each mask, divided by its area.

    Parameters
    ----------
    runs : Runs
        N masks.
    spacing : (float, float)
        Height and width of a pixel.

    Returns
    -------
    numpy.ndarray, shape (N, 3), float64
        ``(rr, rc, cc)``, the covariance of row and column over the mask, in squared units of ``spacing``; NaN for an
        empty mask.

    Raises
    ------
    GeometryError
        If ``spacing`` is not two positive numbers.

    Notes
    -----
    A mask is the union of its pixel squares, so ``rr`` and ``cc`` are 1/12 px^2 larger than the variance of the pixel
    centers, as in MATLAB's regionprops. Scikit-image leaves the 1/12 out.

    Examples
    --------
    >>> from defectkit.geometry.masks import masks_to_runs
    >>> second_moments(masks_to_runs([np.ones((6, 12), bool)])).round(6).tolist()  # (6^2, 12^2) / 12
    [[3.0, 0.0, 12.0]]
    """
    return area_moments(runs, spacing)[2]


def axes(runs: Runs, spacing: Spacing = UNIT_SPACING) -> tuple[Float64s, Float64s]:
    """Return the major and the minor axis of the ellipse that has the second moments of each mask.

    Parameters
    ----------
    runs : Runs
        N masks.
    spacing : (float, float)
        Height and width of a pixel.

    Returns
    -------
    major, minor : numpy.ndarray, shape (N,), float64
        Full lengths in units of ``spacing``; NaN for an empty mask.

    Raises
    ------
    GeometryError
        If ``spacing`` is not two positive numbers.

    Notes
    -----
    A solid ellipse of semi-axis ``a`` has the variance ``a^2 / 4`` along it, so a full axis is ``4 sqrt(l)`` with
    ``l`` an eigenvalue of the covariance of :func:`second_moments` [1]_. With pixels as squares, one pixel has axes
    of ``2 / sqrt(3)`` = 1.155 px. Where scikit-image gives ``s``, this is ``sqrt(s^2 + 4/3)`` on square pixels.

    References
    ----------
    .. [1] M. R. Teague, Image analysis via the general theory of moments, J. Opt. Soc. Am. 70 (1980) 920,
       https://doi.org/10.1364/JOSA.70.000920

    Examples
    --------
    >>> from defectkit.geometry.masks import masks_to_runs
    >>> major, minor = axes(masks_to_runs([np.ones((6, 12), bool)]))
    >>> (major[0] / minor[0]).round(6)
    np.float64(2.0)
    """
    return axes_of(second_moments(runs, spacing))


def orientations(runs: Runs, spacing: Spacing = UNIT_SPACING) -> Float64s:
    """Return the angle of the major axis of each mask.

    Parameters
    ----------
    runs : Runs
        N masks.
    spacing : (float, float)
        Height and width of a pixel.

    Returns
    -------
    numpy.ndarray, shape (N,), float64
        Radians in (-pi/2, pi/2], from the direction of increasing rows towards that of increasing columns: 0 is
        upright, pi/2 is level. NaN for an empty mask and where the two axes are equal, as in a square or a disc.

    Raises
    ------
    GeometryError
        If ``spacing`` is not two positive numbers.

    Examples
    --------
    >>> from defectkit.geometry.masks import masks_to_runs
    >>> upright, level = np.ones((5, 2), bool), np.ones((2, 5), bool)
    >>> np.degrees(orientations(masks_to_runs([upright, level, np.eye(9, dtype=bool)]))).round(6).tolist()
    [0.0, 90.0, 45.0]
    """
    return orientations_of(second_moments(runs, spacing))


def axes_of(moments: Float64s) -> tuple[Float64s, Float64s]:
    """Return major and minor axis, as :func:`axes`, of second moments (N, 3) that are at hand."""
    rr, rc, cc = moments.T
    mean = (rr + cc) / 2
    spread = np.hypot((rr - cc) / 2, rc)
    return 4 * np.sqrt(mean + spread), 4 * np.sqrt(np.maximum(mean - spread, 0))


def orientations_of(moments: Float64s) -> Float64s:
    """Return the angles, as :func:`orientations`, of second moments (N, 3) that are at hand."""
    rr, rc, cc = moments.T
    angles: Float64s = np.arctan2(2 * rc, rr - cc) / 2
    angles[angles == -np.pi / 2] = np.pi / 2
    circular = np.hypot(rr - cc, 2 * rc) <= ROUND * (rr + cc)
    angles[circular] = np.nan
    return angles


def area_moments(runs: Runs, spacing: Spacing = UNIT_SPACING) -> tuple[Float64s, Float64s, Float64s]:
    """Return :func:`areas`, :func:`centroids` and :func:`second_moments` together, for the price of one.

    Raises
    ------
    GeometryError
        If ``spacing`` is not two positive numbers.
    """
    from defectkit.geometry.kernels.moments import area_moments as in_pixels

    height, width = check_spacing(spacing)
    pixels, centers, seconds = in_pixels(runs.row, runs.start, runs.end, runs.offsets)
    areas: Float64s = pixels.astype(np.float64) * (height * width)
    centroids: Float64s = centers * np.array([height, width])
    moments: Float64s = seconds * np.array([height * height, height * width, width * width])
    return areas, centroids, moments
