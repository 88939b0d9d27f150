"""Perimeters of masks by the Crofton formula."""

from __future__ import annotations

from typing import Literal, TypeAlias

import numpy as np

from defectkit.errors import GeometryError
from defectkit.geometry.columns import Float64s
from defectkit.geometry.frames import UNIT_SPACING, Spacing, check_spacing
from defectkit.geometry.runs import Runs

Directions: TypeAlias = Literal[4, 8]

STEPS: dict[int, tuple[tuple[int, int], ...]] = {
    4: ((0, 1), (1, 0), (1, 1), (1, -1)),
    8: ((0, 1), (1, 0), (1, 1), (1, -1), (1, 2), (1, -2), (2, 1), (2, -1)),
}
"""For each number of directions, the steps (rows, columns) from one pixel of a lattice line to the next."""


def perimeters(runs: Runs, spacing: Spacing = UNIT_SPACING, directions: Directions = 4) -> Float64s:
    """Return the perimeter of each mask, holes included.

    Parameters
    ----------
    runs : Runs
        N masks. An edge along which the frame cuts a mask counts as perimeter.
    spacing : (float, float)
        Height and width of a pixel.
    directions : {4, 8}
        Directions of the lines that are counted: along rows, columns and both diagonals, or with the four knight's moves
        beside.

    Returns
    -------
    numpy.ndarray, shape (N,), float64
        In units of ``spacing``; 0 for an empty mask.

    Raises
    ------
    GeometryError
        If ``spacing`` is not two positive numbers or ``directions`` is neither 4 nor 8.

    Notes
    -----
    By the Crofton formula the perimeter is half the integral, over all directions and all parallel lines, of how often a
    line crosses the outline. With the lines through pixel centers [1]_ it becomes

    ``P = sum over directions k of n_k * d_k * w_k``,

    where ``n_k`` counts the entries into the mask of the lines along step ``k``, ``d_k`` is the distance of neighboring
    lines (area of a pixel over length of the step) and ``w_k`` the angle nearer to step ``k`` than to any other. The
    angles add up to pi whatever the shape of the pixel, so the estimate of a disc stays right on anisotropic pixels. With
    4 directions on square pixels this is ``skimage.measure.perimeter_crofton``. The estimate is unbiased for discs at
    random places; a straight edge is off by at most 5.2 % (8 directions: 2 %), depending on its angle.

    References
    ----------
    .. [1] D. Legland, K. Kieu, M.-F. Devaux, Computation of Minkowski measures on 2D and 3D binary images,
       Image Anal. Stereol. 26 (2007) 83, https://doi.org/10.5566/ias.v26.p83-92

    Examples
    --------
    >>> from defectkit.geometry.masks import masks_to_runs
    >>> perimeters(masks_to_runs([np.ones((1, 1), bool)])).round(4).tolist()  # pi / 4 * (2 + sqrt(2))
    [2.6815]
    """
    from defectkit.geometry.kernels.crofton import line_entries

    if directions not in STEPS:
        raise GeometryError(f"directions is {directions!r}, but only {' and '.join(map(str, STEPS))} are known")
    entries = line_entries(runs.row, runs.start, runs.end, runs.offsets, np.array(STEPS[directions]))
    lengths = np.zeros(len(runs))
    for count, weight in zip(entries.T, direction_weights(spacing, directions), strict=True):
        lengths += count * weight  # summed in this order whatever N is, so that a mask's digits depend on it alone
    return lengths


def direction_weights(spacing: Spacing = UNIT_SPACING, directions: Directions = 4) -> Float64s:
    """Return the length of outline that one entry along each step stands for, shape (directions,): ``d_k * w_k``.

    Raises
    ------
    GeometryError
        If ``spacing`` is not two positive numbers.

    Examples
    --------
    >>> direction_weights().round(4).tolist()  # pi / 4 along the axes, pi / (4 sqrt(2)) along the diagonals
    [0.7854, 0.7854, 0.5554, 0.5554]
    """
    height, width = check_spacing(spacing)
    steps = np.array(STEPS[directions]) * (height, width)
    angles = np.arctan2(steps[:, 0], steps[:, 1])  # in [0, pi): the rows of a step are never negative
    order = np.argsort(angles)
    ring = np.concatenate([angles[order[-1:]] - np.pi, angles[order], angles[order[:1]] + np.pi])
    nearer = np.empty(directions)
    nearer[order] = (ring[2:] - ring[:-2]) / 2
    weights: Float64s = nearer * (height * width / np.hypot(steps[:, 0], steps[:, 1]))
    return weights
